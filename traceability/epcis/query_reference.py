"""The reference of query parameters, as docs show it: what is offered, and what is refused."""

from collections.abc import Iterable, Mapping
from typing import Final

from traceability.epcis.event_conditions import MEASURED, NOT_OFFERED

MEANINGS: Final[Mapping[str, str]] = {
    "eventType": "is of one of these types",
    "GE_eventTime, LT_eventTime": "happened at or after, before this time",
    "GE_recordTime, LT_recordTime": "was recorded at or after, before this time",
    "EQ_action": "has one of these actions",
    "EQ_bizStep": "has one of these steps, bare or as URI",
    "EQ_disposition, EQ_persistentDisposition_set, EQ_persistentDisposition_unset": "has one of "
    "these dispositions",
    "EQ_readPoint, WD_readPoint": "has one of these read points; no places within places are known",
    "EQ_bizLocation, WD_bizLocation": "has one of these business locations",
    "EQ_transformationID": "belongs to one of these transformations",
    "MATCH_epc, MATCH_parentID, MATCH_inputEPC, MATCH_outputEPC, MATCH_anyEPC": "names one of "
    "these things; no patterns",
    "MATCH_epcClass, MATCH_inputEPCClass, MATCH_outputEPCClass, MATCH_anyEPCClass": "names one of "
    "these classes; no patterns",
    "EQ_quantity, GT_quantity, GE_quantity, LT_quantity, LE_quantity": "has such a quantity of a "
    "class",
    "EQ_type, EQ_deviceID, EQ_dataProcessingMethod, EQ_microorganism, EQ_chemicalSubstance, "
    "EQ_bizRules, EQ_stringValue, EQ_booleanValue, EQ_hexBinaryValue, EQ_uriValue": "has a sensor "
    "element with one of these values",
    "EQ_eventID": "has one of these ids, by hash or as its sender stated it",
    "EXISTS_errorDeclaration, GE_errorDeclarationTime, LT_errorDeclarationTime, EQ_errorReason, "
    "EQ_correctiveEventID": "was declared an error, then, for this reason, corrected by these",
    "orderBy, orderDirection": "`eventTime` or `recordTime`; `ASC` or `DESC`",
    "eventCountLimit": "the first so many; needs `orderBy`",
    "maxEventCount": "413 if more match",
}
"""Fixed names that share a meaning, and the meaning."""
_FAMILIES: Final[Mapping[str, str]] = {
    "EQ_bizTransaction_TYPE, EQ_source_TYPE, EQ_destination_TYPE": "has such a document, source or "
    "destination of this type",
    ", ".join(f"GT_{field}_UNIT" for field in MEASURED): "has a sensor report in this unit with "
    "a greater value; also `GE_`, `LT_`, `LE_`, `EQ_`; units are not converted",
    "EQ_PREFIX:NAME, EQ_ILMD_PREFIX:NAME": "has such a field of users, in the event or in `ilmd`: "
    "a text, a number, a time; also `GT_`, `GE_`, `LT_`, `LE_`",
    "EXISTS_PREFIX:NAME, EXISTS_ILMD_PREFIX:NAME": "has such a field at all",
}


def list_described() -> frozenset[str]:
    """The fixed names that have a meaning here; tests compare them with those that are offered."""
    return frozenset(name for names in MEANINGS for name in names.split(", "))


def render_parameters() -> str:
    """The table of parameters that are offered, and of those that are refused."""
    rows = [*MEANINGS.items(), *_FAMILIES.items()]
    refused = [(_show_pattern(pattern), why) for pattern, why in NOT_OFFERED.items()]
    return "\n".join(
        [
            "An event is answered if it fulfils every parameter of the question.",
            "",
            *_draw("parameter", "the event", rows),
            "",
            "These of the standard are refused with 400 and `QueryParameterException`:",
            "",
            *_draw("parameter", "why", refused),
            "",
        ]
    )


def _draw(first: str, second: str, rows: Iterable[tuple[str, str]]) -> list[str]:
    lines = [f"| `{names.replace(', ', '`, `')}` | {meaning} |" for names, meaning in rows]
    return [f"| {first} | {second} |", "|---|---|", *lines]


def _show_pattern(pattern: str) -> str:
    return pattern.replace(".*", "…").replace("(", "").replace(")", "").replace("|", "/")
