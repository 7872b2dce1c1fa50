"""Tokens: they sign a machine or a command line in, for an account or an organisation.

`ledger.accounts.staff_tokens` has their rows. A token is shown once and stored as a digest.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from ledger.accounts import staff_tokens as tokens
from ledger.accounts.account_rows import (
    Role,
    Staff,
    check_generation,
    find_account,
    read_account,
)
from ledger.accounts.staff_tokens import Token, TokenKind
from ledger.enabled_organisations import require_enabled
from ledger.errors import OrganisationDisabled
from ledger.staff_errors import UnknownToken
from ledger.storage.storage_errors import StorageFailed
from ledger.storage.store import Store, uncancellable


class Tokens:
    """The tokens of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def create(
        self,
        id_: str,
        *,
        label: str,
        actor: str,
        expires_at: int,
        generation: int | None = None,
        kind: TokenKind | None = None,
        scopes: frozenset[str] | None = None,
        name: str | None = None,
        at: int | None = None,
    ) -> tuple[Token, str]:
        """Create a token; return it with its text, which is not stored.

        With `scopes` it has no other permissions of its account than these. `name` is its id.

        `generation` as in `StaffAccounts.set_password`: a token outlives no password that was
        changed meanwhile.
        Raises `UnknownStaff`, `WrongCredentials`, `AlreadyExists` for a name that is taken.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            await check_generation(connection, id_, generation)
            return await tokens.insert_token(
                connection,
                id_,
                label=label,
                actor=actor,
                expires_at=expires_at,
                at=at,
                kind=kind,
                scopes=scopes,
                name=name,
            )

    async def create_for_organisation(
        self,
        organisation: str,
        *,
        role: Role,
        label: str,
        actor: str,
        expires_at: int,
        generation: int,
        scopes: frozenset[str],
        name: str | None = None,
        at: int | None = None,
    ) -> tuple[Token, str]:
        """Create a token of an organisation; return it with its text, which is not stored.

        It has these permissions of a role, and outlives its maker's account. `name` is its id.
        Raises `WrongCredentials`, `OrganisationDisabled`, `AlreadyExists` as `create` does.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            await check_generation(connection, actor, generation)
            await require_enabled(connection, organisation)
            return await tokens.insert_token(
                connection,
                actor,
                label=label,
                actor=actor,
                expires_at=expires_at,
                at=at,
                scopes=scopes,
                name=name,
                organisation=organisation,
                role=role,
            )

    async def authenticate(
        self, text: str, at: int | None = None, *, kind: TokenKind | None = None
    ) -> tuple[Token, Staff | None]:
        """Return a token of this kind with its account, None for an organisation's.

        Raises `UnknownToken`, whatever is wrong.
        """
        at = self._clock() if at is None else at
        name, secret = tokens.parse_token(text)
        account = None
        async with self._store.read() as connection:
            token = await tokens.find_token(connection, name, secret, at, kind)
            try:
                if token.organisation is not None:
                    await require_enabled(connection, token.organisation)
                else:
                    account = read_account(await find_account(connection, token.staff))
            except OrganisationDisabled:
                raise UnknownToken from None
        if account is not None and account.is_barred:
            raise UnknownToken
        if token.used_at is None or token.used_at <= at - tokens.USE_STEP_MS:
            # What a token may do does not depend on a ledger that is full or read-only.
            with suppress(StorageFailed):
                async with self._store.append() as connection:
                    await tokens.note_use(connection, token.id, at)
        return token, None if account is None else replace(account, scopes=token.scopes)

    async def get_account(
        self, text: str, at: int | None = None, *, kind: TokenKind | None = None
    ) -> Staff:
        """Return the account of a token of this kind. Raises `UnknownToken`, whatever is wrong."""
        _, account = await self.authenticate(text, at, kind=kind)
        if account is None:
            raise UnknownToken
        return account

    async def list_of_account(self, id_: str) -> Sequence[Token]:
        """Return the tokens of an account, the newest first, revoked ones too."""
        async with self._store.read() as connection:
            return await tokens.list_tokens(connection, id_)

    async def revoke(self, token: str, *, staff: str, actor: str, at: int | None = None) -> None:
        """Revoke a token of an account. Raises `UnknownRow`; again changes nothing."""
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            await tokens.revoke_token(connection, token, staff=staff, actor=actor, at=at)

    @uncancellable
    async def revoke_of_organisation(
        self, token: str, *, organisation: str | None, actor: str, at: int | None = None
    ) -> None:
        """Revoke a token of an organisation, of any for None.

        Raises `UnknownRow`; again changes nothing.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            await tokens.revoke_organisation_token(
                connection, token, organisation=organisation, actor=actor, at=at
            )
