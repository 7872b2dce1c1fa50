"""Transitions of stamps as EPCIS 2.0 events.

One transition is one ObjectEvent. It names its stamps by class and quantity, because a roll of
5,000 stamps is one act, and because codes are not handed out: the class is the lot of a product
(GTIN and lot number), the product, or the batch where neither is known. The serial range stands
beside it as a field of ours. Steps and dispositions are those of CBV 2.0.

`VOCABULARY` is the namespace of our fields. Claims are acts of consumers and no events.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from stamps.lifecycle import Transition
from stamps.serial_range import format_serial_range
from stamps.timestamps import format_rfc3339
from traceability.epcis.event_hash import compute_event_hash
from traceability.epcis.identifiers import ROOT
from traceability.gs1_values import MalformedGs1, check_lot_number

VOCABULARY: Final = "https://veritem.vn/epcis/"
CONTEXT: Final[Sequence[Any]] = (
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"veritem": VOCABULARY},
)
_PREFIXES: Final = {"veritem": VOCABULARY}
VIETNAM_OFFSET: Final = "+07:00"


@dataclass(frozen=True, slots=True)
class Meaning:
    """Meaning of a transition in CBV 2.0."""

    action: str
    step: str
    disposition: str
    persistent: Mapping[str, Sequence[str]] | None = None
    """Dispositions that hold until another event takes them away."""


MEANINGS: Final[Mapping[Transition, Meaning]] = {
    Transition.PRINT: Meaning("ADD", "encoding", "encoded"),
    Transition.ACTIVATE: Meaning("ADD", "commissioning", "active"),
    Transition.DEACTIVATE: Meaning("OBSERVE", "other", "encoded"),
    Transition.REBIND: Meaning("OBSERVE", "other", "active"),
    Transition.VOID: Meaning("DELETE", "decommissioning", "inactive"),
    Transition.SUSPEND: Meaning("OBSERVE", "holding", "non_sellable_other"),
    Transition.RELEASE: Meaning("OBSERVE", "inspecting", "active"),
    Transition.RECALL: Meaning("OBSERVE", "holding", "recalled", {"set": ["recalled"]}),
}
"""Step and disposition of each transition."""

DISPOSITIONS: Final = {"stolen": "stolen", "lost": "unknown"}
"""Dispositions of stamps that are void for a reason of their own."""


@dataclass(frozen=True, slots=True)
class StampAct:
    """A transition of the stamps `[lo, hi)` of a batch, with what an event tells beside it.

    `at` is when it was recorded, `acted_at` when it was done (ms, UTC).
    """

    batch: int
    lo: int
    hi: int
    transition: Transition
    at: int
    acted_at: int | None = None
    reason: str | None = None
    lot: str | None = None
    gtin: str | None = None
    """14 digits."""
    location: str | None = None
    """GLN or official code of the place where it was done."""


def build_event(act: StampAct, address: str) -> dict[str, Any]:
    """The event of an act, with its hash as id.

    `address` is that of the batch's stamps: `https://veritem.vn`.

    Raises KeyError for a claim.
    """
    meaning = MEANINGS[act.transition]
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventTime": format_rfc3339(act.at if act.acted_at is None else act.acted_at),
        "eventTimeZoneOffset": VIETNAM_OFFSET,
        "action": meaning.action,
        "bizStep": meaning.step,
        "disposition": DISPOSITIONS.get(act.reason or "", meaning.disposition),
        "quantityList": [
            {
                "epcClass": name_class(act.batch, act.lot, act.gtin, address),
                "quantity": act.hi - act.lo,
            }
        ],
        "veritem:stamps": format_serial_range(act.batch, act.lo, act.hi),
    }
    if meaning.persistent is not None:
        event["persistentDisposition"] = dict(meaning.persistent)
    if act.location is not None:
        event["readPoint"] = {"id": name_location(act.location, address)}
    if act.reason is not None:
        event["veritem:reason"] = act.reason
    return {
        "eventID": compute_event_hash(event, _PREFIXES),
        "recordTime": format_rfc3339(act.at),
        **event,
    }


def build_document(events: Iterable[Mapping[str, Any]], created_at: int) -> dict[str, Any]:
    """An EPCIS document of events, created at a time (ms)."""
    return {
        "@context": list(CONTEXT),
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": format_rfc3339(created_at),
        "epcisBody": {"eventList": list(events)},
    }


def name_class(batch: int, lot: str | None, gtin: str | None, address: str) -> str:
    """The class of stamps: GTIN and lot number, GTIN, lot, or batch.

    A lot code that GS1 does not allow as lot number is named under our own address.
    """
    if lot is None:
        return f"{address}/batch/{batch}" if gtin is None else f"{ROOT}/01/{gtin}"
    if gtin is not None and _is_lot_number(lot):
        return f"{ROOT}/01/{gtin}/10/{quote(lot, safe='')}"
    return f"{address}/lot/{quote(lot, safe='')}"


def name_location(code: str, address: str) -> str:
    """A place as a URI: by its GLN, or by its official code under our own address."""
    if code.isdigit():
        return f"{ROOT}/414/{code}"
    return f"{address}/place/{quote(code, safe='')}"


def _is_lot_number(text: str) -> bool:
    try:
        check_lot_number(text)
    except MalformedGs1:
        return False
    return True
