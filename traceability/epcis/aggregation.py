"""Packing and unpacking of cartons and pallets as EPCIS 2.0 AggregationEvents.

One act is one event: what is put into a carton or taken out of it. Stamps are named by class and
quantity and by serial range, as in `lifecycle`: a carton of 480 stamps is one act, and codes are
not handed out. Cartons on a pallet are named one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote

from stamps.stamp_ranges import StampRange, join_ranges
from stamps.timestamps import format_rfc3339
from traceability.epcis.identifiers import ROOT
from traceability.epcis.transition_events import (
    VIETNAM_OFFSET,
    VOCABULARY,
    name_class,
    name_location,
)

PackingAction = Literal["pack", "unpack"]

_MEANINGS: Final = {"pack": ("ADD", "packing"), "unpack": ("DELETE", "unpacking")}
"""Action and step in CBV 2.0."""
_DISPOSITION: Final = "in_progress"


@dataclass(frozen=True, slots=True)
class PackedStamps:
    """Stamps of one batch and lot that an act packs or unpacks."""

    range: StampRange
    lot: str
    gtin: str | None
    """14 digits."""
    address: str
    """That of the batch's stamps: `https://veritem.vn`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackingAct:
    """What one act packs into a carton or pallet, or unpacks from it; `at` in ms, UTC."""

    action: PackingAction
    label: str
    organisation: str
    at: int
    stamps: Sequence[PackedStamps] = ()
    cartons: Sequence[str] = ()
    """Labels of cartons on a pallet."""
    location: str | None = None
    """GLN or official code of the packing house; None where the lots name several."""


def name_carton(label: str, organisation: str) -> str:
    """The URI of a carton: that of its SSCC, or of its number in our namespace.

    >>> name_carton("389350000100000014", "htx")
    'https://id.gs1.org/00/389350000100000014'
    >>> name_carton("T-17", "htx")
    'https://veritem.vn/epcis/carton/htx/T-17'
    """
    if label.isdigit():
        return f"{ROOT}/00/{label}"
    return f"{VOCABULARY}carton/{quote(organisation, safe='')}/{label}"


def build_aggregation_event(act: PackingAct) -> dict[str, Any]:
    """The event of an act, without its id, which is the hash of its content."""
    action, step = _MEANINGS[act.action]
    event: dict[str, Any] = {
        "type": "AggregationEvent",
        "eventTime": format_rfc3339(act.at),
        "eventTimeZoneOffset": VIETNAM_OFFSET,
        "action": action,
        "bizStep": step,
        "disposition": _DISPOSITION,
        "parentID": name_carton(act.label, act.organisation),
    }
    if act.cartons:
        event["childEPCs"] = [name_carton(one, act.organisation) for one in act.cartons]
    if act.stamps:
        event["childQuantityList"] = _count_classes(act.stamps)
        ranges = join_ranges(one.range for one in act.stamps)
        event["veritem:stamps"] = [one.text for one in ranges]
    if act.location is not None and act.stamps:
        event["readPoint"] = {"id": name_location(act.location, act.stamps[0].address)}
    return event


def _count_classes(stamps: Sequence[PackedStamps]) -> list[dict[str, Any]]:
    counted: dict[str, int] = {}
    for one in stamps:
        name = name_class(one.range.batch, one.lot, one.gtin, one.address)
        counted[name] = counted.get(name, 0) + one.range.size
    return [{"epcClass": name, "quantity": count} for name, count in sorted(counted.items())]
