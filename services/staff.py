"""Staff as administrators see them: one person with invitation and tokens, and their state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ledger import Staff, Token
from ledger.account_names import normalise_account_name
from ledger.accounts.invitations import Invitation
from services.context import ServiceContext
from services.permissions import Permission, require_permission

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
        """State of the account."""
        return get_state(self.staff)


def get_state(staff: Staff) -> StaffState:
    """Return the state of an account, as its row says."""
    if staff.disabled:
        return "disabled"
    if staff.is_invited:
        return "invited"
    return "active" if staff.is_confirmed else "unconfirmed"


async def get_staff(context: ServiceContext, account: str) -> StaffDetails:
    """One account with its invitation and tokens. Raises `Forbidden`, `UnknownStaff`."""
    require_permission(context, Permission.ACCOUNT_SEE)
    ledger, name = context.ledger, normalise_account_name(account)
    return StaffDetails(
        staff=await ledger.staff.get(name),
        invitation=await ledger.invitations.get_open(name),
        tokens=await ledger.tokens.list_of_account(name),
    )


async def revoke_token(context: ServiceContext, account: str, token: str) -> None:
    """Revoke a token of somebody's account. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.ACCOUNT_MANAGE)
    await context.ledger.tokens.revoke(
        token, staff=normalise_account_name(account), actor=context.actor.id, at=context.clock()
    )
