"""Invitations: an administrator invites, the person accepts, another administrator confirms.

A reset invites the person of an account again. Nobody but the person knows the password. The link
carries its secret behind a `#`, which browsers send to no server, so no log has it.
"""

from typing import Final

from ledger import Ledger, NewAccount, Proposal, Role, Staff
from ledger.account_names import normalise_account_name
from ledger.accounts.invitations import Invitation
from services.context import ServiceContext
from services.errors import InvalidInput
from services.permissions import Permission, require_permission
from services.sign_in import SignInBudgets
from stamps.vietnam_time import DAY_MS

LIFETIME_DAYS: Final = 7
"""Lifetime of a link; a new one can be made."""
PATH: Final = "/invitation"


def describe_link(public_url: str, invitation: str) -> str:
    """The link of an invitation.

    >>> describe_link("https://desk.veritem.vn/", "inv_x")
    'https://desk.veritem.vn/invitation#inv_x'
    """
    return f"{public_url.rstrip('/')}{PATH}#{invitation}"


async def invite_person(
    context: ServiceContext,
    account: str,
    name: str,
    role: Role,
    organisation: str | None,
    key: str,
) -> tuple[Staff, Proposal, str]:
    """Add an account, propose its role, and return the text of its invitation, this once.

    Raises `Forbidden`, `KeyRequired`, `AlreadyExists`, `UnknownRow` for the organisation,
    `InvalidInput` for a malformed name or role.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    at = context.clock()
    try:
        return await context.ledger.invitations.invite(
            NewAccount(account, name, "", None, role, organisation),
            actor=context.actor.id,
            key=context.scope_key(key),
            expires_at=at + LIFETIME_DAYS * DAY_MS,
            at=at,
        )
    except ValueError as error:
        raise InvalidInput(field="account", why=str(error)) from error


async def renew_invitation(context: ServiceContext, account: str) -> str:
    """Make a new link for a person who has not accepted; the old one works no more.

    Raises `Forbidden`, `UnknownStaff`, `AlreadyExists` for an account that has accepted.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    at = context.clock()
    return await context.ledger.invitations.renew(
        normalise_account_name(account),
        actor=context.actor.id,
        expires_at=at + LIFETIME_DAYS * DAY_MS,
        at=at,
    )


async def reset_password(
    context: ServiceContext, account: str, key: str, *, with_codes: bool = False
) -> tuple[Staff, Proposal | None, str]:
    """Take the password off somebody else's account; return the text of a link, this once.

    The person chooses another password by the link. Sessions end and tokens are revoked at once.
    `with_codes` also takes the one-time codes, for a person who lost the phone. Unless the account
    keeps its codes, it may do nothing until a third person confirms it, or whoever resets could
    decide as that account; the proposal is answered too. Raises `Forbidden`, `KeyRequired`,
    `UnknownStaff`, `AccountDisabled`, `InvitationOpen`, `NobodyElse`, `AlreadyProposed`, and
    `InvalidInput` for one's own account.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    name, at = normalise_account_name(account), context.clock()
    if name == context.actor.id:
        raise InvalidInput(field="account", why="is your own; change its password at the desk")
    return await context.ledger.invitations.reset(
        name,
        with_codes=with_codes,
        actor=context.actor.id,
        key=context.scope_key(key),
        expires_at=at + LIFETIME_DAYS * DAY_MS,
        at=at,
    )


async def find_invitation(context: ServiceContext, account: str) -> Invitation | None:
    """The invitation that an account has not accepted. Raises `Forbidden`."""
    require_permission(context, Permission.ACCOUNT_SEE)
    return await context.ledger.invitations.get_open(normalise_account_name(account))


async def accept_invitation(
    ledger: Ledger, budgets: SignInBudgets, text: str, password: str, *, network: str, at: int
) -> Staff:
    """Set the password of the invited account; the link works no more.

    Each attempt spends one of its network's, as a sign-in does. Raises `UnknownInvitation`,
    `WeakPassword`, `SignInLimited`, `SignInBusy`.
    """
    budgets.networks.take(network)
    return await ledger.invitations.accept(text.strip(), password, at=at)
