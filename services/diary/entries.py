"""Use cases of the diary: tell, correct and take back entries, and see them with their warnings.

An entry is told by the organisation that did the work, about its own place or about goods. It is
an EPCIS event in the record, so the same entry twice adds nothing, in whatever order reports come.
A harvest within a waiting period is recorded and shown with a warning: the diary tells what
happened. Warnings follow from what is recorded now, so one that comes late warns too.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.diary.entries import NewEntry
from ledger.errors import UnknownRow
from ledger.record.epcis_events import EventError, EventFilter, EventRow, NewEvent
from services.context import ServiceContext
from services.diary.warnings import EntryWarning, find_warnings
from services.diary.whose_place import find_owned_places
from services.errors import InvalidInput
from services.permissions import Permission, require_permission
from services.scope import own_scope
from services.trade_actors import list_entries
from stamps.timestamps import format_rfc3339
from stamps.vietnam_time import DAY_MS
from traceability.diary.entries import Entry, MalformedEntry, read_entry
from traceability.diary.entry_events import extract_entry, read_entry_event
from traceability.diary.entry_kinds import EntryKind, FieldType, find_entry_kind, load_entry_kinds
from traceability.epcis.event_reader import format_event_id
from traceability.lot_rules import CLOCK_TOLERANCE_MS
from web.validation import FieldError

CORRECTED: Final = "incorrect_data"
"""The reason of CBV 2.0 for an event that is corrected by another one."""
TAKEN_BACK: Final = "did_not_occur"


@dataclass(frozen=True, slots=True)
class RecordedEntry:
    """An entry as its organisation told it."""

    id: str
    organisation: str
    entry: Entry
    recorded_at: int
    actor: str
    errors: Sequence[EventError] = ()
    warnings: Sequence[EntryWarning] = ()

    @property
    def is_taken_back(self) -> bool:
        """Whether it was corrected or taken back."""
        return bool(self.errors)

    @property
    def corrected_by(self) -> str | None:
        """The id of the entry that stands in its place."""
        for error in self.errors:
            for uri in error.body.get("correctiveEventIDs", ()):
                return str(uri)
        return None


@dataclass(frozen=True, slots=True)
class ToldEntry:
    """The outcome of telling an entry; `is_new` is false for one that was recorded before."""

    id: str
    is_new: bool


def require_organisation(context: ServiceContext) -> str:
    """The organisation that the actor writes for. Raises `Forbidden`, `InvalidInput`."""
    require_permission(context, Permission.EVENT_RECORD)
    if context.actor.organisation is None:
        why = "an entry is told by an organisation, and you are of none"
        raise InvalidInput(field="organisation", why=why)
    return context.actor.organisation


def list_told_kinds(context: ServiceContext) -> list[EntryKind]:
    """The kinds of entries that people of the actor's role tell, in their order."""
    told = list_entries(context.actor.role)
    return [kind for name, kind in load_entry_kinds().items() if name in told]


async def tell_entry(context: ServiceContext, kind: str, values: Mapping[str, object]) -> ToldEntry:
    """Record an entry of the actor's organisation; the same one again adds nothing.

    Raises `Forbidden`, `InvalidInput`, `MalformedEntry`.
    """
    organisation = require_organisation(context)
    if kind not in [one.kind for one in list_told_kinds(context)]:
        known = ", ".join(one.kind for one in list_told_kinds(context)) or "nothing"
        raise InvalidInput(field="kind", why=f"people of your role tell of {known}")
    entry = read_entry(kind, values)
    await check_entries(context, [entry])
    new = build_new_entry(entry, organisation)
    recorded = await context.ledger.diary_entries.record(
        organisation, [new], actor=context.actor.id, at=context.clock()
    )
    return ToldEntry(new.event.id, recorded.added > 0)


async def correct_entry(
    context: ServiceContext, id_: str, values: Mapping[str, object]
) -> ToldEntry:
    """Record what an entry should have said, and declare the entry an error.

    The same values change nothing. Raises `Forbidden`, `InvalidInput`, `MalformedEntry`,
    `UnknownRow`, `EntryTakenBack`.
    """
    organisation = require_organisation(context)
    known = await get_entry(context, id_)
    entry = read_entry(known.entry.kind, values)
    await check_entries(context, [entry])
    new = build_new_entry(entry, organisation)
    if new.event.id == known.id:
        return ToldEntry(known.id, False)
    if known.corrected_by == format_event_id(new.event.id):
        return ToldEntry(new.event.id, False)  # the same form, sent twice
    await context.ledger.diary_entries.take_back(
        organisation,
        known.id,
        _declare(context, CORRECTED, new.event.id),
        corrected=new,
        actor=context.actor.id,
        at=context.clock(),
    )
    return ToldEntry(new.event.id, True)


async def take_back_entry(context: ServiceContext, id_: str) -> None:
    """Declare that the work of an entry did not take place; the entry stays visible.

    Raises `Forbidden`, `UnknownRow`, `EntryTakenBack`.
    """
    organisation = require_organisation(context)
    known = await get_entry(context, id_)
    await context.ledger.diary_entries.take_back(
        organisation,
        known.id,
        _declare(context, TAKEN_BACK),
        actor=context.actor.id,
        at=context.clock(),
    )


async def get_entry(context: ServiceContext, id_: str) -> RecordedEntry:
    """An entry in the actor's scope with its warnings. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.EVENT_SEE)
    actor = context.actor
    wanted = EventFilter(organisation=own_scope(actor), province=actor.province, id=id_)
    rows = await context.ledger.epcis_events.find_page(wanted, limit=1)
    found = await describe_entries(context, rows)
    if not found:
        raise UnknownRow(kind="entry", id=id_)
    return found[0]


async def describe_entries(
    context: ServiceContext, rows: Sequence[EventRow]
) -> list[RecordedEntry]:
    """Entries of events, with their warnings; two queries for all of them."""
    entries = {row.id: entry for row in rows if (entry := extract_entry(row.body)) is not None}
    valid = {row.id: entries[row.id] for row in rows if row.id in entries and not row.errors}
    warnings = await find_warnings(context, valid)
    return [
        RecordedEntry(
            id=row.id,
            organisation=row.organisation,
            entry=entries[row.id],
            recorded_at=row.recorded_at,
            actor=row.actor,
            errors=row.errors,
            warnings=warnings.get(row.id, ()),
        )
        for row in rows
        if row.id in entries
    ]


async def check_entries(context: ServiceContext, entries: Collection[Entry]) -> None:
    """Raise `MalformedEntry` for the first entry that its author may not tell."""
    flaws = await find_entry_flaws(context, list(entries))
    for errors in flaws:
        if errors:
            raise MalformedEntry(errors)


async def find_entry_flaws(
    context: ServiceContext, entries: Sequence[Entry]
) -> list[list[FieldError]]:
    """What the registry and the clock say against each entry, with a few queries for all."""
    organisation = require_organisation(context)
    places = {one.place for one in entries if one.place and _is_own_place(one)}
    owned = await find_owned_places(context, organisation, places)
    products = {str(one.values["product"]) for one in entries if "product" in one.values}
    known = await context.ledger.products.get_many(products)
    latest = context.clock() + CLOCK_TOLERANCE_MS
    found = []
    for entry in entries:
        errors = []
        if entry.at > latest:
            errors.append(FieldError(("at",), "has not come yet", "not_come", {}))
        if entry.place and _is_own_place(entry) and entry.place not in owned:
            why = "is not registered to your organisation"
            errors.append(FieldError(("place",), why, "own_place", {"text": entry.place}))
        product = str(entry.values.get("product", ""))
        if product and product not in known:
            errors.append(
                FieldError(("product",), "is not in the registry", "unknown", {"text": product})
            )
        found.append(errors)
    return found


def build_new_entry(entry: Entry, organisation: str) -> NewEntry:
    """The entry as the ledger records it."""
    read = read_entry_event(entry, organisation)
    keys = sorted((str(part), key) for part, key in read.keys)
    event = NewEvent(read.id, read.type, read.at, read.step, read.body, read.prefixes, keys)
    days = entry.waiting_days
    product = entry.values.get("product")
    return NewEntry(
        event=event,
        kind=entry.kind,
        place=entry.place,
        product=None if product is None else str(product),
        lot=entry.lot,
        free_from=entry.at + days * DAY_MS if days else None,
    )


async def build_new_entries(entries: Sequence[Entry], organisation: str) -> list[NewEntry]:
    """Many entries as the ledger records them; other requests are answered meanwhile."""
    return await asyncio.to_thread(lambda: [build_new_entry(one, organisation) for one in entries])


def _is_own_place(entry: Entry) -> bool:
    """Whether the place of an entry must be the author's own."""
    kind = find_entry_kind(entry.kind)
    return kind.has_field("place") and kind.field("place").type is FieldType.PLACE


def _declare(context: ServiceContext, reason: str, corrective: str | None = None) -> dict[str, Any]:
    declaration: dict[str, Any] = {
        "declarationTime": format_rfc3339(context.clock()),
        "reason": reason,
    }
    if corrective is not None:
        declaration["correctiveEventIDs"] = [format_event_id(corrective)]
    return declaration
