"""Published records in the formats of portals: the ten items, and EPCIS 2.0."""

import json
from typing import Any

from tests.services.office import lot_document
from traceability.epcis.event_reader import read_events
from traceability.lot import Lot
from traceability.lot_record import make_record
from traceability.portals.mapping import PortalRecord, map_record

TOLD = PortalRecord(
    make_record(Lot.from_document(lot_document("DL-1")), 2, "krong-pac"),
    "a" * 64,
    1_790_000_000_000,
)


def mapped(name: str, record: PortalRecord = TOLD) -> Any:
    return json.loads(map_record(name, record))


def test_the_ten_items_of_the_circular_are_told_with_what_they_were_published_as() -> None:
    found = mapped("ten_items")
    assert (found["ten_san_pham"], found["ma_truy_vet"]) == ("Sầu riêng Ri6", "DL-1")
    assert found["don_vi_san_xuat"] == "Hộ ông Y Bih Niê"
    assert [one["cong_doan"] for one in found["cong_doan"]] == ["grown", "harvested", "packed"]
    assert set(found["cong_doan"][0]) == {"cong_doan", "ma_san_pham", "ma_dia_diem", "thoi_gian"}
    assert (found["sha256"], found["version"]) == ("a" * 64, 2)
    assert found["han_su_dung"] == "2026-10-02T02:15:00Z"


def test_what_a_record_does_not_tell_is_left_out() -> None:
    bare = {"lot": "L1", "version": 1, "document": {"code": "L1", "product": {"name": {}}}}
    found = mapped("ten_items", PortalRecord(bare, "b", 0))
    assert set(found) == {
        "format", "id", "version", "ma_truy_vet", "cong_doan", "sha256", "cong_bo_luc",
    }  # fmt: skip
    assert mapped("epcis", PortalRecord(bare, "b", 0))["epcisBody"] == {"eventList": []}


def test_a_portal_of_epcis_is_sent_a_document_that_is_read() -> None:
    document = mapped("epcis")
    events = read_events(document, 2_000_000_000_000)
    assert [one.step for one in events] == ["commissioning", "collecting", "packing"]
    assert document["type"] == "EPCISDocument"
    assert all(("item", "https://veritem.vn/lot/DL-1") in one.keys for one in events)


def test_one_publication_is_always_the_same_text() -> None:
    assert map_record("epcis", TOLD) == map_record("epcis", TOLD)
