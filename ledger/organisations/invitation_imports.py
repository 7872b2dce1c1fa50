"""Imports of invitations: whom a file would invite, until somebody applies it.

The phone numbers of a file that waits are sealed, as those of invitations are, and go with the rest
of its content when it is applied or a day has passed.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ledger import schema
from ledger.codes.code_errors import ImportOutdated
from ledger.organisations.actor_invitations import ActorInvitations, NewActorInvitation
from ledger.storage.secret_seal import LoadKeys, SecretLocked, SecretSeal
from ledger.storage.store import Store, uncancellable
from ledger.table_imports import KEPT_MS, TableImport, TableImports, find_waiting, finish_import

SEAL_PURPOSE: Final = "actor-invitation-import"

Phones = Mapping[int, str]
"""Phone numbers by line."""


class InvitationImports(TableImports):
    """The imports of invitations of one ledger."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], int],
        invitations: ActorInvitations,
        load_keys: LoadKeys,
    ) -> None:
        super().__init__(store, clock, schema.invitation_imports)
        self._invitations = invitations
        self._seal = SecretSeal(SEAL_PURPOSE, load_keys)

    async def keep(self, shown: TableImport, phones: Phones) -> TableImport:
        """Keep an import that was shown, with its phone numbers sealed. Raises `SecretLocked`."""
        named = {str(line): phone for line, phone in phones.items()}
        sealed = self._seal.seal(shown.id, json.dumps(named))
        return await self.put(replace(shown, document={**(shown.document or {}), "phones": sealed}))

    def open_phones(self, shown: TableImport) -> Phones:
        """The phone numbers of an import that waits.

        Raises `ImportOutdated` once the desk has other keys.
        """
        if shown.document is None:
            return {}
        try:
            named = json.loads(self._seal.open(shown.id, shown.document["phones"]))
        except SecretLocked as error:
            raise ImportOutdated from error
        return {int(line): phone for line, phone in named.items()}

    @uncancellable
    async def apply(
        self, id_: str, new: Sequence[tuple[str, NewActorInvitation]], *, actor: str, at: int
    ) -> TableImport:
        """Make the invitations of an import, each with its key: all of them or none.

        Again changes nothing. Raises `UnknownRow` also for a registered code, `ImportOutdated`,
        `TooManyInvitations`, `SecretLocked`.
        """
        async with self._store.write() as connection:
            shown = await find_waiting(connection, schema.invitation_imports, id_)
            if shown.document is None or shown.applied_at is not None:
                return shown
            if shown.at < at - KEPT_MS:
                raise ImportOutdated
            for key, one in new:
                await self._invitations.write(connection, one, key=key, at=at)
            return await finish_import(connection, schema.invitation_imports, shown, actor, at)
