"""Windows of EPCIS events: candidates of a question, newest or oldest first, by one index.

The standard's query language has dozens of conditions, and no database has an index for each
combination. So a question is led by the condition that an index answers, a bounded number of
candidates is read from there, and what else was asked is compared outside (`services`). What a page
costs has a bound, whatever is stored.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, select, tuple_, union

from ledger import schema
from ledger.cursor_pages import Key
from ledger.packer_provinces import is_of_province
from ledger.record.epcis_events import EventRow, load_events
from ledger.storage.store import Store

SortField = Literal["at", "recorded_at"]
Lead = Literal["time", "key", "step", "id"]
"""What leads to the candidates: time alone, what they name, their step, or their ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWindow:
    """A question's candidates; every field that is not None must match."""

    organisation: str | None = None
    province: str | None = None
    lead: Lead = "time"
    values: Collection[str] = ()
    """The identifiers, steps or ids of the lead; an id that is no hash is an identifier."""
    parts: Collection[str] = ()
    """For identifiers: the parts of an event that may have them."""
    sort: SortField = "at"
    """`recorded_at` with the lead `time` alone."""
    is_descending: bool = True
    since: int | None = None
    """The first time, of the field that it is sorted by."""
    until: int | None = None
    """The first time that is not included."""

    def select(self, after: Key | None, limit: int) -> Select[Any]:
        """The query of at most `limit` candidates after the sort key `(time, id, organisation)`."""
        values = sorted(self.values) if self.lead != "time" else [""]
        parts = [self._select_one(value, after, limit) for value in values]
        found = union(*(one.subquery().select() for one in parts)).subquery()
        keys = (found.c.time, found.c.id, found.c.organisation)
        return select(*keys).order_by(*self._order(keys)).limit(limit)

    def _select_one(self, value: str, after: Key | None, limit: int) -> Select[Any]:
        events, keys = schema.epcis_events.c, schema.epcis_keys.c
        by_key = self.lead == "key" or (self.lead == "id" and ":" in value)
        if by_key:
            time, id_, organisation = keys.at, keys.event, keys.organisation
        else:
            time = events.at if self.sort == "at" else events.recorded_at
            id_, organisation = events.id, events.organisation
        query = select(time.label("time"), id_.label("id"), organisation.label("organisation"))
        if by_key:
            query = query.where(keys.key == value, keys.part.in_(sorted(self.parts)))
        elif self.lead == "step":
            query = query.where(events.step == value)
        elif self.lead == "id":
            query = query.where(events.id == value)
        if self.organisation is not None:
            query = query.where(organisation == self.organisation)
        if self.province is not None:
            query = query.where(is_of_province(organisation, self.province))
        if self.since is not None:
            query = query.where(time >= self.since)
        if self.until is not None:
            query = query.where(time < self.until)
        columns: tuple[ColumnElement[Any], ...] = (time, id_, organisation)
        if after is not None:
            row, last = tuple_(*columns), tuple_(*after)
            query = query.where(row < last if self.is_descending else row > last)
        if by_key:
            query = query.group_by(*columns)  # one event may name it in two parts
        return query.order_by(*self._order(columns)).limit(limit)

    def _order(self, columns: Sequence[ColumnElement[Any]]) -> list[Any]:
        return [one.desc() if self.is_descending else one.asc() for one in columns]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event with its place in the order of a question."""

    key: tuple[int, str, str]
    row: EventRow


class EventWindows:
    """Reads candidates from one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, wanted: EventWindow, *, after: Key | None, limit: int) -> list[Candidate]:
        """At most `limit` candidates after a sort key, in the order of the question."""
        async with self._store.read() as connection:
            found = (await connection.execute(wanted.select(after, limit))).all()
            named = [(row.organisation, row.id) for row in found]
            rows = await load_events(connection, named)
        return [
            Candidate((place.time, place.id, place.organisation), row)
            for place, row in zip(found, rows, strict=True)
        ]
