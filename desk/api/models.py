"""Base models and field types of API bodies and queries.

A body is strict: no text is taken for a number, and a field that is not declared is refused by its
name. A query is text by nature, so its values are converted.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.lists.description import MAX_SEARCH_LENGTH, ListRequest
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


class SortedPageQuery(PageQuery):
    """Which rows of a list are asked for, and in what order; filters are added by each list."""

    before: str | None = None
    """`previous` of the page behind."""
    q: Annotated[str, Field(max_length=MAX_SEARCH_LENGTH)] = ""
    """A typed text: a number, a code, words of names."""
    since: str = ""
    """The first day, 2026-11-27, in Vietnam's time."""
    until: str = ""
    """The last day."""
    sort: str = ""
    """A name of a column; `-` before it: descending."""

    def to_request(self, *filters: str) -> ListRequest:
        """Return the request for rows of a list that has these filters."""
        asked = {name: getattr(self, name) for name in filters}
        return ListRequest(
            search=self.q,
            filters={name: (str(value),) for name, value in asked.items() if value is not None},
            since=self.since,
            until=self.until,
            sort=self.sort,
            after=self.after,
            before=self.before,
            limit=self.limit,
        )


class ListDocument(BaseModel):
    """A page of a list; `next` is the cursor of the following page, null on the last one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    next: str | None


class SortedListDocument(ListDocument):
    """A page of a list that can be read both ways; `previous` is null on the first page."""

    previous: str | None
