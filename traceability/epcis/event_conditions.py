"""Conditions of the query language of EPCIS 2.0 (section 8.2.7), one of each parameter.

A condition says whether one event fulfils it. `find_lead` says which conditions an index answers.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from stamps.errors import VeritemError
from traceability.epcis.event_model import ALLOWED
from traceability.epcis.event_reader import KeyPart, normalize_key, parse_event_id
from traceability.epcis.flaw_texts import suggest
from traceability.epcis.vocabulary import (
    BUSINESS_STEPS,
    DISPOSITIONS,
    ERROR_REASONS,
    PARTY_TYPES,
    TRANSACTION_TYPES,
    Vocabulary,
    check_word,
    normalize_word,
)

Values = Sequence[str]


class UnclearQuery(VeritemError):
    """A parameter of a query is unknown, or its value is none that it takes."""

    code = "unclear-query"
    message = "{parameter}: {why}"


class QueriedEvent(Protocol):
    """An event as queries see it."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def stated_id(self) -> str | None: ...  # noqa: D102
    @property
    def at(self) -> int: ...  # noqa: D102
    @property
    def recorded_at(self) -> int: ...  # noqa: D102
    @property
    def body(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def declarations(self) -> Sequence[Mapping[str, Any]]: ...  # noqa: D102


Condition = Callable[[QueriedEvent], bool]


@dataclass(frozen=True, slots=True)
class EventLead:
    """A condition that an index can answer: what leads to the candidates."""

    kind: Literal["key", "step", "id"]
    values: frozenset[str]
    """Identifiers, steps; or ids of events, as 64 digits or as they were stated."""
    parts: frozenset[str] = frozenset()
    """Parts of an event that may have the identifiers."""


CONTROLS: Final = frozenset({"orderBy", "orderDirection", "eventCountLimit", "maxEventCount"})
BOUNDS: Final = {
    "GE_eventTime": "at_since",
    "LT_eventTime": "at_until",
    "GE_recordTime": "recorded_at_since",
    "LT_recordTime": "recorded_at_until",
}
_EPC_LISTS: Final[Mapping[str, tuple[Sequence[str], Sequence[KeyPart]]]] = {
    "MATCH_epc": (("epcList", "childEPCs"), (KeyPart.ITEM,)),
    "MATCH_parentID": (("parentID",), (KeyPart.PARENT,)),
    "MATCH_inputEPC": (("inputEPCList",), (KeyPart.INPUT,)),
    "MATCH_outputEPC": (("outputEPCList",), (KeyPart.OUTPUT,)),
    "MATCH_anyEPC": (
        ("epcList", "childEPCs", "parentID", "inputEPCList", "outputEPCList"),
        (KeyPart.ITEM, KeyPart.PARENT, KeyPart.INPUT, KeyPart.OUTPUT),
    ),
    "MATCH_epcClass": (("quantityList", "childQuantityList"), (KeyPart.ITEM,)),
    "MATCH_inputEPCClass": (("inputQuantityList",), (KeyPart.INPUT,)),
    "MATCH_outputEPCClass": (("outputQuantityList",), (KeyPart.OUTPUT,)),
    "MATCH_anyEPCClass": (
        ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"),
        (KeyPart.ITEM, KeyPart.INPUT, KeyPart.OUTPUT),
    ),
}
_PLACES: Final = {
    "EQ_readPoint": ("readPoint", KeyPart.READ_POINT),
    "WD_readPoint": ("readPoint", KeyPart.READ_POINT),
    "EQ_bizLocation": ("bizLocation", KeyPart.LOCATION),
    "WD_bizLocation": ("bizLocation", KeyPart.LOCATION),
}
_WORDS: Final[Mapping[str, tuple[Sequence[str], Vocabulary]]] = {
    "EQ_bizStep": (("bizStep",), BUSINESS_STEPS),
    "EQ_disposition": (("disposition",), DISPOSITIONS),
    "EQ_persistentDisposition_set": (("persistentDisposition", "set"), DISPOSITIONS),
    "EQ_persistentDisposition_unset": (("persistentDisposition", "unset"), DISPOSITIONS),
}
_TYPED: Final[Mapping[str, tuple[str, str, Vocabulary]]] = {
    "EQ_bizTransaction_": ("bizTransactionList", "bizTransaction", TRANSACTION_TYPES),
    "EQ_source_": ("sourceList", "source", PARTY_TYPES),
    "EQ_destination_": ("destinationList", "destination", PARTY_TYPES),
}
"""Parameters whose names end with a type."""
_PLAIN: Final = {
    "eventType": "type",
    "EQ_action": "action",
    "EQ_transformationID": "transformationID",
}
_SENSOR: Final = frozenset(
    {
        *("EQ_type", "EQ_deviceID", "EQ_dataProcessingMethod", "EQ_microorganism", "EQ_bizRules"),
        *("EQ_chemicalSubstance", "EQ_stringValue", "EQ_hexBinaryValue", "EQ_uriValue"),
        "EQ_booleanValue",
    }
)
_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "EQ": lambda a, b: a == b,
    "GT": lambda a, b: a > b,
    "GE": lambda a, b: a >= b,
    "LT": lambda a, b: a < b,
    "LE": lambda a, b: a <= b,
}
_ORDERS: Final = ("GT", "GE", "LT", "LE")
MEASURED: Final = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
"""Fields of a sensor report that are compared, in one unit: `GT_maxValue_CEL`."""
NOT_OFFERED: Final[Mapping[str, str]] = {
    r"(EQ|GT|GE|LT|LE|EXISTS)_INNER_.*": "fields within fields of users are not compared",
    r"(HASATTR|EQATTR)_.*": "attributes of fields of users are not compared",
    r"(EQ|GT|GE|LT|LE|EXISTS)_(SENSORELEMENT|SENSORMETADATA|SENSORREPORT)_.*": "fields of users "
    "in sensor elements are not compared",
    r"(EQ|GT|GE|LT|LE|EXISTS)_(ERROR_DECLARATION|errorDeclaration)_.*": "fields of users in error "
    "declarations are not compared",
    r"(GE|LT)_(startTime|endTime|time)": "times of sensors are not compared; ask by eventTime",
    r"EQ_(deviceMetadata|rawData|coordinateReferenceSystem|component)": "is not compared",
    r"MATCH_.*Class_.*": "patterns are not offered; name each class",
}
"""Parameters of the standard, as patterns, that are refused, and why."""
_ERRORS: Final = (
    "EXISTS_errorDeclaration",
    "GE_errorDeclarationTime",
    "LT_errorDeclarationTime",
    "EQ_errorReason",
    "EQ_correctiveEventID",
)
PARAMETERS: Final = (
    *CONTROLS,
    *BOUNDS,
    *_EPC_LISTS,
    *_PLACES,
    *_WORDS,
    *_PLAIN,
    *_SENSOR,
    *(f"{name}_quantity" for name in _COMPARISONS),
    *_ERRORS,
    "EQ_eventID",
)
"""Parameters with a fixed name."""


def read_condition(name: str, values: Values) -> Condition:
    """The condition of a parameter. Raises `UnclearQuery`."""
    if name in BOUNDS:
        return _read_bound(name, values)
    if name in _EPC_LISTS:
        lists, wanted = _EPC_LISTS[name][0], _read_keys(name, values)
        return lambda event: any(key in wanted for key in _list_named(event.body, lists))
    if name in _PLACES:
        place, wanted = _PLACES[name][0], _read_keys(name, values)
        return lambda event: normalize_key(event.body.get(place, {}).get("id", "")) in wanted
    if name in _WORDS:
        path, vocabulary = _WORDS[name]
        words = _read_words(name, values, vocabulary)
        return lambda event: any(
            normalize_word(one, vocabulary) in words for one in _walk(event.body, path)
        )
    if name in _PLAIN:
        return _read_plain(name, frozenset(values))
    if name == "EQ_eventID":
        ids = frozenset(values)
        digits = frozenset(map(parse_event_id, values))
        return lambda event: event.id in digits or event.stated_id in ids
    if name in _ERRORS:
        return _read_error_condition(name, values)
    if name in _SENSOR:
        return _read_sensor(name.removeprefix("EQ_"), frozenset(values))
    comparison, _, rest = name.partition("_")
    if rest == "quantity" and comparison in _COMPARISONS:
        return _read_quantity(name, comparison, values)
    if comparison in _COMPARISONS and rest.partition("_")[0] in MEASURED:
        return _read_measured(name, comparison, rest, values)
    for start, (items, value_of, vocabulary) in _TYPED.items():
        if name.startswith(start):
            return _read_typed(name.removeprefix(start), items, value_of, vocabulary, values)
    return _read_extension(name, values)


def find_lead(name: str, values: Values) -> EventLead | None:
    """What a parameter leads to by an index; None for one that is only compared."""
    if name in _EPC_LISTS:
        parts = frozenset(map(str, _EPC_LISTS[name][1]))
        return EventLead("key", _read_keys(name, values), parts)
    if name in _PLACES:
        return EventLead("key", _read_keys(name, values), frozenset({str(_PLACES[name][1])}))
    if name == "EQ_bizStep":
        return EventLead("step", _read_words(name, values, BUSINESS_STEPS))
    if name == "EQ_eventID":
        # Both the hash and a stated id: ids by drafts of the standard have the form of a hash.
        digits = filter(None, map(parse_event_id, values))
        return EventLead("id", frozenset((*values, *digits)), frozenset({str(KeyPart.STATED_ID)}))
    return None


def _read_bound(name: str, values: Values) -> Condition:
    bound = read_time(name, values[0])
    is_first = name.startswith("GE_")
    if name.endswith("eventTime"):
        return lambda event: event.at >= bound if is_first else event.at < bound
    return lambda event: event.recorded_at >= bound if is_first else event.recorded_at < bound


def _read_plain(name: str, wanted: frozenset[str]) -> Condition:
    path = _PLAIN[name]
    choices = {"eventType": set(ALLOWED), "EQ_action": {"ADD", "OBSERVE", "DELETE"}}.get(name)
    if choices is not None and (foreign := sorted(wanted - choices)):
        raise UnclearQuery(parameter=name, why=f"{foreign[0]} is none of {sorted(choices)}")
    return lambda event: event.body.get(path) in wanted


def _read_keys(name: str, values: Values) -> frozenset[str]:
    for one in values:
        if one.startswith("urn:epc:idpat:") or "*" in one:
            raise UnclearQuery(parameter=name, why="patterns are not offered; name each identifier")
        if ":" not in one:
            raise UnclearQuery(parameter=name, why=f"{one} is no URI")
    return frozenset(map(normalize_key, values))


def _read_words(name: str, values: Values, vocabulary: Vocabulary) -> frozenset[str]:
    try:
        return frozenset(check_word(one, vocabulary) for one in values)
    except ValueError as error:
        raise UnclearQuery(parameter=name, why=str(error)) from None


def read_time(name: str, text: str) -> int:
    """A time in milliseconds. Raises `UnclearQuery`."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return round(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        pass
    raise UnclearQuery(parameter=name, why="is no time with a time zone (RFC 3339)")


def _read_quantity(name: str, comparison: str, values: Values) -> Condition:
    bound, compare = _read_number(name, values[0]), _COMPARISONS[comparison]
    lists = _EPC_LISTS["MATCH_anyEPCClass"][0]

    def is_met(event: QueriedEvent) -> bool:
        quantities = (one for part in lists for one in event.body.get(part) or ())
        return any("quantity" in one and compare(one["quantity"], bound) for one in quantities)

    return is_met


def _read_number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UnclearQuery(parameter=name, why=f"{text} is no number") from None


def _read_error_condition(name: str, values: Values) -> Condition:
    if name == "EXISTS_errorDeclaration":
        if values[0] not in ("true", "false"):
            raise UnclearQuery(parameter=name, why="is true or false")
        return (lambda event: bool(event.declarations)) if values[0] == "true" else lambda _: True
    if name.endswith("errorDeclarationTime"):
        bound, is_first = read_time(name, values[0]), name.startswith("GE_")

        def is_met(event: QueriedEvent) -> bool:
            times = [read_time(name, one["declarationTime"]) for one in event.declarations]
            return any(at >= bound if is_first else at < bound for at in times)

        return is_met
    if name == "EQ_errorReason":
        words = _read_words(name, values, ERROR_REASONS)
        return lambda event: any(
            normalize_word(one.get("reason", ""), ERROR_REASONS) in words
            for one in event.declarations
        )
    ids = frozenset(values)
    return lambda event: any(
        ids & set(one.get("correctiveEventIDs", ())) for one in event.declarations
    )


def _read_typed(
    type_: str, items: str, value_of: str, vocabulary: Vocabulary, values: Values
) -> Condition:
    [wanted_type] = _read_words(type_, [type_], vocabulary)
    wanted = frozenset(map(normalize_key, values))
    return lambda event: any(
        normalize_word(one.get("type", ""), vocabulary) == wanted_type
        and normalize_key(one[value_of]) in wanted
        for one in event.body.get(items) or ()
    )


def _read_sensor(name: str, wanted: frozenset[str]) -> Condition:
    def list_values(body: Mapping[str, Any]) -> Iterator[Any]:
        for element in body.get("sensorElementList") or ():
            yield element.get("sensorMetadata", {}).get(name)
            yield from (report.get(name) for report in element["sensorReport"])

    def is_met(event: QueriedEvent) -> bool:
        return any(_to_plain(one) in wanted for one in list_values(event.body) if one is not None)

    return is_met


def _to_plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _read_measured(name: str, comparison: str, rest: str, values: Values) -> Condition:
    """`GT_maxValue_CEL`: a report in this unit has such a value."""
    field, _, unit = rest.partition("_")
    if not unit:
        raise UnclearQuery(parameter=name, why=f"names no unit; write {name}_CEL, as reports do")
    bound, compare = _read_number(name, values[0]), _COMPARISONS[comparison]

    def is_met(event: QueriedEvent) -> bool:
        return any(
            report.get("uom") == unit and field in report and compare(report[field], bound)
            for element in event.body.get("sensorElementList") or ()
            for report in element["sensorReport"]
        )

    return is_met


def _read_extension(name: str, values: Values) -> Condition:
    """`EQ_prefix:name`, `GT_…`, `EXISTS_…`; with `ILMD_` before the prefix for a field there."""
    verb, _, rest = name.partition("_")
    in_ilmd = rest.startswith("ILMD_")
    key = rest.removeprefix("ILMD_")
    for pattern, why in NOT_OFFERED.items():
        if re.fullmatch(pattern, name):
            raise UnclearQuery(parameter=name[:100], why=f"is not offered here: {why}")
    if verb not in (*_COMPARISONS, "EXISTS") or ":" not in key:
        hint = suggest(name, PARAMETERS)
        raise UnclearQuery(parameter=name[:100], why=f"is no parameter that is offered here{hint}")
    wanted = frozenset(values)
    holds = _COMPARISONS[verb] if verb in _ORDERS else None
    bound = _to_sortable(name, values[0]) if holds else 0.0

    def is_met(event: QueriedEvent) -> bool:
        body = event.body.get("ilmd") or {} if in_ilmd else event.body
        if holds is None or key not in body:
            return key in body and (verb == "EXISTS" or _to_plain(body[key]) in wanted)
        try:
            return holds(_to_sortable(name, body[key]), bound)
        except UnclearQuery:
            return False

    return is_met


def _to_sortable(name: str, value: Any) -> float:
    """A number, or a time in milliseconds. Raises `UnclearQuery`."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return read_time(name, str(value))


def _list_named(body: Mapping[str, Any], lists: Iterable[str]) -> Iterator[str]:
    for name in lists:
        value = body.get(name) or ()
        for one in [value] if isinstance(value, str) else value:
            yield normalize_key(one if isinstance(one, str) else one["epcClass"])


def _walk(body: Mapping[str, Any], path: Sequence[str]) -> Iterable[str]:
    value: Any = body
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if value is None:
        return ()
    return [value] if isinstance(value, str) else value
