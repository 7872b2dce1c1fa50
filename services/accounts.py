"""Accounts: staff, their passwords, sessions and machine tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger import Ledger, Role, Staff, Token
from services.context import ServiceContext
from services.errors import InvalidInput, TokenLifetime
from services.permissions import Permission, require_permission

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


async def sign_in(
    ledger: Ledger, account: str, password: str, otp: str | None, *, at: int
) -> Staff:
    """The account, if name, password and one-time code are right.

    Raises `WrongCredentials`, `SignInLocked`.
    """
    return await ledger.staff.sign_in(account, password, otp, at=at)


async def authenticate_token(ledger: Ledger, token: str, *, at: int) -> Staff:
    """The account that a machine's token belongs to. Raises `UnknownToken`."""
    return await ledger.staff.get_by_token(token, at)


async def end_own_sessions(context: ServiceContext) -> None:
    """End all sessions of the actor's account."""
    await context.ledger.staff.end_sessions(context.actor.id, at=context.clock())


async def change_own_password(context: ServiceContext, old: str, new: str) -> Staff:
    """Change the actor's password and end its sessions.

    Raises `WrongCredentials`, `SignInLocked`, `WeakPassword`.
    """
    account, accounts, at = context.actor.id, context.ledger.staff, context.clock()
    await accounts.check_password(account, old, at=at)
    return await accounts.set_password(account, new, actor=account, at=at)


async def create_own_token(
    context: ServiceContext, label: str, days: int, *, longest_days: int
) -> tuple[Token, str]:
    """Create a token of the actor's account; its text is returned this once.

    Raises `TokenLifetime`.
    """
    if not 1 <= days <= longest_days:
        raise TokenLifetime(most=longest_days)
    at = context.clock()
    return await context.ledger.staff.create_token(
        context.actor.id,
        label=label[:MAX_LABEL_LENGTH] or "–",
        actor=context.actor.id,
        expires_at=at + days * DAY_MS,
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
            request.id,
            name=request.name,
            role=request.role,
            password=request.password,
            organisation=request.organisation,
            otp_secret=request.otp_secret,
            actor=context.actor.id,
            at=context.clock(),
        )
    except ValueError as error:
        raise InvalidInput(field="account", why=str(error)) from error


async def disable_account(context: ServiceContext, account: str) -> Staff:
    """Disable an account; its sessions and tokens stop at once.

    Raises `Forbidden`, `UnknownStaff`.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    return await context.ledger.staff.disable(account, actor=context.actor.id, at=context.clock())


async def list_accounts(context: ServiceContext) -> list[Staff]:
    """All accounts by name. Raises `Forbidden`."""
    require_permission(context, Permission.ACCOUNT_MANAGE)
    return await context.ledger.staff.list()
