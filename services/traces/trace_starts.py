"""What a trace begins with, as people name it: a stamp, lot, carton, place, input or finding."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ledger import LotFilter
from ledger.cartons.carton_errors import AmbiguousCarton, UnknownCarton
from ledger.errors import UnknownLot, UnknownRow
from services import scope
from services.errors import InvalidInput
from services.permissions import Permission, has_permission
from services.record.event_record import find_event
from services.stamps.recalls import parse_day
from services.stamps.stamp_lookup import find_stamps
from services.traces.ledger_source import LedgerSource
from stamps.code import parse_code
from stamps.errors import MalformedCode, VeritemError
from stamps.serial_range import is_serial_range_form
from stamps.vietnam_time import DAY_MS, to_date_start
from traceability.carton_label import MalformedLabel
from traceability.code_forms import read_code
from traceability.diary.entry_events import NAMES, name_input
from traceability.digital_link import format_digital_link
from traceability.epcis.aggregation import name_carton
from traceability.epcis.event_reader import (
    PLACE_PARTS,
    normalize_key,
    parse_event_id,
)
from traceability.epcis.identifiers import ROOT
from traceability.gs1 import parse_element_string
from traceability.gs1_values import MalformedGs1, check_check_digit
from traceability.stamp_reader import read_stamp
from traceability.trace import StepKind, TraceStart, read_trace_event
from traceability.trace.thing_names import (
    list_place_identifiers,
    name_lot,
    name_stamps,
    parse_location,
    parse_lot,
    parse_stamps,
)

MOST_LOTS: Final = 1_000
"""Lots of a place that a trace begins with."""
LONGEST_TEXT: Final = 500
_SSCC_DIGITS: Final = 18


class StartKind(StrEnum):
    """What a trace begins with."""

    LOT = "lot"
    STAMPS = "stamps"
    CARTON = "carton"
    PLACE = "place"
    INPUT = "input"
    """A farm input by its name and batch number: `Ridomil Gold 68WG; A123`."""
    EVENT = "event"
    """What an event is about, such as a finding of a laboratory."""
    THING = "thing"
    """Anything else by its identifier: a GTIN with a lot number, a URI."""


@dataclass(frozen=True, slots=True)
class FoundStart:
    """What a trace begins with: its kind, its name in canonical form, and its things."""

    kind: StartKind
    name: str
    things: tuple[TraceStart, ...]
    is_cut: bool = False
    """Whether the place has more lots or events than a trace begins with."""


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What people ask to trace; a kind that is None is recognised."""

    item: str
    kind: StartKind | None = None
    since: int | None = None
    """Of a place, only what was there from then on (ms)."""
    until: int | None = None
    """The first time that is not included."""


def parse_request(
    item: str, kind: StartKind | None, since: str | None, until: str | None
) -> StartRequest:
    """What people ask, with days as they type them. Raises `InvalidInput` for a day."""
    first, last = parse_day("since", since), parse_day("until", until)
    if first is not None and last is not None and last < first:
        raise InvalidInput(field="until", why="is before the first day")
    return StartRequest(
        item,
        kind,
        None if first is None else to_date_start(first),
        None if last is None else to_date_start(last) + DAY_MS,
    )


async def find_start(source: LedgerSource, request: StartRequest) -> FoundStart:
    """The things that a request names. Raises `InvalidInput`, and as the look-up of stamps does."""
    text = request.item.strip()
    if not text or len(text) > LONGEST_TEXT or "\0" in text:
        raise InvalidInput(field="item", why="names what is traced, in at most 500 characters")
    kinds = list(_READERS) if request.kind is None else [request.kind]
    for kind in kinds:
        found = await _READERS[kind](source, text, request)
        if found is not None:
            return found
    why = "is no lot, stamp, carton, place, input or event that you can trace"
    raise InvalidInput(field="item", why=why, expected="trace")


async def _read_event(source: LedgerSource, text: str, request: StartRequest) -> FoundStart | None:
    digits = parse_event_id(text)
    if digits is None:
        return None
    try:
        [row, *_] = await find_event(source.context, digits)
    except UnknownRow:
        return None
    named = read_trace_event(row.id, row.at, row.body, (row.organisation,)).list_keys()
    names = await source.identify_things(named)
    things = tuple(TraceStart(names.get(key, key)) for key in named)
    return FoundStart(StartKind.EVENT, row.id, things)


async def _read_lot(source: LedgerSource, text: str, request: StartRequest) -> FoundStart | None:
    if not has_permission(source.context.actor, Permission.LOT_SEE):
        return None
    try:
        lot = await scope.find_lot(source.context, text)
    except UnknownLot:
        return None
    return FoundStart(StartKind.LOT, lot.code, (TraceStart(name_lot(lot.code)),))


async def _read_stamps(source: LedgerSource, text: str, request: StartRequest) -> FoundStart | None:
    if request.kind is None and not has_permission(source.context.actor, Permission.STAMP_SEE):
        return None
    if not is_serial_range_form(text):
        try:
            parse_code(read_stamp(text).code)
        except MalformedCode:
            return None
        if source.context.issuer is None:
            return None
    try:
        stamps = await find_stamps(source.context, text)
    except VeritemError:
        if request.kind is None and ("://" in text or "(" in text or text.isdigit()):
            return None
        raise
    key = name_stamps(stamps.batch.number, stamps.lo, stamps.hi)
    return FoundStart(StartKind.STAMPS, stamps.text, (TraceStart(key),))


async def _read_place(source: LedgerSource, text: str, request: StartRequest) -> FoundStart | None:
    read = read_code(text)
    location = parse_location(normalize_key(text)) or _read_location(text)
    if read is None and location is None:
        return None
    traced = source.context.ledger.traced_lots
    code = None if read is None else read[1]
    glns = [location] if location else []
    if code is not None:
        glns += await traced.find_location_numbers(code)
    names = [f"{ROOT}/414/{gln}" for gln in glns]
    lots: list[str] = []
    are_lots_cut = False
    if code is not None:
        names = list_place_identifiers(code, glns, [NAMES])
        lots, are_lots_cut = await _find_lots(source, code, request)
    wanted = replace(source.scope, since=request.since, until=request.until)
    found = await source.context.ledger.event_traces.find_events(names, PLACE_PARTS, wanted)
    things = [TraceStart(name_lot(lot)) for lot in lots]
    for one in {one.id: one for some in found.by_key.values() for one in some}.values():
        event = read_trace_event(one.id, one.at, one.body, one.organisations)
        is_made = event.kind is StepKind.TRANSFORMATION
        there = [one.key for one in (event.outputs if is_made else event.items)]
        if event.parent is not None:
            there.append(event.parent)
        identified = await source.identify_things(there)
        things += [TraceStart(identified.get(key, key), event.at) for key in there]
    return FoundStart(
        StartKind.PLACE,
        code or location or text,
        tuple(dict.fromkeys(things)),
        is_cut=are_lots_cut or bool(found.cut),
    )


async def _find_lots(
    source: LedgerSource, code: str, request: StartRequest
) -> tuple[list[str], bool]:
    wanted: LotFilter = replace(scope.lot_scope(source.context.actor), names_code=code)
    rows = await source.context.ledger.lots.find_page(wanted, limit=MOST_LOTS + 1)
    lots = []
    for row in rows[:MOST_LOTS]:
        at = row.at if row.packed_at is None else row.packed_at
        is_late = request.until is not None and (at or 0) >= request.until
        if not is_late and (request.since is None or (at or 0) >= request.since):
            lots.append(row.code)
    return lots, len(rows) > MOST_LOTS


async def _read_input(source: LedgerSource, text: str, request: StartRequest) -> FoundStart | None:
    if request.kind is not StartKind.INPUT:
        return None
    name, separator, batch = text.rpartition(";")
    if not separator:
        name, batch = text, ""
    key = normalize_key(name_input(name, batch.strip() or None))
    return FoundStart(StartKind.INPUT, text, (TraceStart(key),))


async def _read_carton(source: LedgerSource, text: str, request: StartRequest) -> FoundStart | None:
    elements = _read_elements(text)
    sscc = elements.get("00") or _read_digits(text)
    if sscc is not None:
        return FoundStart(StartKind.CARTON, sscc, (TraceStart(f"{ROOT}/00/{sscc}"),))
    if not has_permission(source.context.actor, Permission.CARTON_SEE):
        return None
    try:
        carton = await scope.find_carton(source.context, text)
    except (MalformedLabel, UnknownCarton, AmbiguousCarton):
        return None
    key = normalize_key(name_carton(carton.label, carton.organisation))
    return FoundStart(StartKind.CARTON, carton.label, (TraceStart(key),))


async def _read_thing(source: LedgerSource, text: str, request: StartRequest) -> FoundStart | None:
    key = normalize_key(text)
    if "://" not in text and not text.startswith("urn:"):
        elements = _read_elements(text)
        kept = {ai: elements[ai] for ai in ("01", "8006", "8010", "8003", "8004") if ai in elements}
        kept |= {ai: elements[ai] for ai in ("10", "21") if kept and ai in elements}
        if not kept:
            return None
        key = normalize_key(format_digital_link(kept, ROOT))
    if key.startswith(f"{ROOT}/00/"):
        return FoundStart(StartKind.CARTON, key.rpartition("/")[2], (TraceStart(key),))
    ours = (await source.identify_things([key])).get(key)
    if ours is None:
        return FoundStart(StartKind.THING, key, (TraceStart(key),))
    kind = StartKind.LOT if parse_lot(ours) is not None else StartKind.STAMPS
    name = parse_lot(ours) if parse_stamps(ours) is None else ours.removeprefix("stamps:")
    return FoundStart(kind, name or ours, (TraceStart(ours),))


def _read_elements(text: str) -> Mapping[str, str]:
    try:
        return parse_element_string(text)
    except MalformedGs1:
        return {}


def _read_location(text: str) -> str | None:
    return _read_elements(text).get("414")


def _read_digits(text: str) -> str | None:
    """The SSCC that 18 digits alone are."""
    digits = "".join(text.split())
    if len(digits) != _SSCC_DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        check_check_digit(digits)
    except MalformedGs1:
        return None
    return digits


_READERS: Final[
    Mapping[StartKind, Callable[[LedgerSource, str, StartRequest], Awaitable[FoundStart | None]]]
] = {
    StartKind.EVENT: _read_event,
    StartKind.LOT: _read_lot,
    StartKind.PLACE: _read_place,
    StartKind.CARTON: _read_carton,
    StartKind.STAMPS: _read_stamps,
    StartKind.THING: _read_thing,
    StartKind.INPUT: _read_input,
}
"""How a text is read as each kind, in the order in which kinds are tried."""
