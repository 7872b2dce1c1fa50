"""Base of the JSON documents, and their timestamps."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, WithJsonSchema

Timestamp = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""RFC 3339, UTC."""


class Document(BaseModel):
    """A JSON document with exactly its declared fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)
