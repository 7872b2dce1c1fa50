"""Cursor pages: part of a list, and the cursor of the part that follows."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import orjson

from ledger import Key
from services.errors import InvalidInput
from stamps.base64url import encode_base64url

Item = TypeVar("Item")

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list."""

    items: Sequence[Item]
    next: str | None = None
    """Cursor to pass as `after` for the following page; None on the last page."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list: at most `limit` rows after the cursor `after`."""

    limit: int = DEFAULT_LIMIT
    after: str | None = None

    def key(self, *types: type) -> Key | None:
        """The sort key in the cursor, whose values must have these types.

        Raises `InvalidInput` for a cursor that is not from this list, or a limit out of range.
        """
        if not 1 <= self.limit <= MAX_LIMIT:
            raise InvalidInput(field="limit", why=f"must be from 1 to {MAX_LIMIT}")
        return None if self.after is None else decode_cursor(self.after, types)

    def make_page(self, rows: Sequence[Item], key_of: Callable[[Item], Key]) -> Page[Item]:
        """The page of `rows`, of which one more than `limit` was asked for."""
        items = rows[: self.limit]
        return Page(items, encode_cursor(key_of(items[-1])) if len(rows) > self.limit else None)


def encode_cursor(key: Key) -> str:
    """A sort key as a cursor: opaque text for addresses.

    >>> encode_cursor((1790000000000, "o-1"))
    'WzE3OTAwMDAwMDAwMDAsIm8tMSJd'
    """
    return encode_base64url(orjson.dumps(list(key)))


def decode_cursor(text: str, types: Sequence[type], field: str = "after") -> Key:
    """The sort key in a cursor. Raises `InvalidInput` when it does not have these types."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        key = orjson.loads(base64.urlsafe_b64decode(padded))
    except ValueError:
        key = None
    if (
        not isinstance(key, list)
        or [type(value) for value in key] != list(types)
        or not all(_is_storable(value) for value in key)
    ):
        raise InvalidInput(field=field, why="is not the cursor of a page of this list")
    return key


def _is_storable(value: int | float | str) -> bool:
    """Whether both databases take a value as a parameter."""
    if isinstance(value, str):
        return "\0" not in value
    return not isinstance(value, int) or abs(value) < 2**63
