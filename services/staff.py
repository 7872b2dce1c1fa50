"""Staff as administrators see them: lists, one person with sessions and tokens, and their state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ledger import Staff, Token
from ledger.account_names import normalise_account_name
from ledger.account_rows import AccountFilter
from ledger.invitations import Invitation
from services.context import ServiceContext
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission

_MOST_FOUND: Final = 200
StaffState = Literal["invited", "unconfirmed", "active", "disabled"]
STATES: Final[tuple[StaffState, ...]] = ("invited", "unconfirmed", "active", "disabled")


@dataclass(frozen=True, slots=True)
class StaffDetails:
    """A person's account with what belongs to it."""

    staff: Staff
    invitation: Invitation | None
    tokens: Sequence[Token]

    @property
    def state(self) -> StaffState:
        """Where the account stands."""
        return "invited" if self.invitation is not None else get_state(self.staff)


def get_state(staff: Staff) -> StaffState:
    """Where an account stands, as its row says."""
    if staff.disabled:
        return "disabled"
    if staff.is_invited:
        return "invited"
    return "active" if staff.is_confirmed else "unconfirmed"


async def find_staff(
    context: ServiceContext,
    *,
    search: str = "",
    role: str | None = None,
    organisation: str | None = None,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[Staff]:
    """The accounts that match, by account name. Raises `Forbidden`, `InvalidInput`."""
    require_permission(context, Permission.ACCOUNT_SEE)
    request = PageRequest(limit, after)
    key = request.key(str)
    ids = None
    if search.strip():
        found = await context.ledger.lists.find_by_words(search.strip(), {"staff": _MOST_FOUND})
        ids = tuple(str(one) for one in found["staff"].rows)
    rows = await context.ledger.staff.find_page(
        AccountFilter(ids=ids, role=role, organisation=organisation),
        after=None if key is None else str(key[0]),
        limit=limit + 1,
    )
    return request.make_page(rows, lambda staff: (staff.id,))


async def get_staff(context: ServiceContext, account: str) -> StaffDetails:
    """One account with its invitation and tokens. Raises `Forbidden`, `UnknownStaff`."""
    require_permission(context, Permission.ACCOUNT_SEE)
    ledger, name = context.ledger, normalise_account_name(account)
    return StaffDetails(
        staff=await ledger.staff.get(name),
        invitation=await ledger.invitations.get_open(name),
        tokens=await ledger.staff.list_tokens(name),
    )


async def revoke_token(context: ServiceContext, account: str, token: str) -> None:
    """Revoke a token of somebody's account. Raises `Forbidden`, `UnknownToken`."""
    require_permission(context, Permission.ACCOUNT_MANAGE)
    await context.ledger.staff.revoke_token(
        token, staff=normalise_account_name(account), actor=context.actor.id, at=context.clock()
    )
