"""Accounts: staff, their passwords, sessions and machine tokens."""

import hashlib
from collections.abc import Collection, Sequence
from typing import Final

from ledger import ROLES, Ledger, NewAccount, Proposal, Role, Staff, Token
from ledger.account_names import is_same_account, normalise_account_name
from ledger.accounts.passwords import normalise_password
from ledger.accounts.staff_tokens import parse_token
from services.context import Actor, ServiceContext
from services.errors import InvalidInput, SignInHours, TokenLifetime
from services.permissions import (
    Permission,
    has_permission,
    require_permission,
    require_whole_account,
)
from services.proposals.proposal_kinds import ROLE_GRANT
from services.proposals.proposals import propose
from services.sign_in import (
    IdentityProof,
    SignInAttempt,
    SignInBudgets,
    confirm_identity,
    sign_in,
)
from stamps.vietnam_time import DAY_MS

HOUR_MS: Final = 3_600_000
MAX_LABEL_LENGTH: Final = 80
MAX_COMMAND_LINE_HOURS: Final = 12
"""A working day: a command line left signed in over night is not."""


async def authenticate_token(ledger: Ledger, token: str, *, at: int) -> Actor:
    """Who acts with a machine's token: an account, or an organisation's token itself.

    Raises `UnknownToken`.
    """
    found, account = await ledger.tokens.authenticate(token, at)
    return Actor.of_token(found) if account is None else Actor.of_staff(account)


async def authenticate_command_line(ledger: Ledger, token: str, *, at: int) -> Staff:
    """The account that a command line is signed in to. Raises `UnknownToken`."""
    return await ledger.tokens.get_account(token, at, kind="command-line")


async def sign_in_command_line(
    ledger: Ledger,
    budgets: SignInBudgets,
    attempt: SignInAttempt,
    *,
    hours: int,
    label: str,
    at: int,
) -> tuple[Staff, Token, str]:
    """Sign a command line in for some hours; the token's text is returned this once.

    Raises `SignInHours`, `WrongCredentials`, `SignInLimited`, `SignInBusy`.
    """
    if not 1 <= hours <= MAX_COMMAND_LINE_HOURS:
        raise SignInHours(most=MAX_COMMAND_LINE_HOURS)
    staff = await sign_in(ledger, budgets, attempt, at=at)
    token, text = await ledger.tokens.create(
        staff.id,
        label=label[:MAX_LABEL_LENGTH],
        actor=staff.id,
        expires_at=at + hours * HOUR_MS,
        generation=staff.generation,
        kind="command-line",
        at=at,
    )
    return staff, token, text


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
    scopes: Collection[Permission] | None = None,
    key: str | None = None,
) -> tuple[Token, str]:
    """Create a token of the actor's account; its text is returned this once.

    With `scopes` it has no other permissions than these. The same `key` again makes no second one:
    the text is not stored, so it cannot be returned again. Raises `TokenLimited`, `InvalidInput`
    for a permission that the actor does not have, or for none at all, `TokenLifetime`,
    `KeyRequired`, `WrongCredentials`, `ConfirmationLimited`, `SignInBusy`, `AlreadyExists`.
    """
    require_whole_account(context)
    name = None if key is None else name_token(context.scope_key(key))
    if not 1 <= days <= longest_days:
        raise TokenLifetime(most=longest_days)
    if scopes is not None and not scopes:
        raise InvalidInput(field="scopes", why="are empty; the token could do nothing")
    for scope in scopes or ():
        if not has_permission(context.actor, scope):
            raise InvalidInput(field="scopes", why=f"has {scope}, which the account does not have")
    confirmed = await confirm_identity(context, budgets, proof)
    at = context.clock()
    return await context.ledger.tokens.create(
        context.actor.id,
        label=label[:MAX_LABEL_LENGTH] or "–",
        actor=context.actor.id,
        expires_at=at + days * DAY_MS,
        generation=confirmed.generation,
        scopes=None if scopes is None else frozenset(scopes),
        name=name,
        at=at,
    )


def name_token(scoped_key: str) -> str:
    """The id of the token that is made under an idempotency key."""
    return hashlib.sha256(f"veritem token\0{scoped_key}".encode()).hexdigest()[:12]


async def revoke_own_token(context: ServiceContext, token_id: str) -> None:
    """Revoke a token of the actor's account. Raises `TokenLimited`, `UnknownRow`."""
    require_whole_account(context)
    account = context.actor.id
    await context.ledger.tokens.revoke(token_id, staff=account, actor=account, at=context.clock())


async def revoke_command_line_token(context: ServiceContext, token: str) -> None:
    """Revoke the token that signed a command line in. Raises `UnknownToken`, `UnknownRow`."""
    await revoke_own_token(context, parse_token(token)[0])


async def list_own_tokens(context: ServiceContext) -> Sequence[Token]:
    """The tokens of the actor's account, newest first, revoked ones too."""
    return await context.ledger.tokens.list_of_account(context.actor.id)


async def found_accounts(
    ledger: Ledger, founders: tuple[NewAccount, NewAccount], *, is_demo: bool, at: int
) -> Sequence[Staff]:
    """Add the first two accounts of an installation, of two people.

    Raises `AlreadyFounded`, `WeakPassword`, `InvalidInput` when both are one person's: the same
    name in whatever spelling, the same password or the same one-time codes.
    """
    one, other = founders
    for field, is_same in (
        ("account", is_same_account(one.id, other.id)),
        ("password", normalise_password(one.password) == normalise_password(other.password)),
        ("otp_secret", one.otp_secret is not None and one.otp_secret == other.otp_secret),
    ):
        if is_same:
            raise InvalidInput(field=field, why="is the same for both; two people found accounts")
    try:
        return await ledger.staff.found(founders, is_demo=is_demo, at=at)
    except ValueError as error:
        raise InvalidInput(field="account", why=str(error)) from error


async def add_account(
    context: ServiceContext, request: NewAccount, key: str
) -> tuple[Staff, Proposal]:
    """Add an account and propose its role; it may do nothing until another person approves.

    Raises `Forbidden`, `KeyRequired`, `AlreadyExists`, `WeakPassword`, `UnknownRow` for the
    organisation, `InvalidInput` for a malformed name, role or secret.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    try:
        return await context.ledger.staff.add_and_propose(
            request,
            actor=context.actor.id,
            key=context.scope_key(key),
            at=context.clock(),
        )
    except ValueError as error:
        raise InvalidInput(field="account", why=str(error)) from error


async def propose_role(
    context: ServiceContext, account: str, role: Role, organisation: str | None, key: str
) -> Proposal:
    """Propose another role for an account; it changes when another person approves.

    Raises `Forbidden`, `KeyRequired`, `UnknownStaff`, `UnknownRow` for the organisation,
    `InvalidInput` for a role that nobody is given, and as `proposals.propose` does.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    if role not in ROLES:
        raise InvalidInput(field="role", why=f"must be one of {', '.join(ROLES)}")
    known = await context.ledger.staff.get(normalise_account_name(account))
    if organisation is not None:
        await context.ledger.organisations.get(organisation)
    document = {"account": known.id, "role": role, "organisation": organisation}
    return await propose(context, ROLE_GRANT, f"account:{known.id}", document, None, key)


async def disable_account(context: ServiceContext, account: str) -> Staff:
    """Disable an account; its sessions and tokens stop at once.

    Raises `Forbidden`, `UnknownStaff`, `LastAdministrator`.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    return await context.ledger.staff.disable(
        normalise_account_name(account), actor=context.actor.id, at=context.clock()
    )


async def list_accounts(context: ServiceContext) -> list[Staff]:
    """All accounts by name. Raises `Forbidden`."""
    require_permission(context, Permission.ACCOUNT_SEE)
    return await context.ledger.staff.list()
