"""Field types of lot documents (pydantic), and the refusal that names the field at fault.

A text is put into composed Unicode (NFC) without blanks around it. Refused are texts that a reader
cannot see (zero-width characters only) or does not see as they are written (control characters,
overrides of the text direction).
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from stamps.errors import VeritemError
from stamps.timestamps import format_rfc3339, parse_rfc3339
from traceability.administrative_units import load_administrative_units
from traceability.code_forms import CodeKind
from traceability.gs1_values import check_lot_number, parse_gtin
from traceability.registration_codes import parse_code
from web.validation import FieldError, RefusedValue, describe_errors

LONGEST_TEXT: Final = 500
"""Characters of a text."""
LONGEST_LIST: Final = 64
"""Entries of a list."""

_DIRECTION_CONTROLS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters and symbols by category that have no shape: Hangul fillers, the empty Braille pattern.
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_COUNTRY_CODE: Final = re.compile("[A-Z]{2}")
_IN_DOCUMENT: Final = "document"
"""Validation context of values that came in as a document."""
_REASONS: Final = {
    "date_from_datetime_parsing": "must be a date, such as 2026-07-01",
    "date_parsing": "must be a date, such as 2026-07-01",
    "date_type": "must be a date, such as 2026-07-01",
    "extra_forbidden": "is not a field of a lot",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than_equal": "must be {le:g} or less",
    "too_long": f"must be a list of at most {LONGEST_LIST}",
    "tuple_type": f"must be a list of at most {LONGEST_LIST}",
}
"""Reasons by the type of pydantic's error, beside those of `web.validation`."""


class MalformedLot(VeritemError):
    """The document of a lot cannot be read, or contradicts itself.

    `field` and `why` say it of the first field at fault, `flaws` of every one.
    """

    code = "malformed-lot"
    message = "the lot's {field}: {why}"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        named = {error.name_field("document"): error.reason for error in errors}
        field, why = next(iter(named.items()))
        super().__init__(field=field, why=why, flaws=named)
        self.errors = tuple(errors)


class DocumentModel(BaseModel):
    """Immutable part of a lot document: unknown fields are refused, null fields are absent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: field for name, field in value.items() if field is not None}
        return value

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Read the part from JSON values.

        Raises:
            MalformedLot: naming each field at fault and the reason.
        """
        try:
            return cls.model_validate(document, context=_IN_DOCUMENT)
        except ValidationError as error:
            raise MalformedLot(describe_errors(error, _REASONS)) from None

    def to_document(self) -> dict[str, Any]:
        """The part as JSON values; absent and empty fields are left out."""
        return self.model_dump(mode="json", exclude_defaults=True)


def check_text(text: str) -> str:
    """The text in canonical form.

    Raises:
        RefusedValue: it is empty, too long, invisible, or has control characters.
    """
    text = unicodedata.normalize("NFC", text).strip()
    if not text:
        raise RefusedValue("is empty", "empty")
    if len(text) > LONGEST_TEXT:
        raise RefusedValue(
            f"is longer than {LONGEST_TEXT} characters", "too_long", most=LONGEST_TEXT
        )
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise RefusedValue("has a control character", "control")
    if not _DIRECTION_CONTROLS.isdisjoint(text):
        raise RefusedValue("has a character that changes the direction of the text", "direction")
    if not any(_is_visible(letter) for letter in text):
        raise RefusedValue("has no character that can be seen", "invisible")
    return text


def _is_visible(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNPS" and letter not in _BLANK_LETTERS


def _check_image(text: str) -> str:
    # A page shows it: only addresses that a browser fetches, none that it runs.
    local = text.startswith("/") and not text.startswith("//")
    if not (local or text.startswith("https://")) or any(c in text for c in " \"'<>\\"):
        raise RefusedValue("must be a path from / or an https address", "image")
    return text


def _check_country_code(text: str) -> str:
    if not _COUNTRY_CODE.fullmatch(text):
        why = "has not the form of a country code: two capital letters, such as VN"
        raise RefusedValue(why, "country")
    return text


def _parse_timestamp(value: Any, info: ValidationInfo) -> int:
    if isinstance(value, int) and info.context != _IN_DOCUMENT:
        return value
    if not isinstance(value, str):
        raise RefusedValue("must be a text", "text")
    try:
        return parse_rfc3339(value)
    except ValueError as error:
        raise RefusedValue(str(error), "time") from error


def _validate_with(parse: Callable[[str], object], rule: str) -> AfterValidator:
    """A validator that keeps what `parse` returns, or the text when it returns an object."""

    def validate(text: str) -> str:
        try:
            parsed = parse(text)
        except VeritemError as refusal:
            values = {"text": text, **refusal.evidence}
            raise RefusedValue(str(refusal), rule, **values) from refusal
        return parsed if isinstance(parsed, str) else text

    return AfterValidator(validate)


Text = Annotated[str, AfterValidator(check_text)]
Timestamp = Annotated[
    int, BeforeValidator(_parse_timestamp), PlainSerializer(format_rfc3339, when_used="json")
]
"""Milliseconds since the Unix epoch; RFC 3339 in a document."""
ImageAddress = Annotated[Text, AfterValidator(_check_image)]
Gtin = Annotated[Text, _validate_with(parse_gtin, "gtin")]
LotCode = Annotated[Text, _validate_with(check_lot_number, "lot_code")]


def _code_of(kind: CodeKind) -> AfterValidator:
    return _validate_with(lambda text: parse_code(text, kind), "code")


GrowingAreaCode = Annotated[Text, _code_of(CodeKind.GROWING_AREA)]
FarmingAreaCode = Annotated[Text, _code_of(CodeKind.FARMING_AREA)]
PackingHouseCode = Annotated[Text, _code_of(CodeKind.PACKING_HOUSE)]
ProvinceCode = Annotated[
    Text, _validate_with(lambda code: load_administrative_units().province(code), "place")
]
WardCode = Annotated[
    Text, _validate_with(lambda code: load_administrative_units().ward(code), "place")
]
CountryCode = Annotated[Text, AfterValidator(_check_country_code)]
"""ISO 3166-1 alpha-2."""
Latitude = Annotated[float, Strict(), Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Strict(), Field(ge=-180, le=180, allow_inf_nan=False)]
