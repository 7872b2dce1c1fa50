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
    check_header,
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
    assert found.id == read({key: one for key, one in SHIPPING.items() if key != "eventID"}).id


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
        "as KGM",
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


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no offset": ({"eventTimeZoneOffset": None}, "eventTimeZoneOffset: is missing: .* as [+]07:00"),
    "an offset in words": ({"eventTimeZoneOffset": "Z"}, "is written as [+]07:00"),
    "capitals in a name": ({"bizstep": "shipping"}, "bizstep .*; did you mean bizStep[?]"),
    "a time without zone": (
        {"eventTime": "2026-01-12T09:15:00"},
        "names no time zone; write it as 2026-09-12T09:15:00[+]07:00",
    ),
    "a date as people write it": ({"eventTime": "12/01/2026"}, "is no time; write it as 2026-"),
    "a compact time": ({"eventTime": "20260112T091500+0700"}, "RFC 3339; write it as 2026-"),
    "small letters in a type": ({"type": "objectEvent"}, "did you mean ObjectEvent[?]"),
    "an action in small letters": ({"action": "add"}, "did you mean ADD[?]"),
    "a quantity in quotes": (
        {"quantityList": [{"epcClass": "a:b", "quantity": "820"}]},
        "quantity: is a number, written without quotation marks, not a text",
    ),
    "a word of another vocabulary": ({"bizStep": "cbv:Disp-active"}, "is no business step"),
    "a word with a prefix that has none": ({"bizStep": "gs1:shipping"}, "did you mean shipping[?]"),
    "a wrong check digit": (
        {"epcList": ["https://id.gs1.org/01/08935000000015/21/7"]},
        "epcList.0: has a wrong check digit: 08935000000015 should end with 4",
    ),
    "a wrong check digit of a place": (
        {"readPoint": {"id": "https://id.gs1.org/414/8935000000013"}},
        "should end with 4",
    ),
    "a bare number": ({"epcList": ["08935000000014"]}, "write it as https://id.gs1.org/01/"),
    "a place as text": ({"readPoint": "a:b"}, 'readPoint: is an object .*"id"'),
    "one identifier without a list": ({"epcList": "a:b"}, "is a list, in square brackets"),
    "null": ({"quantityList": [{"epcClass": None}]}, "epcClass is null: leave the field out"),
    "a sensor's time": (
        {"sensorElementList": [{"sensorMetadata": {"time": "noon"}, "sensorReport": [{}]}]},
        "sensorElementList.0.sensorMetadata.time: is no time",
    ),
    "a report of nothing": (
        {"sensorElementList": [{"sensorReport": [{"value": 26.0}]}]},
        "sensorReport.0: type is missing",
    ),
    "a time of the record": ({"recordTime": "x"}, "recordTime: is no time"),
    "a URI with a blank mark": ({"epcList": ["urn:x:<1>"]}, "is not a URI"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_refusal_says_how_to_mend_the_event(name: str) -> None:
    changes, said = MISTAKES[name]
    event = {key: value for key, value in {**RECEIVING, **changes}.items() if value is not None}
    with pytest.raises(MalformedEvent, match=said):
        read(event)


HEADERS: dict[str, tuple[dict[str, Any], str]] = {
    "no version": ({"schemaVersion": None}, "schemaVersion: is missing: 2.0"),
    "another version": ({"schemaVersion": "1.2"}, "is 2.0; other versions are not read"),
    "a number as version": ({"schemaVersion": 2}, ""),
    "no date": ({"creationDate": None}, "creationDate: is missing"),
    "a date in words": ({"creationDate": "today"}, "creationDate: is no time; write it as"),
    "another type": ({"type": "EPCISDoc"}, "type: is EPCISDocument"),
    "a sender that is no text": ({"sender": 7}, "sender: is a text"),
    "no context": ({"@context": None}, "@context: is missing"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_the_header_of_a_document_is_checked(name: str) -> None:
    changes, said = HEADERS[name]
    document = {**make_document(RECEIVING), **changes}
    document = {key: value for key, value in document.items() if value is not None}
    if not said:
        check_header(document)
        return
    with pytest.raises(MalformedEvent, match=said):
        check_header(document)


def test_the_same_path_at_another_host_is_no_key() -> None:
    read({**RECEIVING, "epcList": ["https://farm.example/01/08935000000015/21/7"]})


def test_a_long_word_is_not_compared_with_the_vocabulary() -> None:
    with pytest.raises(MalformedEvent) as refused:
        read({**RECEIVING, "bizStep": "shipping" * 20})
    assert "did you mean" not in str(refused.value)
