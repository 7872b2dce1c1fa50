"""Examples of the standard are read as they are; what breaks its rules is refused in its words."""

from typing import Any

import pytest

from tests.traceability.epcis.standard_examples import (
    DRAFT_ID,
    EXAMPLES,
    RECEIVING,
    SENSOR,
    SHIPPING,
    make_document,
)
from traceability.epcis.event_reader import (
    EventReader,
    KeyPart,
    MalformedEvent,
    ReadEvent,
    find_events,
    read_events,
)

LATEST = 2_000_000_000_000


def read(event: dict[str, Any], *, takes_any_id: bool = True) -> ReadEvent:
    reader = EventReader.open(make_document(), LATEST, takes_any_id=takes_any_id)
    return reader.read(3, event)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_the_standard_is_read_as_it_is(name: str) -> None:
    found = read(EXAMPLES[name])
    kept = {"eventID", "errorDeclaration"}
    assert found.body == {key: one for key, one in EXAMPLES[name].items() if key not in kept}


def test_an_id_by_a_draft_of_the_standard_is_a_name_of_the_event() -> None:
    found = read(SHIPPING)
    assert found.stated_id == DRAFT_ID
    assert (KeyPart.STATED_ID, DRAFT_ID) in found.keys
    assert found.id == read({**SHIPPING, "eventID": None}).id


def test_whoever_asks_for_it_has_such_an_id_refused() -> None:
    with pytest.raises(MalformedEvent, match="is not the hash"):
        read(SHIPPING, takes_any_id=False)


def test_the_answer_to_a_query_is_captured_like_a_document() -> None:
    answer = make_document()
    answer["epcisBody"] = {"queryResults": {"resultsBody": {"eventList": [RECEIVING]}}}
    assert [one.id for one in read_events(answer, LATEST)] == [read(RECEIVING).id]


def test_the_prefix_of_attributes_may_mean_something_else() -> None:
    document = make_document({**RECEIVING, "action": "ADD", "ilmd": {"cbvmda:lotNumber": "7"}})
    [usual] = read_events(document, LATEST)
    document["@context"] = [*document["@context"], {"cbvmda": "https://own.example/"}]
    [other] = read_events(document, LATEST)
    assert usual.id != other.id
    assert (usual.prefixes.get("cbvmda"), other.prefixes["cbvmda"]) == (
        None,
        "https://own.example/",
    )


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a misspelt step": (
        {"bizStep": "shiping"},
        "did you mean shipping",
        "/epcisBody/eventList/2/bizStep",
    ),
    "an unknown disposition": ({"disposition": "fresh"}, "no disposition", "disposition"),
    "a step of the standard that it has not": (
        {"bizStep": "https://ref.gs1.org/cbv/BizStep-eating"},
        "no business step",
        "bizStep",
    ),
    "an unknown document": (
        {"bizTransactionList": [{"type": "letter", "bizTransaction": "a:b"}]},
        "no type of a business transaction",
        "bizTransactionList/0/type",
    ),
    "an unknown party": (
        {"sourceList": [{"type": "friend", "source": "a:b"}]},
        "no type of a source",
        "sourceList/0/type",
    ),
    "a unit in words": (
        {"quantityList": [{"epcClass": "a:b", "quantity": 1, "uom": "kilo"}]},
        "pattern",
        "quantityList/0/uom",
    ),
    "a report without a value of its type": (
        {"sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": "26"}]}]},
        "number",
        "sensorElementList/0/sensorReport/0/value",
    ),
    "a misspelt field of a sensor": (
        {"sensorElementList": [{"sensorReport": [{"tipe": "Temperature"}]}]},
        "tipe is no field",
        "sensorElementList/0/sensorReport/0",
    ),
    "an attribute without prefix": (
        {"action": "ADD", "ilmd": {"lotNumber": "7"}},
        "lotNumber has no prefix",
        "/eventList/2",
    ),
    "attributes where nothing begins": (
        {"ilmd": {"cbvmda:lotNumber": "7"}},
        "with action ADD",
        "/eventList/2",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_breaks_a_rule_is_named_by_its_path(name: str) -> None:
    changes, said, path = REFUSED[name]
    with pytest.raises(MalformedEvent, match=said) as refused:
        read({**RECEIVING, **changes})
    assert refused.value.find_pointer().endswith(path)


def test_a_report_about_no_thing_names_its_place() -> None:
    with pytest.raises(MalformedEvent, match="needs epcList"):
        read({name: one for name, one in SENSOR.items() if name != "readPoint"})


def test_a_document_has_a_bounded_number_of_events() -> None:
    with pytest.raises(MalformedEvent, match="more than 2"):
        find_events(make_document(*[RECEIVING] * 3), 2)
