"""Events that a trace follows: those that name some things, without those declared errors.

A trace asks for the things of one round at once. The answer is bounded however many events name a
thing: statements read at most `MOST_KEYS` names, and a thing that has more is read alone, its
earliest names first.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.packer_provinces import STATING, is_of_province
from ledger.storage.row_lists import is_one_of, split_parts
from ledger.storage.store import Store

MOST_KEYS: Final = 2_000
"""Names of one thing, and of all things of one statement."""
_AT_ONCE: Final = 500
"""Things or events named in one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventScope:
    """Whose events are followed; no field: those of all."""

    organisation: str | None = None
    """Its own events, and those of others that name one of `parties` as source or destination."""
    parties: Collection[str] = ()
    province: str | None = None
    """Events of the packers of this province."""
    since: int | None = None
    until: int | None = None
    """The first time that is not included."""


class EventName(NamedTuple):
    """That an event of an organisation names a thing."""

    key: str
    at: int
    event: str
    organisation: str


@dataclass(frozen=True, slots=True)
class TracedEvent:
    """An event with all organisations in scope that tell it and do not declare it an error."""

    id: str
    at: int
    organisations: tuple[str, ...]
    body: Mapping[str, Any]
    prefixes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TracedEvents:
    """The events that name things, by thing."""

    by_key: Mapping[str, Sequence[TracedEvent]]
    cut: frozenset[str]
    """Things of which there are more."""


class EventTraces:
    """The events of one ledger as traces ask for them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find_events(
        self, keys: Collection[str], parts: Collection[str], scope: EventScope
    ) -> TracedEvents:
        """Return the events that name things in one of some parts."""
        async with self._store.read() as connection:
            names, cut = await _find_names(connection, sorted(keys), sorted(parts), scope)
            events = await _load(connection, {(one.organisation, one.event) for one in names})
        by_key: defaultdict[str, dict[str, TracedEvent]] = defaultdict(dict)
        for one in names:
            if one.event in events:
                by_key[one.key][one.event] = events[one.event]
        return TracedEvents({key: tuple(one.values()) for key, one in by_key.items()}, cut)


def select_names(
    keys: Sequence[str], parts: Sequence[str], scope: EventScope, *, limit: int
) -> Select[Any]:
    """The query of the names of some things in scope, not sorted."""
    names = schema.epcis_keys.c
    query = select(names.key, names.at, names.event, names.organisation)
    query = query.where(names.key.in_(keys), names.part.in_(parts))
    if scope.organisation is not None:
        own = names.organisation == scope.organisation
        if scope.parties:
            party = schema.epcis_keys.alias().c
            addressed = exists().where(
                party.key.in_(sorted(scope.parties)),
                party.at == names.at,
                party.event == names.event,
                party.organisation == names.organisation,
                party.part == "party",
            )
            query = query.where(or_(own, addressed))
        else:
            query = query.where(own)
    if scope.province is not None:
        query = query.where(is_of_province(names.organisation, scope.province, STATING))
    if scope.since is not None:
        query = query.where(names.at >= scope.since)
    if scope.until is not None:
        query = query.where(names.at < scope.until)
    return query.limit(limit)


async def _find_names(
    connection: AsyncConnection, keys: Sequence[str], parts: Sequence[str], scope: EventScope
) -> tuple[list[EventName], frozenset[str]]:
    found: list[EventName] = []
    cut: set[str] = set()
    waiting = list(split_parts(keys, _AT_ONCE))
    while waiting:
        some = waiting.pop()
        query = select_names(some, parts, scope, limit=MOST_KEYS + 1)
        if len(some) == 1:
            query = query.order_by(schema.epcis_keys.c.at)
        rows = [EventName(*row) for row in await connection.execute(query)]
        if len(rows) > MOST_KEYS and len(some) > 1:
            middle = len(some) // 2
            waiting += [some[:middle], some[middle:]]
            continue
        if len(rows) > MOST_KEYS:
            cut.update(some)
        found += rows[:MOST_KEYS]
    return found, frozenset(cut)


async def _load(
    connection: AsyncConnection, named: Collection[tuple[str, str]]
) -> dict[str, TracedEvent]:
    """The events of these organisations and ids, by id; those declared errors are left out."""
    pairs = sorted(named)
    events, errors = schema.epcis_events.c, schema.epcis_errors.c
    wrong: set[tuple[str, str]] = set()
    for some in split_parts(pairs, _AT_ONCE):
        query = select(errors.organisation, errors.event)
        found = await connection.execute(
            query.where(is_one_of(connection, errors.organisation, errors.event, some))
        )
        wrong.update((row.organisation, row.event) for row in found)
    tellers: defaultdict[str, list[str]] = defaultdict(list)
    for organisation, id_ in pairs:
        if (organisation, id_) not in wrong:
            tellers[id_].append(organisation)
    wanted = [(organisations[0], id_) for id_, organisations in tellers.items()]
    loaded: dict[str, TracedEvent] = {}
    for some in split_parts(wanted, _AT_ONCE):
        columns = select(events.id, events.at, events.document)
        query = columns.where(is_one_of(connection, events.organisation, events.id, some))
        for row in await connection.execute(query):
            kept = json.loads(row.document)
            loaded[row.id] = TracedEvent(
                row.id, row.at, tuple(tellers[row.id]), kept["event"], kept["context"]
            )
    return loaded
