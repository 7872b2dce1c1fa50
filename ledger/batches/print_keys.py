"""Print keys: the age public keys that the bundles of a print house are encrypted to.

A print house has several at once while it replaces one. A retired key stays, because older bundles
are encrypted to it. The key of the registration (`Organisation.public_key`) counts until the first
one is added here, and becomes a row then.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.errors import AlreadyExists, LastPrintKey, UnknownRow
from ledger.storage.store import Store, uncancellable


@dataclass(frozen=True, slots=True)
class PrintKey:
    """One key of a print house; `retired_at` is None while new bundles are encrypted to it."""

    organisation: str
    public_key: str
    label: str
    added_at: int
    added_by: str
    retired_at: int | None = None
    retired_by: str | None = None


class PrintKeys:
    """The keys of all print houses of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def list(self, organisation: str) -> "list[PrintKey]":
        """Return all keys of an organisation, the oldest first. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            return await _list(connection, organisation)

    @uncancellable
    async def add(
        self, organisation: str, public_key: str, label: str, *, actor: str, at: int | None = None
    ) -> PrintKey:
        """Add a key. One that is in use already stays as it is.

        Raises `UnknownRow`, and `AlreadyExists` for a key that was retired.
        """
        at = self._clock() if at is None else at
        key = PrintKey(organisation, public_key, label, at, actor)
        async with self._store.write() as connection:
            known = await _list(connection, organisation)
            for one in known:
                if one.public_key == public_key:
                    if one.retired_at is not None:
                        raise AlreadyExists(kind="print key", id=public_key)
                    return one
            await _keep_registered(connection, known)
            await connection.execute(insert(schema.print_keys).values(_to_row(key)))
            await _record(connection, key, "add", actor, at)
        return key

    @uncancellable
    async def retire(
        self, organisation: str, public_key: str, *, actor: str, at: int | None = None
    ) -> PrintKey:
        """Encrypt no further bundle to a key. Raises `UnknownRow`, `LastPrintKey`."""
        at = self._clock() if at is None else at
        keys = schema.print_keys
        async with self._store.write() as connection:
            known = await _list(connection, organisation)
            key = next((one for one in known if one.public_key == public_key), None)
            if key is None:
                raise UnknownRow(kind="print key", id=public_key)
            if key.retired_at is not None:
                return key
            if sum(one.retired_at is None for one in known) == 1:
                raise LastPrintKey(organisation=organisation)
            this = (keys.c.organisation == organisation) & (keys.c.public_key == public_key)
            await connection.execute(
                update(keys).where(this).values(retired_at=at, retired_by=actor)
            )
            await _record(connection, key, "retire", actor, at)
        return replace(key, retired_at=at, retired_by=actor)


async def _list(connection: AsyncConnection, organisation: str) -> list[PrintKey]:
    organisations, keys = schema.organisations, schema.print_keys
    registered = (
        await connection.execute(
            select(organisations.c.public_key).where(organisations.c.id == organisation)
        )
    ).one_or_none()
    if registered is None:
        raise UnknownRow(kind="organisation", id=organisation)
    query = (
        select(keys)
        .where(keys.c.organisation == organisation)
        .order_by(keys.c.added_at, keys.c.public_key)
    )
    found = [PrintKey(**row) for row in (await connection.execute(query)).mappings()]
    if not found and registered.public_key:
        return [PrintKey(organisation, registered.public_key, "", 0, "")]
    return found


async def _keep_registered(connection: AsyncConnection, known: list[PrintKey]) -> None:
    """Make a row of the key of the registration, which counts no more once there are rows."""
    for one in known:
        if one.added_at == 0:
            await connection.execute(insert(schema.print_keys).values(_to_row(one)))


async def _record(
    connection: AsyncConnection, key: PrintKey, verb: str, actor: str, at: int
) -> None:
    await record_audit(
        connection,
        at=at,
        actor=actor,
        action=f"print-key.{verb}",
        subject=f"organisations:{key.organisation}",
        details={"public_key": key.public_key, "label": key.label},
    )


def _to_row(key: PrintKey) -> dict[str, object]:
    return {name: getattr(key, name) for name in key.__slots__}
