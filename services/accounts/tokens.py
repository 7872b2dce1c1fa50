"""Tokens: those of accounts, and those of organisations, which outlive the people who made them.

A token of an organisation is for a machine that goes on when the person who set it up leaves.
Somebody of the organisation makes one for it, with some of their own permissions
(`permissions.TOKEN_PERMISSIONS`), and proves themselves once more. Everybody of the organisation
who may make one sees and revokes all of them, and so does an administrator. An administrator makes
none for others: one person alone would hold what two must give (ADR 0061).
"""

from collections.abc import Collection
from typing import Final

from ledger import Token
from ledger.errors import UnknownRow
from services.accounts.accounts import MAX_LABEL_LENGTH, name_token
from services.context import ServiceContext
from services.errors import Forbidden, InvalidInput, TokenLifetime
from services.lists.access import TOKENS
from services.lists.description import Row
from services.lists.find import find_row
from services.permissions import (
    Permission,
    has_permission,
    list_shareable,
    require_permission,
    require_whole_account,
)
from services.sign_in import IdentityProof, SignInBudgets, confirm_identity
from stamps.vietnam_time import DAY_MS

NO_ORGANISATION: Final = "the account belongs to no organisation"


async def create_organisation_token(
    context: ServiceContext,
    budgets: SignInBudgets,
    proof: IdentityProof,
    label: str,
    days: int,
    *,
    longest_days: int,
    scopes: Collection[Permission],
    key: str | None = None,
) -> tuple[Token, str]:
    """Create a token of the actor's organisation; its text is returned this once.

    The same `key` again makes no second one. Raises `Forbidden`, `TokenLimited`, `InvalidInput` for
    an account without organisation and for permissions that such a token cannot have,
    `TokenLifetime`, `KeyRequired`, `OrganisationDisabled`, `AlreadyExists`, `WrongCredentials`,
    `ConfirmationLimited`, `SignInBusy`.
    """
    require_permission(context, Permission.TOKEN_SHARE)
    require_whole_account(context)
    actor = context.actor
    if actor.organisation is None or actor.role == "operator":
        raise InvalidInput(field="organisation", why=NO_ORGANISATION)
    name = None if key is None else name_token(context.scope_key(key))
    if not 1 <= days <= longest_days:
        raise TokenLifetime(most=longest_days)
    _check_scopes(context, scopes)
    confirmed = await confirm_identity(context, budgets, proof)
    at = context.clock()
    return await context.ledger.tokens.create_for_organisation(
        actor.organisation,
        role=actor.role,
        label=label[:MAX_LABEL_LENGTH] or "–",
        actor=actor.id,
        expires_at=at + days * DAY_MS,
        generation=confirmed.generation,
        scopes=frozenset(scopes),
        name=name,
        at=at,
    )


async def get_token(context: ServiceContext, token: str) -> Row:
    """A token in scope, as its list shows it. Raises `UnknownRow`."""
    row = await find_row(context, TOKENS, token)
    if row is None:
        raise UnknownRow(kind="token", id=token)
    return row


def may_revoke(context: ServiceContext, row: Row) -> bool:
    """Whether the actor may revoke a token of its list."""
    actor = context.actor
    if actor.scopes is not None:
        return False
    if row["organisation"] is None:
        return row["staff"] == actor.id or has_permission(actor, Permission.ACCOUNT_MANAGE)
    return has_permission(actor, Permission.ACCOUNT_MANAGE) or (
        has_permission(actor, Permission.TOKEN_SHARE) and row["organisation"] == actor.organisation
    )


async def revoke_token(context: ServiceContext, token: str) -> Row:
    """Revoke a token of one's own or of one's organisation; an administrator any.

    Again changes nothing. Raises `Forbidden`, `TokenLimited`, `UnknownRow`.
    """
    require_whole_account(context)
    row, actor, tokens = await get_token(context, token), context.actor, context.ledger.tokens
    if not may_revoke(context, row):
        raise Forbidden(role=actor.role, permission=Permission.ACCOUNT_MANAGE)
    if row["organisation"] is None:
        await context.ledger.tokens.revoke(
            token, staff=row["staff"], actor=actor.id, at=context.clock()
        )
    else:
        await tokens.revoke_of_organisation(
            token, organisation=row["organisation"], actor=actor.id, at=context.clock()
        )
    return await get_token(context, token)


def _check_scopes(context: ServiceContext, scopes: Collection[Permission]) -> None:
    shareable = list_shareable(context.actor)
    foreign = [scope for scope in scopes if scope not in shareable]
    if foreign or not scopes:
        why = f"must be one or more of {', '.join(shareable)}"
        raise InvalidInput(field="scopes", why=why, expected="token_scopes")
