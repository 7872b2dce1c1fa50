"""Entries of the diary: each is an EPCIS event, and a row by which it is listed and judged.

Event and row are written in one transaction. A row is append-only as its event is. An entry that
its organisation takes back, or corrects by another one, stays: a declaration of error lies beside
its event, and lists and rules leave it out.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import read_head
from ledger.errors import UnknownRow
from ledger.record.epcis_events import (
    EventRow,
    NewEvent,
    RecordedEvents,
    load_events,
    write_events,
)
from ledger.storage.row_lists import split_parts
from ledger.storage.store import Store, uncancellable
from stamps.errors import VeritemError
from stamps.vietnam_time import DAY_MS

MOST_OF_PLACES: Final = 2_000
"""Entries that are read to judge one page or one lot."""
MOST_RESULTS: Final = 500
"""Results and certificates that are read for one lot."""
LONGEST_WAITING_MS: Final = 731 * DAY_MS
"""No waiting period is longer (`traceability/diary/kinds/input.toml`)."""
_AT_ONCE: Final = 500


class EntryTakenBack(VeritemError):
    """The entry was corrected or taken back before."""

    code = "entry-taken-back"
    message = "the entry was corrected or taken back before"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to record: its event, and what it is listed and judged by."""

    event: NewEvent
    kind: str
    place: str | None = None
    product: str | None = None
    lot: str | None = None
    free_from: int | None = None
    """The first moment of a harvest that keeps the waiting period; None without one."""


class DiaryEntries:
    """The entries of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def record(
        self, organisation: str, entries: Sequence[NewEntry], *, actor: str, at: int | None = None
    ) -> RecordedEvents:
        """Record entries of an organisation that it has not recorded yet, all or none.

        Raises `UnknownRow` for the organisation.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            return await write_entries(connection, organisation, entries, actor=actor, at=at)

    @uncancellable
    async def take_back(
        self,
        organisation: str,
        id_: str,
        declaration: Mapping[str, Any],
        *,
        corrected: NewEntry | None = None,
        actor: str,
        at: int | None = None,
    ) -> None:
        """Declare an entry of an organisation an error, and record the right one in its place.

        Raises `UnknownRow`, and `EntryTakenBack` for one that was declared an error before.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            rows = schema.diary_entries.c
            wrong = (rows.event == id_) & (rows.organisation == organisation)
            row = (await connection.execute(select(schema.diary_entries).where(wrong))).mappings()
            known = row.one_or_none()
            if known is None:
                raise UnknownRow(kind="entry", id=id_)
            if not await connection.scalar(select(rows.event).where(wrong, is_valid())):
                raise EntryTakenBack
            [event] = await load_events(connection, [(organisation, id_)])
            declared = NewEvent(
                id_, event.type, event.at, event.step, event.body, event.prefixes, (), declaration
            )
            taken = NewEntry(declared, known["kind"])
            new = [taken] if corrected is None else [taken, corrected]
            await write_entries(connection, organisation, new, actor=actor, at=at)

    async def load(self, ids: Collection[str]) -> dict[str, EventRow]:
        """Return the events of entries by their id."""
        rows = schema.diary_entries.c
        found: dict[str, EventRow] = {}
        wanted = sorted(ids)
        async with self._store.read() as connection:
            for part in split_parts(wanted, _AT_ONCE):
                some = rows.event.in_(part)
                named = await connection.execute(select(rows.organisation, rows.event).where(some))
                pairs = [(row.organisation, row.event) for row in named]
                found |= {one.id: one for one in await load_events(connection, pairs)}
        return found

    async def find_of_places(
        self, places: Collection[str], kinds: Collection[str], *, since: int, until: int
    ) -> list[EventRow]:
        """Return the valid entries of places in a time, newest first.

        At most `MOST_OF_PLACES`.
        """
        rows = schema.diary_entries.c
        return await self._find(
            and_(
                rows.place.in_(sorted(places)),
                rows.kind.in_(sorted(kinds)),
                rows.at >= since,
                rows.at < until,
            )
        )

    async def find_results(
        self, lot: str, place: str | None, kinds: Collection[str], *, since: int
    ) -> list[EventRow]:
        """Return the valid entries of kinds about a lot, or since a time about its place of origin.

        Newest first, at most `MOST_RESULTS` of the lot and as many of the place.
        """
        rows = schema.diary_entries.c
        is_kind = rows.kind.in_(sorted(kinds))
        found = await self._find(and_(rows.lot == lot, is_kind), MOST_RESULTS)
        if place is not None:
            of_place = and_(rows.place == place, is_kind, rows.lot.is_(None), rows.at >= since)
            found += await self._find(of_place, MOST_RESULTS)
        return found

    async def find_treatments(
        self, places: Collection[str], *, since: int, until: int
    ) -> list[EventRow]:
        """Return the valid entries of places, done before `until`, whose waiting period ends after
        `since`."""
        rows = schema.diary_entries.c
        return await self._find(
            and_(
                rows.place.in_(sorted(places)),
                rows.at > since - LONGEST_WAITING_MS,
                rows.at < until,
                rows.free_from > since,
            )
        )

    async def find_harvests(self, lots: Collection[str]) -> dict[str, int]:
        """Return when each of these lots was harvested first, of those that entries tell."""
        rows = schema.diary_entries.c
        async with self._store.read() as connection:
            found = await connection.execute(
                select(rows.lot, func.min(rows.at).label("at"))
                .where(rows.lot.in_(sorted(lots)), rows.kind == "harvest", is_valid())
                .group_by(rows.lot)
            )
            return {row.lot: row.at for row in found}

    async def _find(
        self, condition: ColumnElement[bool], limit: int = MOST_OF_PLACES
    ) -> list[EventRow]:
        rows = schema.diary_entries.c
        query = (
            select(rows.organisation, rows.event)
            .where(condition, is_valid())
            .order_by(rows.at.desc(), rows.event.desc())
            .limit(limit)
        )
        async with self._store.read() as connection:
            found = await connection.execute(query)
            return await load_events(connection, [(row.organisation, row.event) for row in found])


def is_valid() -> ColumnElement[bool]:
    """The condition that an entry was neither corrected nor taken back."""
    rows, errors = schema.diary_entries.c, schema.epcis_errors.c
    return ~exists(
        select(errors.id).where(
            errors.organisation == rows.organisation, errors.event == rows.event
        )
    )


async def write_entries(
    connection: AsyncConnection,
    organisation: str,
    entries: Sequence[NewEntry],
    *,
    actor: str,
    at: int,
) -> RecordedEvents:
    """Write events and rows of entries that are not recorded yet, within a transaction."""
    recorded = await write_events(
        connection, organisation, [one.event for one in entries], actor=actor, at=at
    )
    new = {one.event.id: one for one in reversed(entries)}
    rows = schema.diary_entries.c
    wanted = sorted(new)
    for part in split_parts(wanted, _AT_ONCE):
        some = rows.event.in_(part)
        for id_ in list(await connection.scalars(select(rows.event).where(some))):
            del new[id_]
    if new:
        # Where another report recorded the event before, this one has no audit entry.
        audit, _ = await read_head(connection, schema.audit.name)
        written = {
            "organisation": organisation,
            "recorded_at": at,
            "actor": actor,
            "audit": audit if recorded.added >= len(new) else None,
        }
        await connection.execute(
            insert(schema.diary_entries),
            [{**_describe_row(one), **written} for one in new.values()],
        )
    return recorded


def _describe_row(entry: NewEntry) -> dict[str, Any]:
    return {
        "event": entry.event.id,
        "kind": entry.kind,
        "place": entry.place,
        "product": entry.product,
        "lot": entry.lot,
        "at": entry.event.at,
        "free_from": entry.free_from,
    }
