"""Packing and unpacking as AggregationEvents: what they tell, and their ids."""

from dataclasses import replace

from stamps.stamp_ranges import StampRange
from traceability.epcis.aggregation import (
    PackedStamps,
    PackingAct,
    build_aggregation_event,
    name_carton,
)
from traceability.epcis.event_reader import KeyPart, ReadEvent, read_events
from traceability.epcis.transition_events import CONTEXT

AT = 1_790_000_000_000
LABEL = "389350000100000014"


def stamps(lo: int, hi: int, lot: str = "L1", gtin: str | None = "08935000000014") -> PackedStamps:
    return PackedStamps(StampRange(7, lo, hi), lot, gtin, "https://veritem.vn")


PACKING = PackingAct(
    action="pack",
    label=LABEL,
    organisation="htx",
    at=AT,
    stamps=[stamps(0, 300), stamps(300, 480, "L2")],
    location="VN-ĐLPH-0012",
)


def read(act: PackingAct) -> ReadEvent:
    document = {
        "@context": list(CONTEXT),
        "epcisBody": {"eventList": [build_aggregation_event(act)]},
    }
    [event] = read_events(document, AT)
    return event


def test_packing_adds_stamps_to_the_carton_by_class_and_quantity() -> None:
    event = build_aggregation_event(PACKING)
    assert (event["type"], event["action"], event["bizStep"]) == (
        "AggregationEvent",
        "ADD",
        "packing",
    )
    assert event["parentID"] == f"https://id.gs1.org/00/{LABEL}"
    assert event["childQuantityList"] == [
        {"epcClass": "https://id.gs1.org/01/08935000000014/10/L1", "quantity": 300},
        {"epcClass": "https://id.gs1.org/01/08935000000014/10/L2", "quantity": 180},
    ]
    assert event["veritem:stamps"] == ["7·0-479"]
    assert event["readPoint"] == {"id": "https://veritem.vn/place/VN-%C4%90LPH-0012"}
    assert (KeyPart.PARENT, f"https://id.gs1.org/00/{LABEL}") in read(PACKING).keys


def test_unpacking_deletes_and_is_another_event() -> None:
    unpacking = replace(PACKING, action="unpack")
    event = build_aggregation_event(unpacking)
    assert (event["action"], event["bizStep"]) == ("DELETE", "unpacking")
    assert read(unpacking).id != read(PACKING).id
    assert read(replace(PACKING)).id == read(PACKING).id


def test_cartons_on_a_pallet_are_named_one_by_one() -> None:
    act = PackingAct(action="pack", label="P-17", organisation="htx", at=AT, cartons=[LABEL, "T-1"])
    event = read(act)
    assert event.body["childEPCs"] == [name_carton(LABEL, "htx"), name_carton("T-1", "htx")]
    assert (KeyPart.PARENT, "https://veritem.vn/epcis/carton/htx/P-17") in event.keys
    assert name_carton("T-1", "htx") != name_carton("T-1", "other")
