"""Events that others send: what is kept of them, what they name, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.traceability.epcis.test_event_hash import EVENT, HASHES, VECTORS
from traceability.epcis.event_reader import (
    MAX_EVENTS,
    MAX_KEYS,
    KeyPart,
    MalformedEvent,
    ReadEvent,
    format_event_id,
    normalize_key,
    read_events,
)

LATEST = 1_800_000_000_000
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"farm": "https://f/"}]
STATES_ANOTHER_ID = {
    "epcisDocHavingEventWithComment",
    "epcisDocHavingEventWithIgnoreFields",
    "epcisQueryDocument",
}


def document(*events: Any, context: Any = CONTEXT) -> dict[str, Any]:
    return {"@context": context, "type": "EPCISDocument", "epcisBody": {"eventList": list(events)}}


def read(**changes: Any) -> ReadEvent:
    """The standard event with some fields changed; None removes one."""
    event = {name: value for name, value in {**EVENT, **changes}.items() if value is not None}
    [found] = read_events(document(event), LATEST)
    return found


@pytest.mark.parametrize("name", sorted(set(HASHES) - STATES_ANOTHER_ID))
def test_the_examples_of_the_reference_are_read_under_their_hashes(name: str) -> None:
    example = json.loads(Path(VECTORS / f"{name}.jsonld").read_text())
    found = [format_event_id(one.id) for one in read_events(example, 4_000_000_000_000)]
    assert found == HASHES[name]


def test_what_an_event_names_is_kept_in_the_canonical_form() -> None:
    found = read(readPoint={"id": "urn:epc:id:sgln:8935000.00001.0"}, bizLocation={"id": "a:b"})
    assert (KeyPart.READ_POINT, normalize_key("urn:epc:id:sgln:8935000.00001.0")) in found.keys
    assert (KeyPart.LOCATION, "a:b") in found.keys
    lot = "https://example.vn/01/08935000000014/10/DL-2026-0912?15=270101"
    assert (KeyPart.ITEM, normalize_key(lot)) in found.keys


def test_a_transformation_tells_what_went_in_and_what_came_out() -> None:
    changes = {"action": None, "quantityList": None, "disposition": None}
    found = read(
        type="TransformationEvent",
        inputQuantityList=[{"epcClass": "x:orchard"}],
        outputQuantityList=[{"epcClass": "x:lot"}],
        **changes,
    )
    assert {one for one in found.keys if one[0] != KeyPart.READ_POINT} == {
        (KeyPart.INPUT, "x:orchard"),
        (KeyPart.OUTPUT, "x:lot"),
    }


def test_a_declared_error_is_of_the_same_event_and_no_part_of_it() -> None:
    declared = {"declarationTime": "2026-09-13T00:00:00Z", "reason": "did_not_occur"}
    wrong, right = read(errorDeclaration=declared), read()
    assert (wrong.id, wrong.body) == (right.id, right.body)
    assert wrong.error == declared
    assert right.error is None


def test_a_stated_id_that_is_the_hash_is_taken_and_one_of_another_kind_too() -> None:
    assert read(eventID=format_event_id(read().id)).id == read().id
    assert read(eventID="urn:uuid:0b1c2d3e-0000-4000-8000-000000000000").id == read().id


def test_prefixes_of_users_are_kept_with_the_event() -> None:
    assert read(**{"farm:row": 7}).prefixes == {"farm": "https://f/"}
    assert read().prefixes == {}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown type": ({"type": "Event"}, "type"),
    "a misspelt field": ({"bizstep": "shipping"}, "bizstep is no field"),
    "a prefix that nobody defined": ({"shop:x": 1}, "does not define the prefix shop"),
    "a field of another type": ({"parentID": "a:b"}, "parentID is no field of ObjectEvent"),
    "nothing that it is about": ({"quantityList": None}, "needs epcList or quantityList"),
    "no action": ({"action": None}, "needs action"),
    "an identifier that is no URI": ({"epcList": ["tem 1"]}, "is not a URI"),
    "a quantity below nothing": ({"quantityList": [{"epcClass": "a:b", "quantity": -1}]}, "0"),
    "a time without a zone": ({"eventTime": "2026-09-12T09:15:00"}, "names no time zone"),
    "no time": ({"eventTime": "noon"}, "is no time"),
    "a time that has not come": ({"eventTime": "2031-01-01T00:00:00Z"}, "has not come yet"),
    "a time before all computers": ({"eventTime": "0001-01-01T00:00:00+14:00"}, "eventTime"),
    "a zone that is none": ({"eventTimeZoneOffset": "ICT"}, "eventTimeZoneOffset"),
    "the id of other content": ({"eventID": format_event_id("0" * 64)}, "is not the hash"),
    "a number that JSON cannot write": ({"farm:x": float("inf")}, "too large"),
    "too many identifiers": ({"epcList": [f"a:{n}" for n in range(1001)]}, "epcList"),
    "deep nesting": ({"ilmd": json.loads('{"farm:x":' * 20 + "1" + "}" * 20)}, "nested"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_event_is_refused_with_its_field(name: str) -> None:
    changes, said = REFUSED[name]
    with pytest.raises(MalformedEvent, match=said) as refused:
        read(**changes)
    assert refused.value.number == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"epcisBody": []},
        document(),
        document(*[EVENT] * (MAX_EVENTS + 1)),
        document(EVENT, context=7),
        document(EVENT, context={"cbv": "https://another/"}),
    ],
)
def test_what_is_no_document_is_refused(wrong: Any) -> None:
    with pytest.raises(MalformedEvent) as refused:
        read_events(wrong, LATEST)
    assert refused.value.number == 0


def test_a_document_names_a_bounded_number_of_things() -> None:
    full = {**EVENT, "epcList": [f"a:{n}" for n in range(1000)]}
    with pytest.raises(MalformedEvent, match=f"more than {MAX_KEYS}") as refused:
        read_events(document(*[full] * 20), LATEST)
    assert refused.value.number == 10
