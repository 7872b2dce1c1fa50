"""The account of a decision: enabled, confirmed by another person, of an enabled organisation.

`ledger.proposals.proposals` and `ledger.orders.orders` check both accounts of a decision with it,
and that they are two. Accounts of the trade's actors are none: whoever invites confirms them, so
one person could make two. PostgreSQL enforces the same by triggers (migrations 0002, 0050). On
SQLite, which has no roles, these checks are the only ones; commands ask `Ledger.is_sqlite` to say
so.
"""

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.account_names import normalise_account_name
from ledger.staff_errors import AccountRequired
from ledger.trade_kinds import TRADE_KINDS

RULE_BEGINS: Final = "two-people.begin"
"""The action of the audit entry with which the rule began in a ledger that has history before."""


async def require_deciding_account(connection: AsyncConnection, actor: str) -> None:
    """Raise `AccountRequired` unless `actor` is an account that is enabled and confirmed."""
    staff, organisations = schema.staff, schema.organisations
    found = await connection.execute(
        select(
            staff.c.disabled,
            staff.c.added_by,
            staff.c.confirmed_by,
            staff.c.role,
            organisations.c.disabled_at,
        )
        .outerjoin(organisations, organisations.c.id == staff.c.organisation)
        .where(staff.c.id == normalise_account_name(actor))
    )
    row = found.one_or_none()
    if row is None:
        raise AccountRequired(actor=actor, why="has no account")
    if row.disabled:
        raise AccountRequired(actor=actor, why="is disabled")
    if row.disabled_at is not None:
        raise AccountRequired(actor=actor, why="is of an organisation that is disabled")
    if row.role in TRADE_KINDS:
        raise AccountRequired(actor=actor, why="has a role of the trade, which decides nothing")
    if not is_confirmed(row.added_by, row.confirmed_by):
        raise AccountRequired(actor=actor, why="waits for another person's confirmation")


def is_confirmed(added_by: str | None, confirmed_by: str | None) -> bool:
    """Whether an account may act: another person confirmed it, or it is older than this rule."""
    return added_by is None or confirmed_by is not None
