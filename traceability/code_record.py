"""The record of a registered code, as forms, files and other systems give it.

Reading puts code, texts and countries into canonical form, and says of every field what is wrong
with it, not only of the first.

>>> record, flaws = read_code_record({"code": "vn btph 36", "kind": "packing_house", "name": " "})
>>> record, [flaw.name_field("record") for flaw in flaws]
(None, ['name', 'code'])
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Self

from pydantic import (
    BeforeValidator,
    Field,
    Strict,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from stamps.errors import VeritemError
from traceability.administrative_units import derive_province
from traceability.code_forms import CodeKind
from traceability.document_fields import (
    LONGEST_LIST,
    CountryCode,
    DocumentModel,
    Latitude,
    Longitude,
    ProvinceCode,
    Text,
    WardCode,
)
from traceability.registration_codes import parse_code
from web.validation import FieldError, describe_errors

LARGEST_AREA: Final = 100_000.0
"""Hectares."""
LARGEST_YIELD: Final = 500.0
"""Tonnes a hectare and season."""
_REASONS: Final = {
    "extra_forbidden": "is not a field of a code",
    "greater_than": "must be more than {gt:g}",
    "less_than_equal": "must be {le:g} or less",
    "too_long": f"must be a list of at most {LONGEST_LIST}",
    "tuple_type": f"must be a list of at most {LONGEST_LIST}",
    "date_from_datetime_parsing": "must be a date, such as 2026-07-01",
    "date_parsing": "must be a date, such as 2026-07-01",
    "date_type": "must be a date, such as 2026-07-01",
}


def _check_day(value: object) -> object:
    if not isinstance(value, str | date):
        raise ValueError("must be a date, such as 2026-07-01")  # noqa: TRY004  # pydantic's way
    return value


Day = Annotated[date, BeforeValidator(_check_day)]
"""A day; a number is none."""


Hectares = Annotated[float, Strict(), Field(gt=0, le=LARGEST_AREA, allow_inf_nan=False)]
TonnesPerHectare = Annotated[float, Strict(), Field(gt=0, le=LARGEST_YIELD, allow_inf_nan=False)]


class MalformedCodeRecord(VeritemError):
    """Fields of a registered code are missing or wrong; `flaws` names each with the reason."""

    code = "malformed-code-record"
    message = "{field}: {why}"

    def __init__(self, flaws: list[FieldError]) -> None:
        named = {flaw.name_field("record"): flaw.reason for flaw in flaws}
        field, why = next(iter(named.items()))
        super().__init__(field=field, why=why, flaws=named)


class CodeRecord(DocumentModel):
    """Fields of a code that people give; status and its reason have steps of their own."""

    kind: CodeKind
    name: Text
    code: Text
    organisation: Text | None = None
    household: Text | None = None
    household_agreed: Annotated[bool, Strict()] = False
    products: Annotated[tuple[Text, ...], Field(max_length=LONGEST_LIST)] = ()
    hectares: Hectares | None = None
    yield_t_per_ha: TonnesPerHectare | None = None
    ward: WardCode | None = None
    province: ProvinceCode | None = Field(default=None, validate_default=True)
    lat: Latitude | None = None
    lon: Longitude | None = None
    markets: Annotated[tuple[CountryCode, ...], Field(max_length=LONGEST_LIST)] = ()
    valid_from: Day | None = None
    valid_until: Day | None = None

    @field_validator("code", mode="after")
    @classmethod
    def _check_code(cls, code: str, info: ValidationInfo) -> str:
        kind = info.data.get("kind")
        if kind is None:
            return code
        try:
            return parse_code(code, kind)
        except VeritemError as refusal:
            raise ValueError(str(refusal)) from refusal

    @field_validator("province", mode="after")
    @classmethod
    def _check_province(cls, province: str | None, info: ValidationInfo) -> str | None:
        return derive_province(info.data.get("ward"), province)

    @field_validator("products", "markets", mode="after")
    @classmethod
    def _drop_repeated(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(values))

    @field_validator("valid_until", mode="after")
    @classmethod
    def _check_order(cls, valid_until: date | None, info: ValidationInfo) -> date | None:
        valid_from = info.data.get("valid_from")
        if valid_until is not None and valid_from is not None and valid_until < valid_from:
            raise ValueError("is before the day that it is valid from")
        return valid_until

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon are given together or not at all")
        return self


def read_code_record(values: Mapping[str, Any]) -> tuple[CodeRecord | None, list[FieldError]]:
    """The record, or what is wrong with each field."""
    try:
        return CodeRecord.model_validate(values), []
    except ValidationError as error:
        return None, describe_errors(error, _REASONS)


def parse_code_record(values: Mapping[str, Any]) -> CodeRecord:
    """The record. Raises `MalformedCodeRecord`."""
    record, flaws = read_code_record(values)
    if record is None:
        raise MalformedCodeRecord(flaws)
    return record
