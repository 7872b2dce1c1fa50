"""Generations of one ledger: read at a process's start, renewed after a restore."""

import secrets
from collections.abc import Callable

from sqlalchemy import insert, text

from ledger import schema
from ledger.storage.generation import RESTORE_MARK, Generation, read_generation
from ledger.storage.store import Store, uncancellable


class Generations:
    """The generations of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def hold(self) -> Generation:
        """Return the present generation; from now on writes refuse a ledger that has another.

        Raises:
            LedgerRestored: this process held another one before.
            RestoreUnfinished: a restore is under way, or was killed.
        """
        async with self._store.read() as connection:
            return await self._store.check_generation(connection)

    async def get(self) -> Generation:
        """Return the present generation."""
        async with self._store.read() as connection:
            return await read_generation(connection)

    @uncancellable
    async def renew(self, cause: str) -> Generation:
        """Begin a new generation, because an old state was put in place; services are stopped.

        What a restore left as its mark is removed in the same transaction.
        """
        async with self._store.begin_write() as connection:
            before = await read_generation(connection)
            new = Generation(before.number + 1, secrets.token_hex(4), self._clock(), cause)
            await connection.execute(
                insert(schema.generations).values(
                    number=new.number, id=new.id, at=new.at, cause=cause
                )
            )
            if not self._store.is_sqlite:
                await connection.execute(text(f"DROP TABLE IF EXISTS {RESTORE_MARK}"))
            return new
