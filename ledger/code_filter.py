"""Filter and cursor pages of the registered codes, sorted by code.

Each filter has an index that ends with the code, so that a page costs the same wherever it is. A
search finds codes of which each word has a beginning that was typed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from ledger import schema
from ledger.filters import Key
from ledger.registered_code import CodeCondition

_LAST: str = "\U0010ffff"
"""Sorts after every letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFilter:
    """Which registered codes; every field that is set must match."""

    words: Sequence[str] = ()
    """Beginnings of words of code, name and organisation (`web.plain_letters.split_words`)."""
    kind: str | None = None
    organisation: str | None = None
    province: str | None = None
    condition: CodeCondition | None = None
    today: str = ""
    """The ISO date that `condition` is judged by."""

    def select(self, after: Key | None, limit: int) -> Select[Any]:
        """The query of one page; the sort key is `(code,)`."""
        codes = schema.registered_codes
        query = select(codes).where(*self.conditions())
        if after is not None:
            query = query.where(codes.c.code > after[0])
        return query.order_by(codes.c.code).limit(limit)

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions on a row of `registered_codes`."""
        codes, words = schema.registered_codes.c, schema.code_words.c
        found: list[ColumnElement[bool]] = [
            codes.code.in_(select(words.code).where(words.word >= word, words.word < word + _LAST))
            for word in self.words
        ]
        for column, wanted in (
            (codes.kind, self.kind),
            (codes.organisation, self.organisation),
            (codes.province, self.province),
        ):
            if wanted is not None:
                found.append(column == wanted)
        return found + self._condition()

    def _condition(self) -> list[ColumnElement[bool]]:
        codes = schema.registered_codes.c
        if self.condition is None:
            return []
        if self.condition in ("suspended", "revoked"):
            return [codes.status == self.condition]
        active = codes.status == "active"
        has_ended = codes.valid_until < self.today
        begins_later = codes.valid_from > self.today
        if self.condition == "expired":
            return [active, has_ended]
        if self.condition == "pending":
            return [active, begins_later, codes.valid_until.is_(None) | ~has_ended]
        return [
            active,
            codes.valid_until.is_(None) | ~has_ended,
            codes.valid_from.is_(None) | ~begins_later,
        ]
