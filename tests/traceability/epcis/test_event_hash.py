"""Event hashes equal those of the reference implementation, and follow from the content alone."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.epcis.event_hash import compute_event_hash, format_pre_hash, hash_document

VECTORS = Path(__file__).parents[2] / "vectors/epcis"
HASHES = json.loads((VECTORS / "hashes.json").read_text())

EVENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-09-12T09:15:00+07:00",
    "eventTimeZoneOffset": "+07:00",
    "action": "ADD",
    "bizStep": "commissioning",
    "disposition": "active",
    "readPoint": {"id": "urn:epc:id:sgln:8935000.00001.0"},
    "quantityList": [
        {"epcClass": "https://id.gs1.org/01/08935000000014/10/DL-2026-0912", "quantity": 4998},
        {"epcClass": "https://id.gs1.org/01/08935000000021/10/DL-2026-0913", "quantity": 2},
    ],
    "bizTransactionList": [
        {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:8935000000014:17"},
        {"type": "inv", "bizTransaction": "urn:epcglobal:cbv:bt:8935000000014:9"},
    ],
}


@pytest.mark.parametrize("name", sorted(HASHES))
def test_hashes_equal_those_of_the_reference_implementation(name: str) -> None:
    document = json.loads((VECTORS / f"{name}.jsonld").read_text())
    assert hash_document(document) == HASHES[name]


def shuffle(value: Any, order: random.Random) -> Any:
    """The same content with names and elements of lists in another order."""
    if isinstance(value, dict):
        names = list(value)
        order.shuffle(names)
        return {name: shuffle(value[name], order) for name in names}
    if isinstance(value, list):
        return order.sample([shuffle(one, order) for one in value], len(value))
    return value


@given(st.randoms(use_true_random=False))
def test_the_order_of_names_and_elements_does_not_change_the_hash(order: random.Random) -> None:
    assert compute_event_hash(shuffle(EVENT, order)) == compute_event_hash(EVENT)


@pytest.mark.parametrize(
    "same",
    [
        {"eventTime": "2026-09-12T02:15:00.0004Z"},
        {"bizStep": "https://ref.gs1.org/cbv/BizStep-commissioning"},
        {"bizStep": "urn:epcglobal:cbv:bizstep:commissioning"},
        {"disposition": "cbv:Disp-active"},
        {"readPoint": {"id": "https://id.example.vn/gln/8935000000014?17=270101"}},
        {"recordTime": "2026-09-12T02:16:00Z", "eventID": "urn:uuid:1", "rdfs:comment": "packed"},
        {"epcList": []},
    ],
)
def test_another_form_of_the_same_event_has_the_same_hash(same: dict[str, Any]) -> None:
    assert compute_event_hash(EVENT | same) == compute_event_hash(EVENT)


@pytest.mark.parametrize(
    "other",
    [
        {"eventTime": "2026-09-12T02:15:00.001Z"},
        {"eventTimeZoneOffset": "+00:00"},
        {"action": "DELETE"},
        {"quantityList": EVENT["quantityList"][:1]},
        {"example:note": "second shift"},
        {"ilmd": {"cbvmda:lotNumber": "DL-2026-0912"}},
    ],
)
def test_another_event_has_another_hash(other: dict[str, Any]) -> None:
    assert compute_event_hash(EVENT | other) != compute_event_hash(EVENT)


def test_a_value_before_a_full_second_is_rounded_into_it() -> None:
    event = EVENT | {"eventTime": "2026-12-31T23:59:59.9996Z"}
    assert "eventTime=2027-01-01T00:00:00.000Z" in format_pre_hash(event)


def test_true_is_written_as_in_xml() -> None:
    report = [{"type": "Temperature", "booleanValue": True}]
    event = EVENT | {"sensorElementList": [{"sensorReport": report}]}
    assert "booleanValue=true" in format_pre_hash(event)


@pytest.mark.parametrize("time", ["2026-09-12", "2026-09-12T09:15:00", "noon"])
def test_a_time_without_a_zone_is_refused(time: str) -> None:
    with pytest.raises(ValueError, match=time[:4]):
        compute_event_hash(EVENT | {"eventTime": time})
