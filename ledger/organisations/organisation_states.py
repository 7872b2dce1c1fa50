"""Organisations that are disabled: what stops, and how two people enable one again.

One person disables an organisation, at once, because it stops harm. What it had stays: its lots,
its orders and its history. The functions work inside the caller's transaction.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.accounts.account_rows import select_acting_administrators
from ledger.accounts.devices import revoke_devices_of
from ledger.chains.chained_rows import record_row_change
from ledger.errors import UnknownRow
from ledger.proposals.proposal import Proposal
from ledger.staff_errors import TooFewAdministrators

DISABLE: Final = "organisation.disable"
"""The action of the audit entries."""
ENABLE: Final = "organisation.enable"
"""The kind of the proposals."""
_LEAST_ADMINISTRATORS: Final = 2
"""As many enable an organisation again."""


async def disable_organisation(
    connection: AsyncConnection, id_: str, *, reason: str | None, actor: str, at: int
) -> None:
    """Disable an organisation; again changes nothing. The audit entry has the reason.

    Raises `UnknownRow`, `TooFewAdministrators` when fewer than two could enable it again.
    """
    if await _find_disabled_at(connection, id_) is not None:
        return
    outside = select_acting_administrators().where(
        func.coalesce(schema.staff.c.organisation, "") != id_
    )
    left = await connection.scalar(select(func.count()).select_from(outside.subquery()))
    if (left or 0) < _LEAST_ADMINISTRATORS:
        raise TooFewAdministrators(organisation=id_)
    people = select(schema.staff.c.id).where(schema.staff.c.organisation == id_)
    for account in (await connection.scalars(people.order_by(schema.staff.c.id))).all():
        await revoke_devices_of(connection, account, actor=actor, at=at)
    details = {} if reason is None else {"reason": reason}
    await _set_disabled_at(connection, id_, at, DISABLE, actor, at, details)


async def enable_organisation(connection: AsyncConnection, proposal: Proposal) -> None:
    """The act of a proposal to enable an organisation; one that is enabled stays so.

    Raises `UnknownRow`.
    """
    id_ = str(proposal.document["organisation"])
    if await _find_disabled_at(connection, id_) is None:
        return
    actor, at = str(proposal.decided_by), proposal.decided_at or 0
    details = {} if proposal.reason is None else {"reason": proposal.reason}
    await _set_disabled_at(connection, id_, None, ENABLE, actor, at, details)


def name_subject(organisation: str) -> str:
    """The subject of the proposals and audit entries about an organisation."""
    return f"organisations:{organisation}"


async def _find_disabled_at(connection: AsyncConnection, id_: str) -> int | None:
    organisations = schema.organisations
    query = select(organisations.c.disabled_at).where(organisations.c.id == id_)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise UnknownRow(kind="organisation", id=id_)
    disabled_at: int | None = row.disabled_at
    return disabled_at


async def _set_disabled_at(
    connection: AsyncConnection,
    id_: str,
    value: int | None,
    action: str,
    actor: str,
    at: int,
    details: Mapping[str, str],
) -> None:
    organisations = schema.organisations
    this = organisations.c.id == id_
    await connection.execute(update(organisations).where(this).values(disabled_at=value))
    await record_row_change(
        connection, organisations, id_, at=at, actor=actor, action=action, details=details
    )
