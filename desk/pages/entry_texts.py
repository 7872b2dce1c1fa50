"""Texts of entries of the diary: a line that sums one up, and its values as people read them."""

from typing import Final

from traceability.diary.entries import Entry, EntryValue
from traceability.diary.entry_kinds import EntryField, FieldType, find_entry_kind
from web.i18n import Language, Texts, format_iso_day, format_quantity

_SUMMED_UP: Final = ("input_name", "substance", "quantity", "value", "scheme", "vehicle", "where")
"""Fields that a line about an entry shows, in this order."""


def summarise_entry(entry: Entry, texts: Texts) -> str:
    """A line about an entry: `820 kg`, `Ridomil Gold · Metalaxyl-M`."""
    kind = find_entry_kind(entry.kind)
    shown = [name for name in _SUMMED_UP if name in entry.values and kind.has_field(name)]
    return " · ".join(_write_with_unit(entry, kind.field(name), texts) for name in shown)


def describe_values(entry: Entry, texts: Texts) -> list[tuple[str, str]]:
    """Label and value of each field of an entry, in the order of its kind."""
    return [
        (label_entry_field(field, texts), write_value(field, entry.values[field.name], texts))
        for field in find_entry_kind(entry.kind).fields
        if field.name in entry.values
    ]


def label_entry_field(field: EntryField, texts: Texts) -> str:
    """The label of a field, as a line begins with it."""
    label = field.label[texts.language]
    return label[:1].upper() + label[1:]


def write_value(field: EntryField, value: EntryValue, texts: Texts) -> str:
    """A value as people read it."""
    match field.type:
        case FieldType.DAY:
            return format_iso_day(str(value), texts.language)
        case FieldType.MOMENT:
            day, _, time = str(value).partition("T")
            return f"{format_iso_day(day, texts.language)} {time}".strip()
        case FieldType.NUMBER | FieldType.COUNT:
            return format_quantity(float(value), texts.language)
        case FieldType.CHOICE:
            return field.name_choice(str(value), texts.language)
        case _:
            return str(value)


def name_unit(unit: str, language: Language) -> str:
    """A unit of quantities as people read it; the code itself where no entry has the unit."""
    return find_entry_kind("harvest").field("unit").name_choice(unit, language)


def _write_with_unit(entry: Entry, field: EntryField, texts: Texts) -> str:
    written = write_value(field, entry.values[field.name], texts)
    unit = {"quantity": "unit", "value": "value_unit"}.get(field.name)
    if unit is None or unit not in entry.values:
        return written
    units = find_entry_kind(entry.kind).field(unit)
    return f"{written} {units.name_choice(str(entry.values[unit]), texts.language)}"
