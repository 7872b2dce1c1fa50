"""Entries of the diary as EPCIS 2.0 events, and back.

Every value of an entry is a field `veritem:…` of its event, and what the standard has a field for
is there as well. Goods are a class by their lot code. What grows at a place is a class of its own:
inputs are transformed into it, and it is transformed into harvested lots, so a walk over events
leads from a package of pesticide to the lots that were treated with it.

>>> entry = read_entry("sale", {"at": "2026-11-21", "lot": "L1", "quantity": 5, "unit": "TNE",
...     "buyer": "Vựa Minh Phát"})
>>> event = build_entry_event(entry, "htx-ea-knuec")
>>> event["bizStep"], event["quantityList"][0]["epcClass"], extract_entry(event) == entry
('shipping', 'https://veritem.vn/lot/L1', True)
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from stamps.timestamps import format_rfc3339
from traceability.diary.entries import Entry, read_entry
from traceability.diary.entry_kinds import ItemRole, find_entry_kind, load_entry_kinds
from traceability.epcis.event_reader import ReadEvent, read_events
from traceability.epcis.transition_events import VOCABULARY, name_location

NAMES: Final = "https://veritem.vn"
"""The address under which entries name things. It never changes: ids of events follow from it."""
PREFIXES: Final[Mapping[str, str]] = {"veritem": VOCABULARY}
_CONTEXT: Final = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", dict(PREFIXES)]
_OWN: Final = "veritem:"
_KIND: Final = "veritem:entry"
_AUTHOR: Final = "veritem:author"
_OFFSET: Final = "+07:00"
_COUNTED: Final = (ItemRole.LOT, ItemRole.MADE, ItemRole.TESTED)
"""What the quantity of an entry may be of."""
_NOT_VALUES: Final = frozenset({_KIND, _AUTHOR})


def build_entry_event(entry: Entry, author: str) -> dict[str, Any]:
    """The event of an entry that an organisation wrote, without its id."""
    shape = find_entry_kind(entry.kind).event
    event: dict[str, Any] = {
        "type": shape.type,
        "eventTime": format_rfc3339(entry.at),
        "eventTimeZoneOffset": _OFFSET,
        "bizStep": shape.step,
        _KIND: entry.kind,
        _AUTHOR: author,
    }
    event |= {_OWN + name: value for name, value in entry.values.items()}
    if shape.action is not None:
        event["action"] = shape.action
    if shape.disposition is not None:
        event["disposition"] = shape.disposition
    roles = {
        "quantityList": shape.items,
        "inputQuantityList": shape.inputs,
        "outputQuantityList": shape.outputs,
    }
    for name, role in roles.items():
        if role is not None:
            event[name] = [_describe_item(entry, role)]
    if entry.place is not None:
        event["readPoint"] = event["bizLocation"] = {"id": name_location(entry.place, NAMES)}
    for name, key, field in (
        ("sourceList", "source", shape.source),
        ("destinationList", "destination", shape.destination),
    ):
        if field is not None and field in entry.values:
            event[name] = [{"type": shape.party_type, key: name_party(str(entry.values[field]))}]
    if shape.certificate is not None:
        number = quote(str(entry.values[shape.certificate]), safe="")
        event["certificationInfo"] = f"{NAMES}/certificate/{number}"
    if "temperature" in entry.values:
        report = {
            "type": "Temperature",
            "value": entry.values["temperature"],
            "uom": "CEL",
            "time": event["eventTime"],
        }
        event["sensorElementList"] = [{"sensorReport": [report]}]
    return event


def read_entry_event(entry: Entry, author: str) -> ReadEvent:
    """The event of an entry with its id, as it is recorded."""
    events = [build_entry_event(entry, author)]
    document = {"@context": _CONTEXT, "epcisBody": {"eventList": events}}
    [read] = read_events(document, entry.at)
    return read


def extract_entry(event: Mapping[str, Any]) -> Entry | None:
    """The entry that an event tells; None of an event that tells none. Raises `MalformedEntry`."""
    kind = event.get(_KIND)
    if kind not in load_entry_kinds():
        return None
    values = {
        name.removeprefix(_OWN): value
        for name, value in event.items()
        if name.startswith(_OWN) and name not in _NOT_VALUES
    }
    return read_entry(str(kind), values)


def name_lot(code: str) -> str:
    """The class of the goods of a lot.

    >>> name_lot("DL-2026/1")
    'https://veritem.vn/lot/DL-2026%2F1'
    """
    return f"{NAMES}/lot/{quote(code, safe='')}"


def name_standing(place: str) -> str:
    """The class of what grows at a place."""
    return f"{NAMES}/place/{quote(place, safe='')}/standing"


def name_input(name: str, batch: str | None) -> str:
    """The class of an input by its name, or by its name and the batch number of its maker."""
    named = f"{NAMES}/input/{quote(' '.join(name.split()).casefold(), safe='')}"
    return named if batch is None else f"{named}/batch/{quote(batch.strip(), safe='')}"


def name_party(name: str) -> str:
    """A party as it is named in an entry: what its author calls it, and no proof of who it is."""
    return f"{NAMES}/party/{quote(' '.join(name.split()), safe='')}"


def _describe_item(entry: Entry, role: ItemRole) -> dict[str, Any]:
    item: dict[str, Any] = {"epcClass": _name_class(entry, role)}
    is_counted = role is ItemRole.MADE or "output_lot" not in entry.values
    if role in _COUNTED and is_counted and "quantity" in entry.values:
        item |= {"quantity": entry.values["quantity"], "uom": entry.values["unit"]}
    return item


def _name_class(entry: Entry, role: ItemRole) -> str:
    values = entry.values
    if role is ItemRole.INPUT:
        batch = values.get("input_batch")
        return name_input(str(values["input_name"]), None if batch is None else str(batch))
    if role is ItemRole.MADE:
        return name_lot(str(values["output_lot"]))
    if role is ItemRole.LOT or (role is ItemRole.TESTED and entry.lot is not None):
        return name_lot(str(entry.lot))
    return name_standing(str(entry.place))
