"""What is wrong with a field of an event, in words that say how to mend it.

>>> suggest("bizstep", ["bizStep", "type"])
'; did you mean bizStep?'
>>> suggest("x" * 100, ["bizStep"])
''
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from pydantic_core import ErrorDetails

_MOST_LETTERS: Final = 60
"""A longer word is no slip of the keys, and comparing it takes long."""
_MISSING: Final[Mapping[str, str]] = {
    "eventTimeZoneOffset": "the time zone of the place where it happened, as +07:00",
    "eventTime": "when it happened, as 2026-09-12T09:15:00+07:00",
    "type": "ObjectEvent, AggregationEvent, TransactionEvent, TransformationEvent or "
    "AssociationEvent",
    "sensorReport": "a list of one report or more",
}
_FORMS: Final[Mapping[str, str]] = {
    "eventTimeZoneOffset": "is written as +07:00",
    "uom": "is a unit of UN/ECE recommendation 20 in capitals, as KGM",
    "hexBinaryValue": "has hexadecimal digits alone",
}
_OBJECTS: Final[Mapping[str, str]] = {
    "Location": 'is an object with the address in it: {"id": "https://id.gs1.org/414/…"}',
    "Quantity": 'is an object: {"epcClass": "https://id.gs1.org/01/…/10/…", "quantity": 820, '
    '"uom": "KGM"}',
}


def suggest(word: str, words: Iterable[str]) -> str:
    """A question for the word that was meant, where one is like it; else nothing."""
    if len(word) > _MOST_LETTERS:
        return ""
    by_letters = {one.lower(): one for one in words}
    like = get_close_matches(word.lower(), by_letters, n=1)
    return f"; did you mean {by_letters[like[0]]}?" if like else ""


def explain_flaw(error: ErrorDetails) -> str:
    """What pydantic found, as a sentence about the field."""
    field = str(error["loc"][-1]) if error["loc"] else ""
    told, context = error["input"], error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(context.get("error", error["msg"]))
        case "missing":
            hint = _MISSING.get(field)
            return f"is missing: {hint}" if hint else "is missing"
        case "literal_error":
            choices = str(context.get("expected", ""))
            words = [
                one for one in choices.replace(" or ", ", ").replace("'", "").split(", ") if one
            ]
            meant = suggest(told, words) if isinstance(told, str) else ""
            return f"is one of {', '.join(words)}{meant}"
        case "float_type":
            return "is a number, written without quotation marks" + _name_type(told)
        case "bool_type":
            return "is true or false, written without quotation marks" + _name_type(told)
        case "string_type":
            return "is a text" + _name_type(told)
        case "list_type":
            return "is a list, in square brackets" + _name_type(told)
        case "model_type" | "dict_type":
            return _OBJECTS.get(str(context.get("class_name")), "is an object") + _name_type(told)
        case "string_pattern_mismatch" if field in _FORMS:
            return _FORMS[field]
        case "string_pattern_mismatch":
            return "has characters that it cannot have"
    return error["msg"]


def _name_type(told: Any) -> str:
    names = {str: "a text", bool: "true or false", list: "a list", dict: "an object"}
    if told is None:
        return ", not null: leave the field out"
    kind = names.get(type(told), "a number")
    return f", not {kind}"
