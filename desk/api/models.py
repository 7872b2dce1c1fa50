"""Base models and field types of API bodies and queries.

A body is strict: no text is taken for a number, and a field that is not declared is refused by its
name. A query is text by nature, so its values are converted.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.paging import DEFAULT_LIMIT, MAX_LIMIT

MAX_INDEX = 2**24 - 1

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Body(BaseModel):
    """A JSON body with exactly its declared fields."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Query(BaseModel):
    """The parameters of a query."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageQuery(Query):
    """Which page of a list is asked for."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    after: str | None = None
    """`next` of the page before."""


class ListDocument(BaseModel):
    """A page of a list; `next` is the cursor of the following page, null on the last one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    next: str | None
