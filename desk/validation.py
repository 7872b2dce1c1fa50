"""Validation of bodies, queries and forms by their pydantic models."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from web.errors import MalformedBody

Model = TypeVar("Model", bound=BaseModel)


def validate_json(model: type[Model], content: bytes) -> Model:
    """A JSON body as its model. Raises `MalformedBody`, which names the field."""
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


def to_malformed_body(error: ValidationError) -> MalformedBody:
    """The first flaw that a validation found, as a refusal."""
    flaw = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in flaw["loc"]) or "body"
    why = "is not a field here" if flaw["type"] == "extra_forbidden" else flaw["msg"]
    return MalformedBody(field=field, why=why)
