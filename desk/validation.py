"""Validation of bodies, queries and forms by their pydantic models."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from web.control_characters import check_json
from web.text_files import convert_to_utf8
from web.validation import to_malformed_body

Model = TypeVar("Model", bound=BaseModel)


def validate_json(model: type[Model], content: bytes) -> Model:
    """A JSON body as its model. Raises `MalformedBody` or `ControlCharacter`, with the field."""
    content = convert_to_utf8(content)
    check_json(content)
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise to_malformed_body(error) from None


def validate_values(
    model: type[Model], values: Mapping[str, str], language: str | None = None
) -> Model:
    """A query or a form as its model; `language` is that of the page with the form.

    Raises `MalformedBody`, which names the field.
    """
    try:
        return model.model_validate(dict(values), context=language)
    except ValidationError as error:
        raise to_malformed_body(error) from None
