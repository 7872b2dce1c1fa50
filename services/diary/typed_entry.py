"""Entries as fields that people type, in a form or in a line of a table, and back.

What is wrong is said of each field: what cannot be read, and what the rules of its kind refuse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.tables.line_flaws import REASONS, LineFlaw, UnreadableCell, make_flaw
from services.tables.typed_day import DayOrder, read_moment
from services.tables.typed_values import Thousands, read_choice, read_count, read_number
from stamps.errors import VeritemError
from traceability.diary.entries import Entry, EntryValue, MalformedEntry, read_entry
from traceability.diary.entry_kinds import (
    EntryField,
    EntryKind,
    FieldType,
    find_entry_kind,
    load_entry_kinds,
)
from web.validation import FieldError

_DAY_LENGTH: Final = 10
_RULES: Final[Mapping[str, str]] = {
    "code": "form",
    "empty": "missing",
    "literal_error": "choice",
    "extra_forbidden": "no_field",
    "float_type": "number",
    "int_type": "whole",
    "int_from_float": "whole",
    "string_type": "missing",
}
"""The reason of a flaw by the rule of an entry, where it has another name."""
_VALUES: Final[Mapping[str, str]] = {"expected": "known"}


class EntryRefused(VeritemError):
    """Fields of an entry are missing or wrong; `flaws` names each with the reason."""

    code = "entry-refused"
    message = "{field}: {why}"

    def __init__(self, flaws: Mapping[str, LineFlaw]) -> None:
        named = {name: str(flaw) for name, flaw in flaws.items()}
        field, why = next(iter(named.items()))
        super().__init__(field=field, why=why, flaws=named)
        self.flaws = dict(flaws)


@dataclass(frozen=True, slots=True)
class TypedEntry:
    """An entry as it was read from fields, and what is wrong with each."""

    entry: Entry | None
    """None where a field has a flaw."""
    flaws: Mapping[str, LineFlaw]


def read_typed_entry(
    kind: EntryKind,
    texts: Mapping[str, str],
    *,
    thousands: Thousands = "",
    order: DayOrder | None = None,
) -> TypedEntry:
    """The entry that fields describe; `thousands` and `order` say how numbers and days are read."""
    values: dict[str, EntryValue] = {}
    flaws: dict[str, LineFlaw] = {}
    for name, text in texts.items():
        if not text.strip():
            continue
        if not kind.has_field(name):
            flaws[name] = make_flaw("no_field")
            continue
        try:
            values[name] = _read_value(kind.field(name), text.strip(), thousands, order)
        except UnreadableCell as error:
            flaws[name] = error.flaw
    try:
        entry = read_entry(kind.kind, values)
    except MalformedEntry as refusal:
        return TypedEntry(None, {**describe_flaws(kind, refusal, texts), **flaws})
    return TypedEntry(None if flaws else entry, flaws)


def read_values(kind: str, pairs: Sequence[str]) -> dict[str, EntryValue]:
    """The values of `field=value` pairs, as a command line gives them.

    Raises `MalformedEntry` for an unknown kind, `EntryRefused`.
    """
    texts: dict[str, str] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign:
            raise EntryRefused({name: make_flaw("text", why="write it as FIELD=VALUE")})
        texts[name] = text
    if kind not in load_entry_kinds():
        read_entry(kind, texts)
    found = read_typed_entry(find_entry_kind(kind), texts)
    if found.entry is None:
        raise EntryRefused(found.flaws)
    return dict(found.entry.values)


def write_typed_entry(entry: Entry, kind: EntryKind, decimal: str) -> dict[str, str]:
    """The fields of an entry as a form shows them; `decimal` is the sign before a fraction."""
    return {
        field.name: _write_value(field, entry.values[field.name], decimal)
        for field in kind.fields
        if field.name in entry.values
    }


def describe_flaws(
    kind: EntryKind, refusal: MalformedEntry, texts: Mapping[str, str]
) -> dict[str, LineFlaw]:
    """The flaw of each field of a refused entry; `texts` is what was typed."""
    flaws: dict[str, LineFlaw] = {}
    for error in refusal.errors:
        name = str(error.path[0]) if error.path else "kind"
        flaws.setdefault(name, _describe_error(kind, error, texts.get(name, "")))
    return flaws


def _describe_error(kind: EntryKind, error: FieldError, text: str) -> LineFlaw:
    reason = _RULES.get(error.rule, error.rule)
    if reason not in REASONS:
        return make_flaw("text", why=error.reason)
    values = {_VALUES.get(name, name): value for name, value in error.values.items()}
    if reason == "one_of":
        names = kind.needs_one_of
        values["known"] = " / ".join(kind.field(name).label["vi"] for name in names)
    return make_flaw(reason, **{"text": text, **values})


def _read_value(
    field: EntryField, text: str, thousands: Thousands, order: DayOrder | None
) -> EntryValue:
    match field.type:
        case FieldType.DAY:
            return read_moment(text, order)[:_DAY_LENGTH]
        case FieldType.MOMENT:
            return read_moment(text, order)
        case FieldType.NUMBER:
            return read_number(text, thousands)
        case FieldType.COUNT:
            return read_count(text, thousands)
        case FieldType.CHOICE:
            return read_choice(field.choices, text)
        case _:
            return text


def _write_value(field: EntryField, value: EntryValue, decimal: str) -> str:
    if field.type is FieldType.NUMBER:
        return f"{value}".replace(".", decimal)
    return str(value)
