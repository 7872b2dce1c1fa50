"""Queries of the standard: which events match, what leads to them, what is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.traceability.epcis.standard_examples import (
    AGGREGATION,
    EXAMPLES,
    RECEIVING,
    SENSOR,
    TRANSFORMATION,
)
from traceability.epcis.event_conditions import PARAMETERS, UnclearQuery
from traceability.epcis.event_query import EpcisQuery
from traceability.epcis.query_reference import list_described


@dataclass
class Told:
    """An event as a query sees it."""

    body: Mapping[str, Any]
    id: str = "a" * 64
    stated_id: str | None = "urn:uuid:7"
    at: int = 1_000
    recorded_at: int = 2_000
    declarations: Sequence[Mapping[str, Any]] = field(default_factory=list)


WRONG = {
    "declarationTime": "2026-11-07T14:00:00Z",
    "reason": "did_not_occur",
    "correctiveEventIDs": ["urn:uuid:8"],
}
EPC = RECEIVING["epcList"][0]
CASES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (RECEIVING, {"eventType": "ObjectEvent"}, {"eventType": ["TransactionEvent"]}),
    (RECEIVING, {"EQ_action": ["ADD", "OBSERVE"]}, {"EQ_action": "ADD"}),
    (RECEIVING, {"EQ_bizStep": "cbv:BizStep-receiving"}, {"EQ_bizStep": "shipping"}),
    (AGGREGATION, {"EQ_disposition": "in_progress"}, {"EQ_disposition": "active"}),
    (
        AGGREGATION,
        {"EQ_persistentDisposition_set": "completeness_verified"},
        {"EQ_persistentDisposition_unset": "completeness_verified"},
    ),
    (
        RECEIVING,
        {"MATCH_epc": "https://shop.example/01/10614141073464/21/2018"},
        {"MATCH_epc": "https://shop.example/01/10614141073464/21/2017"},
    ),
    (RECEIVING, {"MATCH_anyEPC": EPC}, {"MATCH_parentID": EPC}),
    (
        AGGREGATION,
        {"MATCH_parentID": AGGREGATION["parentID"]},
        {"MATCH_epc": AGGREGATION["parentID"]},
    ),
    (AGGREGATION, {"MATCH_anyEPC": AGGREGATION["parentID"]}, {"MATCH_inputEPC": "a:b"}),
    (
        TRANSFORMATION,
        {"MATCH_inputEPCClass": "urn:epc:class:lgtin:4012345.011122.25"},
        {"MATCH_outputEPCClass": "urn:epc:class:lgtin:4012345.011122.25"},
    ),
    (
        TRANSFORMATION,
        {"MATCH_outputEPC": "urn:epc:id:sgtin:4012345.077889.25"},
        {"MATCH_anyEPCClass": "urn:epc:class:lgtin:4012345.011122.26"},
    ),
    (RECEIVING, {"EQ_quantity": 200}, {"GT_quantity": 200}),
    (TRANSFORMATION, {"LT_quantity": 11}, {"LT_quantity": 10}),
    (
        RECEIVING,
        {"EQ_bizLocation": ["a:b", "urn:epc:id:sgln:0012345.11111.0"]},
        {"EQ_readPoint": "urn:epc:id:sgln:0012345.11111.0"},
    ),
    (
        RECEIVING,
        {"WD_readPoint": "urn:epc:id:sgln:0012345.11111.400"},
        {"WD_bizLocation": "a:b"},
    ),
    (
        RECEIVING,
        {"EQ_source_possessing_party": "urn:epc:id:pgln:4012345.00001"},
        {"EQ_destination_possessing_party": "urn:epc:id:pgln:4012345.00001"},
    ),
    (RECEIVING, {"EQ_eventID": "a" * 64}, {"EQ_eventID": "b" * 64}),
    (RECEIVING, {"EQ_eventID": "urn:uuid:7"}, {"EQ_eventID": "urn:uuid:8"}),
    (RECEIVING, {"GE_eventTime": "1970-01-01T00:00:01Z"}, {"LT_eventTime": "1970-01-01T00:00:01Z"}),
    (
        RECEIVING,
        {"LT_recordTime": "1970-01-01T00:00:03Z"},
        {"GE_recordTime": "1970-01-01T07:00:03+07:00"},
    ),
    (RECEIVING, {"EXISTS_example:myField": "true"}, {"EQ_example:myField": "other"}),
    (
        TRANSFORMATION,
        {"EQ_ILMD_cbvmda:lotNumber": "ABC123"},
        {"EQ_cbvmda:lotNumber": "ABC123"},
    ),
    (SENSOR, {"EQ_type": "Temperature"}, {"EQ_type": "Angle"}),
    (SENSOR, {"EQ_deviceID": "urn:epc:id:giai:4000001.111"}, {"EQ_booleanValue": False}),
    (
        RECEIVING,
        {"EXISTS_errorDeclaration": "true", "EQ_errorReason": "did_not_occur"},
        {"EQ_errorReason": "incorrect_data"},
    ),
    (
        RECEIVING,
        {"EQ_correctiveEventID": "urn:uuid:8", "GE_errorDeclarationTime": "2026-11-07T14:00:00Z"},
        {"LT_errorDeclarationTime": "2026-11-07T14:00:00Z"},
    ),
]


@pytest.mark.parametrize(("body", "fits", "fails"), CASES)
def test_a_parameter_chooses_events(
    body: dict[str, Any], fits: dict[str, Any], fails: dict[str, Any]
) -> None:
    event = Told(body, declarations=[WRONG])
    assert EpcisQuery.read(fits).matches(event)
    assert not EpcisQuery.read(fails).matches(event)
    assert not EpcisQuery.read({**fits, **fails}).matches(event)


def test_what_lacks_a_field_matches_no_condition_on_it() -> None:
    asked = [name for _, fits, _ in CASES for name in fits if not name.startswith("EXISTS")]
    bare = Told({"type": "ObjectEvent", "action": "DELETE", "epcList": ["x:1"]}, stated_id=None)
    for name in set(asked) - {"eventType", "GE_eventTime", "LT_recordTime", "EQ_eventID"}:
        [told] = [fits[name] for _, fits, _ in CASES if name in fits][:1]
        assert not EpcisQuery.read({name: told}).matches(bare), name


def test_an_event_without_a_declared_error_is_no_error() -> None:
    assert not EpcisQuery.read({"EXISTS_errorDeclaration": "true"}).matches(Told(RECEIVING))
    assert EpcisQuery.read({"EXISTS_errorDeclaration": "false"}).matches(Told(RECEIVING))


def test_each_example_is_found_by_what_an_index_leads_to() -> None:
    for body in EXAMPLES.values():
        query = EpcisQuery.read({"EQ_bizStep": body["bizStep"]})
        [lead] = query.leads
        assert (lead.kind, lead.values) == ("step", {body["bizStep"]})


def test_identifiers_lead_before_steps() -> None:
    query = EpcisQuery.read({"EQ_bizStep": "shipping", "MATCH_epc": "x:1", "EQ_action": "ADD"})
    assert [lead.kind for lead in query.leads] == ["step", "key"]


def test_who_asks_for_what_is_new_gets_it_in_the_order_of_the_record() -> None:
    assert EpcisQuery.read({"GE_recordTime": "2026-01-01T00:00:00Z"}).sort == "recorded_at"
    asked = {"orderBy": "eventTime", "orderDirection": "ASC", "eventCountLimit": 5}
    query = EpcisQuery.read(asked)
    assert (query.sort, query.is_descending, query.limit) == ("at", False, 5)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"EQ_bizstep": "shipping"}, "did you mean EQ_bizStep"),
        ({"EQ_bizStep": "shiping"}, "did you mean shipping"),
        ({"eventType": "Event"}, "none of"),
        ({"EQ_action": "GO"}, "none of"),
        ({"MATCH_epc": "urn:epc:idpat:sgtin:0614141.107346.*"}, "patterns"),
        ({"MATCH_epc": "tem 1"}, "no URI"),
        ({"GE_eventTime": "2026-01-01"}, "time"),
        ({"orderBy": "quantity"}, "eventTime or recordTime"),
        ({"orderDirection": "UP"}, "ASC or DESC"),
        ({"eventCountLimit": "5"}, "needs orderBy"),
        ({"eventCountLimit": "5", "orderBy": "eventTime", "maxEventCount": "5"}, "not together"),
        ({"maxEventCount": "99999"}, "at most"),
        ({"maxEventCount": "many"}, "whole number"),
        ({"GT_quantity": "much"}, "no number"),
        ({"EQ_epc": []}, "no value"),
        ({"MATCH_epc": [f"x:{n}" for n in range(31)]}, "more than 30"),
        ({"EQ_action": {"a": 1}}, "no text"),
        ({"EXISTS_errorDeclaration": "perhaps"}, "true or false"),
    ],
)
def test_an_unclear_query_is_refused_by_its_parameter(asked: dict[str, Any], why: str) -> None:
    with pytest.raises(UnclearQuery, match=why):
        EpcisQuery.read(asked)


WARM = {
    **SENSOR,
    "example:grade": 3,
    "ilmd": {"example:bestBefore": "2026-12-24T00:00:00Z"},
}


@pytest.mark.parametrize(
    ("matching", "other"),
    [
        ({"GT_value_CEL": "25.9"}, {"GT_value_CEL": "26"}),
        ({"LE_value_A93": 12.1}, {"LE_value_CEL": 12.1}),
        ({"GE_example:grade": 3}, {"GT_example:grade": 3}),
        (
            {"LT_ILMD_example:bestBefore": "2026-12-25T00:00:00+07:00"},
            {"GE_ILMD_example:bestBefore": "2026-12-25T00:00:00+07:00"},
        ),
        ({"LT_example:grade": 4}, {"LT_example:size": 4}),
    ],
)
def test_values_of_sensors_and_users_are_compared(
    matching: dict[str, Any], other: dict[str, Any]
) -> None:
    assert EpcisQuery.read(matching).matches(Told(WARM))
    assert not EpcisQuery.read(other).matches(Told(WARM))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("EQ_INNER_example:a", "not offered here: fields within fields"),
        ("HASATTR_example:a", "not offered here: attributes"),
        ("EXISTS_SENSORREPORT_example:a", "not offered here: fields of users in sensor"),
        ("GE_startTime", "not offered here: times of sensors"),
        ("GT_maxValue", "names no unit; write GT_maxValue_CEL"),
        ("GT_example:a", "is no time"),
        ("NE_example:a", "is no parameter"),
    ],
)
def test_what_the_standard_has_and_we_have_not_is_refused_by_name(name: str, said: str) -> None:
    with pytest.raises(UnclearQuery, match=said):
        EpcisQuery.read({name: "x" if name != "GT_maxValue" else 1})


def test_the_reference_describes_every_parameter_that_is_offered() -> None:
    assert list_described() == frozenset(PARAMETERS)
