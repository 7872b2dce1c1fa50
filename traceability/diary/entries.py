"""Entries of the diary: the values of one kind of work, checked by its table.

Values are plain JSON: texts, days as ISO dates, moments of Vietnam as `2026-11-20T08:30`, numbers.
Reading puts codes into their canonical form and names every field at fault.

>>> entry = read_entry("harvest", {"at": "2026-11-20", "place": "vn đlor 123", "product": "ri6",
...     "quantity": 820, "unit": "KGM"})
>>> entry.values["place"], entry.values["lot"], entry.day.isoformat()
('VN-ĐLOR-123', 'VNDLOR123-261120', '2026-11-20')
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, Strict, ValidationError, create_model

from stamps.errors import VeritemError
from stamps.vietnam_time import VIETNAM_TIME, to_date_start
from traceability.code_forms import read_code
from traceability.diary.entry_kinds import (
    EntryField,
    EntryKind,
    FieldType,
    find_entry_kind,
    load_entry_kinds,
)
from traceability.document_fields import DocumentModel, LotCode, Text
from traceability.registration_codes import to_search_key
from web.validation import FieldError, RefusedValue, describe_errors

EntryValue = str | int | float
EntryValues = Mapping[str, EntryValue]

_LARGEST: Final = 1e9
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?")
_EARLIEST: Final = "1990-01-01"
_LATEST: Final = "2099-12-31"
_LONGEST_LOT: Final = 20
"""Characters of a lot number in GS1."""
_REASONS: Final = {"extra_forbidden": "is not a field of this kind of entry"}


class MalformedEntry(VeritemError):
    """An entry cannot be read: `field` and `why` of the first field at fault, `flaws` of all."""

    code = "malformed-entry"
    message = "the entry's {field}: {why}"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        named = {error.name_field("kind"): error.reason for error in errors}
        field, why = next(iter(named.items()))
        super().__init__(field=field, why=why, flaws=named)
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a kind; its values are in canonical form."""

    kind: str
    values: EntryValues

    @property
    def day(self) -> date:
        """The day on which the work was done, in Vietnam."""
        return date.fromisoformat(str(self.values["at"])[:10])

    @property
    def at(self) -> int:
        """When the work was done (ms, UTC): the beginning of its day where no time is told."""
        text = str(self.values["at"])
        if "T" not in text:
            return to_date_start(self.day)
        return int(datetime.fromisoformat(text).replace(tzinfo=VIETNAM_TIME).timestamp() * 1000)

    @property
    def place(self) -> str | None:
        """The code of the place that the entry is about."""
        return self._find_text("place")

    @property
    def lot(self) -> str | None:
        """The code of the goods that the entry is about."""
        return self._find_text("lot")

    @property
    def waiting_days(self) -> int | None:
        """The days to wait after the work until the harvest."""
        value = self.values.get("waiting_days")
        return None if value is None else int(value)

    def _find_text(self, name: str) -> str | None:
        value = self.values.get(name)
        return None if value is None else str(value)


def read_entry(kind: str, values: Mapping[str, object]) -> Entry:
    """The entry of a kind with these values. Raises `MalformedEntry`."""
    if kind not in load_entry_kinds():
        known = ", ".join(load_entry_kinds())
        raise MalformedEntry([FieldError((), f"must be one of {known}", "kind", {"known": known})])
    table = find_entry_kind(kind)
    given = {name: value for name, value in values.items() if value not in (None, "")}
    try:
        read = _build_model(kind).model_validate(given).to_document()
    except ValidationError as error:
        raise MalformedEntry(describe_errors(error, _REASONS)) from None
    read = {name: _trim_number(value) for name, value in read.items()}
    if errors := list(_find_missing(table, read)) + list(_find_contradictions(table, read)):
        raise MalformedEntry(errors)
    if table.makes_lot and "lot" not in read:
        read["lot"] = make_lot_code(str(read["place"]), date.fromisoformat(str(read["at"])[:10]))
    return Entry(kind, {one.name: read[one.name] for one in table.fields if one.name in read})


def make_lot_code(place: str, day: date) -> str:
    """The code of what was harvested at a place on a day, as GS1 allows lot numbers.

    >>> make_lot_code("VN-ĐLOR-0123", date(2026, 11, 20))
    'VNDLOR0123-261120'
    """
    end = f"-{day:%y%m%d}"
    return to_search_key(place)[: _LONGEST_LOT - len(end)] + end


def _find_missing(kind: EntryKind, values: EntryValues) -> list[FieldError]:
    missing = [one for one in kind.fields if one.name not in values and _is_needed(one, values)]
    errors = [FieldError((one.name,), "is missing", "missing") for one in missing]
    if kind.needs_one_of and not any(name in values for name in kind.needs_one_of):
        others = " or ".join(kind.needs_one_of)
        errors.append(
            FieldError((kind.needs_one_of[0],), f"one of {others} is needed", "one_of", {})
        )
    return errors


def _is_needed(field: EntryField, values: EntryValues) -> bool:
    if field.is_mandatory or field.needed_with is None:
        return field.is_mandatory
    other, choices = field.needed_with
    return other in values and (not choices or values[other] in choices)


def _find_contradictions(kind: EntryKind, values: EntryValues) -> list[FieldError]:
    """The days that are before the day that they follow."""
    return [
        FieldError((one.name,), f"is before {one.not_before}", "before", {})
        for one in kind.fields
        if one.not_before is not None
        and one.not_before in values
        and one.name in values
        and str(values[one.name])[:10] < str(values[one.not_before])[:10]
    ]


@cache
def _build_model(kind: str) -> type[DocumentModel]:
    fields: dict[str, Any] = {
        one.name: (_annotate(one) | None, None) for one in find_entry_kind(kind).fields
    }
    return create_model(f"{kind.title()}Entry", __base__=DocumentModel, **fields)


def _annotate(field: EntryField) -> Any:
    match field.type:
        case FieldType.DAY:
            return Annotated[str, AfterValidator(_check_day)]
        case FieldType.MOMENT:
            return Annotated[str, AfterValidator(_check_moment)]
        case FieldType.NUMBER:
            return Annotated[
                float, Strict(), Field(allow_inf_nan=False), AfterValidator(_bound(field))
            ]
        case FieldType.COUNT:
            return Annotated[int, Strict(), AfterValidator(_bound(field))]
        case FieldType.CHOICE:
            return Literal[tuple(field.choices)]
        case FieldType.PLACE | FieldType.SITE:
            return Annotated[Text, AfterValidator(_check_place)]
        case FieldType.LOT:
            return LotCode
        case _:
            return Text


def _bound(field: EntryField) -> Any:
    """A validator of the bounds of a number; without bounds it is from 0 to a thousand million."""
    least = 0 if field.least is None else field.least
    most = _LARGEST if field.most is None else field.most

    def check(value: float) -> float:
        if value < least:
            raise RefusedValue(f"must be {least:g} or more", "least", least=f"{least:g}")
        if value > most:
            raise RefusedValue(f"must be {most:g} or less", "most", most=f"{most:g}")
        return value

    return check


def _check_day(text: str) -> str:
    return _check_time(text, _DAY)


def _check_moment(text: str) -> str:
    return _check_time(text, _MOMENT)


def _check_time(text: str, form: re.Pattern[str]) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise RefusedValue("must be a day, such as 2026-11-20", "day", text=text[:40]) from None
    if not form.fullmatch(text) or not _EARLIEST <= text[:10] <= _LATEST:
        raise RefusedValue("must be a day, such as 2026-11-20", "day", text=text[:40])
    return text


def _check_place(text: str) -> str:
    found = read_code(text)
    if found is None:
        raise RefusedValue(
            "has no known form, such as VN-ĐLOR-0123",
            "form",
            text=text[:40],
            examples="VN-ĐLOR-0123",
        )
    return found[1]


def _trim_number(value: EntryValue) -> EntryValue:
    """Write 820.0 as 820, so that equal entries give equal events."""
    if isinstance(value, float):
        value = round(value, 6)
        return int(value) if value.is_integer() else value
    return value
