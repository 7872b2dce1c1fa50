"""Sessions at the desk: where an account is signed in, and the end of one or all of them.

Everybody sees and ends their own. An administrator sees and ends those of others.
"""

from collections.abc import Sequence

from ledger.account_names import normalise_account_name
from ledger.accounts.staff_sessions import SessionLifetimes, StaffSession
from ledger.staff_errors import UnknownSession
from services.context import ServiceContext
from services.lists.access import SESSIONS
from services.lists.description import Row
from services.lists.find import find_row
from services.permissions import Permission, require_permission, require_whole_account


async def list_sessions(
    context: ServiceContext, account: str, lifetimes: SessionLifetimes
) -> Sequence[StaffSession]:
    """The sessions of an account that live, the newest first.

    Raises `Forbidden` for somebody else's account.
    """
    name = normalise_account_name(account)
    if name != context.actor.id:
        require_permission(context, Permission.ACCOUNT_SEE)
    now = context.clock()
    return await context.ledger.staff_sessions.list_living(
        name, since=now - lifetimes.longest_ms, seen_since=now - lifetimes.idle_ms
    )


async def end_session(context: ServiceContext, account: str, session: str) -> None:
    """End one session of an account. Raises `Forbidden`, `TokenLimited`, `UnknownSession`."""
    name = normalise_account_name(account)
    _require_owner(context, name)
    await context.ledger.staff_sessions.end(
        session, staff=name, actor=context.actor.id, at=context.clock()
    )


async def get_session(context: ServiceContext, session: str) -> Row:
    """A session in scope, as its list shows it. Raises `UnknownSession`."""
    row = await find_row(context, SESSIONS, session)
    if row is None:
        raise UnknownSession
    return row


async def end_all_sessions(context: ServiceContext, account: str) -> None:
    """End all sessions of an account. Raises `Forbidden`, `TokenLimited`, `UnknownStaff`."""
    name = normalise_account_name(account)
    _require_owner(context, name)
    await context.ledger.staff.end_sessions(name, actor=context.actor.id, at=context.clock())


def _require_owner(context: ServiceContext, account: str) -> None:
    """Raise unless the actor may end sessions of the account."""
    if account == context.actor.id:
        require_whole_account(context)
    else:
        require_permission(context, Permission.ACCOUNT_MANAGE)
