"""GS1 Company Prefixes and hosts of organisations: whose keys are whose, and where links may lead.

A prefix is one organisation's, and no prefix begins another organisation's (GS1 General
Specifications, section 1.4). A location number is also the organisation's whose place has it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.errors import AlreadyExists, RowChanged, UnknownRow
from ledger.storage.store import Store, uncancellable

_PREFIXES = schema.gs1_prefixes
_HOSTS = schema.link_hosts


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """The prefixes of an organisation, and the hosts that its links may lead to, both sorted."""

    organisation: str
    prefixes: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


class KeyOwners:
    """The owners of GS1 keys of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def get(self, organisation: str) -> KeyOwner:
        """The prefixes and hosts of an organisation. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            return await _find(connection, organisation)

    @uncancellable
    async def replace(self, owner: KeyOwner, *, seen: KeyOwner, actor: str) -> KeyOwner:
        """Give an organisation these prefixes and hosts instead of those that were seen.

        The same content again changes nothing. Raises `UnknownRow`, `RowChanged`, `AlreadyExists`
        for a prefix that overlaps another organisation's.
        """
        organisation = owner.organisation
        async with self._store.write() as connection:
            known = await _find(connection, organisation)
            if known == owner:
                return owner
            if known != seen:
                raise RowChanged(kind="key owner", id=organisation)
            for prefix in owner.prefixes:
                await _check_overlap(connection, prefix, organisation)
            for table in (_PREFIXES, _HOSTS):
                await connection.execute(delete(table).where(table.c.organisation == organisation))
            for table, name, values in (
                (_PREFIXES, "prefix", owner.prefixes),
                (_HOSTS, "host", owner.hosts),
            ):
                if values:
                    rows = [{"organisation": organisation, name: value} for value in values]
                    await connection.execute(insert(table), rows)
            await record_audit(
                connection,
                at=self._clock(),
                actor=actor,
                action="links.owner",
                subject=f"{_HOSTS.name}:{organisation}",
                details={"prefixes": list(owner.prefixes), "hosts": list(owner.hosts)},
            )
        return owner

    async def find_by_digits(self, digits: str) -> str | None:
        """The organisation whose prefix begins the digits of a key."""
        beginnings = list_beginnings(digits)
        query = select(_PREFIXES.c.organisation).where(_PREFIXES.c.prefix.in_(beginnings))
        async with self._store.read() as connection:
            return await connection.scalar(query)

    async def has_gln(self, organisation: str, gln: str) -> bool:
        """Whether a place of the organisation has the location number."""
        places = schema.places.c
        query = select(places.id).where(places.organisation == organisation, places.gln == gln)
        async with self._store.read() as connection:
            return await connection.scalar(query.limit(1)) is not None


def list_beginnings(digits: str) -> Sequence[str]:
    """What a prefix of the digits can be: six to twelve of them.

    >>> list_beginnings("89350000")
    ['893500', '8935000', '89350000']
    """
    return [digits[:length] for length in range(6, min(12, len(digits)) + 1)]


async def _find(connection: AsyncConnection, organisation: str) -> KeyOwner:
    organisations = schema.organisations.c
    known = select(organisations.id).where(organisations.id == organisation)
    if await connection.scalar(known) is None:
        raise UnknownRow(kind="organisation", id=organisation)
    prefixes = select(_PREFIXES.c.prefix).where(_PREFIXES.c.organisation == organisation)
    hosts = select(_HOSTS.c.host).where(_HOSTS.c.organisation == organisation)
    return KeyOwner(
        organisation,
        tuple(sorted(await connection.scalars(prefixes))),
        tuple(sorted(await connection.scalars(hosts))),
    )


async def _check_overlap(connection: AsyncConnection, prefix: str, organisation: str) -> None:
    """Raise `AlreadyExists` where a prefix begins another organisation's, or that one begins it."""
    columns = _PREFIXES.c
    # ":" follows "9" in the order of code points: a range, as no index serves LIKE everywhere.
    longer = (columns.prefix >= prefix) & (columns.prefix < f"{prefix}:")
    overlapping = longer | columns.prefix.in_(list_beginnings(prefix))
    query = select(columns.prefix).where(overlapping, columns.organisation != organisation)
    found = await connection.scalar(query.limit(1))
    if found is not None:
        raise AlreadyExists(kind="GS1 company prefix", id=found)
