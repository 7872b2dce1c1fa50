"""Validation of bodies, queries and forms by their pydantic models."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from web.control_characters import check_json
from web.validation import to_malformed_body

Model = TypeVar("Model", bound=BaseModel)


def validate_json(model: type[Model], content: bytes) -> Model:
    """A JSON body as its model. Raises `MalformedBody` or `ControlCharacter`, with the field."""
    check_json(content)
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise to_malformed_body(error) from None


def validate_values(model: type[Model], values: Mapping[str, str]) -> Model:
    """A query or a form as its model. Raises `MalformedBody`, which names the field."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise to_malformed_body(error) from None
