"""Accounts: staff, their passwords, sessions and machine tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger import Ledger, Role, Staff, Token
from ledger.account_names import normalise_account_name
from services.context import ServiceContext
from services.errors import InvalidInput, TokenLifetime
from services.permissions import Permission, require_permission
from services.sign_in import IdentityProof, SignInBudgets, confirm_identity

DAY_MS: Final = 86_400_000
MAX_LABEL_LENGTH: Final = 80


@dataclass(frozen=True, slots=True)
class AccountRequest:
    """A new account."""

    id: str
    name: str
    role: Role
    password: str
    organisation: str | None = None
    otp_secret: str | None = None
    """Secret of the one-time codes (base32); None for none."""


async def authenticate_token(ledger: Ledger, token: str, *, at: int) -> Staff:
    """The account that a machine's token belongs to. Raises `UnknownToken`."""
    return await ledger.staff.get_by_token(token, at)


async def end_own_sessions(context: ServiceContext) -> None:
    """End all sessions of the actor's account."""
    await context.ledger.staff.end_sessions(context.actor.id, at=context.clock())


async def change_own_password(
    context: ServiceContext, budgets: SignInBudgets, proof: IdentityProof, new: str
) -> Staff:
    """Change the actor's password; all its sessions end and its tokens are revoked.

    Raises `WrongCredentials`, `ConfirmationLimited`, `SignInBusy`, `WeakPassword`.
    """
    account, accounts, at = context.actor.id, context.ledger.staff, context.clock()
    # A password that will be refused must not use up a one-time code.
    await accounts.check_new_password(account, new)
    confirmed = await confirm_identity(context, budgets, proof)
    return await accounts.set_password(
        account, new, actor=account, generation=confirmed.generation, at=at
    )


async def create_own_token(
    context: ServiceContext,
    budgets: SignInBudgets,
    proof: IdentityProof,
    label: str,
    days: int,
    *,
    longest_days: int,
) -> tuple[Token, str]:
    """Create a token of the actor's account; its text is returned this once.

    Raises `TokenLifetime`, `WrongCredentials`, `ConfirmationLimited`, `SignInBusy`.
    """
    if not 1 <= days <= longest_days:
        raise TokenLifetime(most=longest_days)
    confirmed = await confirm_identity(context, budgets, proof)
    at = context.clock()
    return await context.ledger.staff.create_token(
        context.actor.id,
        label=label[:MAX_LABEL_LENGTH] or "–",
        actor=context.actor.id,
        expires_at=at + days * DAY_MS,
        generation=confirmed.generation,
        at=at,
    )


async def revoke_own_token(context: ServiceContext, token_id: str) -> None:
    """Revoke a token of the actor's account. Raises `UnknownToken`."""
    account = context.actor.id
    await context.ledger.staff.revoke_token(
        token_id, staff=account, actor=account, at=context.clock()
    )


async def list_own_tokens(context: ServiceContext) -> Sequence[Token]:
    """The tokens of the actor's account, newest first, revoked ones too."""
    return await context.ledger.staff.list_tokens(context.actor.id)


async def add_account(context: ServiceContext, request: AccountRequest) -> Staff:
    """Create an account.

    Raises `Forbidden`, `AlreadyExists`, `WeakPassword`, `UnknownRow` for the organisation,
    `InvalidInput` for a malformed name, role or secret.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    try:
        return await context.ledger.staff.add(
            normalise_account_name(request.id),
            name=request.name,
            role=request.role,
            password=request.password,
            organisation=request.organisation,
            otp_secret=request.otp_secret,
            actor=context.actor.id,
            confirmed_by=context.actor.id,
            at=context.clock(),
        )
    except ValueError as error:
        raise InvalidInput(field="account", why=str(error)) from error


async def reset_password(context: ServiceContext, account: str, new: str) -> Staff:
    """Give an account a new password; all its sessions end and its tokens are revoked.

    Raises `Forbidden`, `UnknownStaff`, `WeakPassword`.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    return await context.ledger.staff.set_password(
        normalise_account_name(account), new, actor=context.actor.id, at=context.clock()
    )


async def disable_account(context: ServiceContext, account: str) -> Staff:
    """Disable an account; its sessions and tokens stop at once.

    Raises `Forbidden`, `UnknownStaff`.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    return await context.ledger.staff.disable(
        normalise_account_name(account), actor=context.actor.id, at=context.clock()
    )


async def list_accounts(context: ServiceContext) -> list[Staff]:
    """All accounts by name. Raises `Forbidden`."""
    require_permission(context, Permission.ACCOUNT_MANAGE)
    return await context.ledger.staff.list()
