"""Entries of the diary: their tables, their values, their events."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.diary.entries import MalformedEntry, make_lot_code, read_entry
from traceability.diary.entry_events import PREFIXES, build_entry_event, extract_entry
from traceability.diary.entry_kinds import EntryField, FieldType, find_entry_kind, load_entry_kinds
from traceability.epcis.event_reader import KeyPart, ReadEvent, read_events
from web.i18n import LANGUAGES

CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", dict(PREFIXES)]
SPRAY: dict[str, Any] = {
    "at": "2026-11-01",
    "place": "VN-ĐLOR-0123",
    "input_kind": "pesticide",
    "input_name": "Ridomil Gold 68WG",
    "substance": "Metalaxyl-M + Mancozeb",
    "waiting_days": 7,
}


def read_event(event: Mapping[str, Any]) -> ReadEvent:
    """The event as the record reads it."""
    [read] = read_events({"@context": CONTEXT, "epcisBody": {"eventList": [event]}}, 1 << 60)
    return read


def make_value(field: EntryField) -> st.SearchStrategy[Any]:
    """Values that a field takes."""
    match field.type:
        case FieldType.DAY:
            if field.not_before:
                return st.just("2027-01-01")
            return st.dates(date(2025, 1, 1), date(2026, 12, 31)).map(str)
        case FieldType.MOMENT:
            return st.dates(date(2025, 1, 1), date(2026, 12, 31)).map(lambda day: f"{day}T08:30")
        case FieldType.NUMBER:
            least, most = field.least or 0, field.most or 1e6
            return st.floats(max(least, -60), min(most, 1e6))
        case FieldType.COUNT:
            return st.integers(int(field.least or 0), int(field.most or 1000))
        case FieldType.CHOICE:
            return st.sampled_from(sorted(field.choices))
        case FieldType.PLACE | FieldType.SITE:
            return st.sampled_from(["VN-ĐLOR-0123", "VN-CMAQ-0021", "VN-BTPH-036"])
        case FieldType.LOT:
            return st.text("ABCDEF0123456789-./", min_size=1, max_size=20)
        case _:
            return st.text("aăâđ ơ[b]{%0./", min_size=1, max_size=30).filter(str.strip)


def complete(draw: Any, kind: str) -> dict[str, Any]:
    """Values of all fields of a kind."""
    return {one.name: draw(make_value(one)) for one in find_entry_kind(kind).fields}


@pytest.mark.parametrize("kind", load_entry_kinds())
@settings(max_examples=8)
@given(data=st.data())
def test_an_entry_becomes_an_event_of_the_standard_that_tells_the_entry(
    kind: str, data: st.DataObject
) -> None:
    entry = read_entry(kind, complete(data.draw, kind))
    event = build_entry_event(entry, "htx")
    read = read_event(event)
    assert extract_entry(read.body) == entry
    assert read.at == entry.at
    assert read.id == read_event(build_entry_event(read_entry(kind, entry.values), "htx")).id
    assert read.id != read_event(build_entry_event(entry, "another")).id


@pytest.mark.parametrize("kind", load_entry_kinds().values(), ids=lambda kind: kind.kind)
def test_every_table_has_its_texts_in_three_languages(kind: Any) -> None:
    for field in kind.fields:
        texts = [field.label, field.hint or field.label, *field.choices.values(), kind.name]
        assert all(words[language].strip() for words in texts for language in LANGUAGES)
        if field.needed_with:
            assert kind.has_field(field.needed_with[0])
            assert field.needed_with[1] <= set(kind.field(field.needed_with[0]).choices)
    assert all(kind.has_field(name) for name in kind.needs_one_of)
    assert kind.field("at").is_mandatory
    for role in (kind.event.items, kind.event.inputs, kind.event.outputs):
        if role == "lot":
            assert kind.makes_lot or kind.field("lot").is_mandatory
        if role == "standing":
            assert kind.field("place").is_mandatory


def test_a_pesticide_is_told_with_its_substance_and_waiting_period() -> None:
    without = {name: SPRAY[name] for name in SPRAY if name not in ("substance", "waiting_days")}
    with pytest.raises(MalformedEntry) as refusal:
        read_entry("input", without)
    assert set(refusal.value.evidence["flaws"]) == {"substance", "waiting_days"}
    assert read_entry("input", {**without, "input_kind": "fertiliser"}).waiting_days is None
    assert read_entry("input", SPRAY).waiting_days == 7


def test_every_wrong_field_is_named_at_once() -> None:
    wrong = {
        **SPRAY,
        "at": "2026-02-30",
        "place": "x",
        "waiting_days": -1,
        "dose": "3",
        "colour": 1,
    }
    with pytest.raises(MalformedEntry) as refusal:
        read_entry("input", wrong)
    assert set(refusal.value.evidence["flaws"]) == {"at", "place", "waiting_days", "dose", "colour"}


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("sold", {}, "kind"),
        ("test", {"at": "2026-11-01"}, "lot"),
        ("harvest", {"at": "2026-11-01T08:00"}, "at"),
        ("harvest", {"at": "1899-01-01"}, "at"),
        ("sale", {"lot": "Lô số 1"}, "lot"),
        ("sale", {"quantity": float("nan")}, "quantity"),
        ("sale", {"quantity": 1e12}, "quantity"),
        ("sale", {"buyer": "\u202egnud"}, "buyer"),
        ("certificate", {"at": "2026-11-01", "valid_until": "2026-10-01"}, "valid_until"),
    ],
)
def test_what_cannot_be_is_refused(kind: str, values: dict[str, Any], field: str) -> None:
    full: dict[str, dict[str, Any]] = {
        "test": {
            "report": "1", "substance": "Cd", "value": 0, "limit": 0.05, "value_unit": "mg_kg",
            "method": "AOAC", "accreditation": "VILAS 1",
        },
        "harvest": {"place": "VN-ĐLOR-0123", "product": "ri6", "quantity": 1, "unit": "KGM"},
        "sale": {"at": "2026-11-01", "lot": "L1", "quantity": 1, "unit": "KGM", "buyer": "A"},
        "certificate": {
            "place": "VN-ĐLOR-0123", "scheme": "VietGAP", "number": "1", "certifier": "QUACERT",
        },
    }  # fmt: skip
    with pytest.raises(MalformedEntry) as refusal:
        read_entry(kind, {**full.get(kind, {}), **values})
    assert refusal.value.evidence["field"] == field


def test_a_harvest_without_a_code_gets_one_that_gs1_takes() -> None:
    values = {"at": "2026-11-20", "place": "VN-ĐLOR-0123", "product": "ri6", "quantity": 820}
    entry = read_entry("harvest", {**values, "unit": "KGM"})
    assert entry.lot == "VNDLOR0123-261120"
    assert read_entry("harvest", {**values, "unit": "KGM", "lot": "H7"}).lot == "H7"
    assert len(make_lot_code("CVNM08102201150012", entry.day)) == 20


def test_events_lead_from_the_package_of_a_pesticide_to_the_harvested_lot() -> None:
    spray = read_event(build_entry_event(read_entry("input", {**SPRAY, "input_batch": "B7"}), "h"))
    harvest = {"at": "2026-11-20", "place": "VN-ĐLOR-0123", "product": "ri6", "quantity": 1}
    cut = read_event(build_entry_event(read_entry("harvest", {**harvest, "unit": "TNE"}), "h"))
    sale = {"at": "2026-11-21", "lot": "VNDLOR0123-261120", "quantity": 1, "unit": "TNE"}
    sold = read_event(build_entry_event(read_entry("sale", {**sale, "buyer": "A"}), "h"))

    def find(event: ReadEvent, part: KeyPart) -> set[str]:
        return {key for found, key in event.keys if found is part}

    assert find(spray, KeyPart.INPUT) == {"https://veritem.vn/input/ridomil%20gold%2068wg/batch/B7"}
    assert find(spray, KeyPart.OUTPUT) == find(cut, KeyPart.INPUT) != set()
    assert find(cut, KeyPart.OUTPUT) == find(sold, KeyPart.ITEM) != set()


def test_a_checkpoint_has_its_temperature_as_a_sensor_report_and_no_position() -> None:
    stop = {"at": "2026-11-21T03:10", "lot": "L1", "vehicle": "49C-123.45", "where": "Madagui"}
    read = read_event(
        build_entry_event(read_entry("checkpoint", {**stop, "temperature": 12.5}), "c")
    )
    assert read.step == "transporting"
    [report] = read.body["sensorElementList"][0]["sensorReport"]
    assert (report["type"], report["value"], report["uom"]) == ("Temperature", 12.5, "CEL")
    assert not {"lat", "lon", "position"} & {
        name
        for kind in load_entry_kinds().values()
        for name in (field.name for field in kind.fields)
    }
