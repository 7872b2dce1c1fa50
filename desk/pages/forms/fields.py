"""Fields of forms, and the base of their models."""

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from stamps.typed_date import parse_typed_date
from stamps.typed_number import parse_whole_number

Text = Annotated[str, StringConstraints(max_length=200)]
Scanned = Annotated[str, StringConstraints(max_length=2048)]
"""A code as a scanner reads it from a symbol, or a person types it."""
Tick = Literal["yes"] | None
Ticked = Literal["yes"]
"""A box that must be ticked."""


def _parse_count(value: object, info: ValidationInfo) -> object:
    """A whole number as people type it on a page whose language separates thousands so."""
    thousands: Literal[".", ","] = "." if info.context == "vi" else ","
    return parse_whole_number(value, thousands) if isinstance(value, str) else value


Count = Annotated[int, BeforeValidator(_parse_count)]
"""A whole number; the validation context is the language of the page."""


def _parse_date(value: object) -> object:
    return parse_typed_date(value) if isinstance(value, str) else value


Date = Annotated[Text, BeforeValidator(_parse_date)]
"""A date as ISO 8601."""


class Form(BaseModel):
    """A submitted form; `csrf` ties it to its session, `key` makes sending it twice harmless."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    csrf: str = ""
    key: str = ""

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, values: Any) -> Any:
        return {name: value for name, value in values.items() if value != ""}


class ConfirmationForm(Form):
    """A button that a tick confirms."""

    sure: Ticked
