"""Filter and cursor pages of the registered codes, sorted by code.

Each filter has an index that ends with the code, so that a page costs the same wherever it is. A
search finds codes of which each word has a beginning that was typed.

A word that few codes have leads the search: its codes are looked up. A word that many have is
looked for in each code on the way, because the page is full after a few of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.codes.registered_code import CodeCondition
from ledger.cursor_pages import Key
from ledger.search_words import begins_with

EXPIRING_DAYS: Final = 30
_FEW: Final = 2000
"""Codes that are looked up one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFilter:
    """Which registered codes; every field that is set must match."""

    words: Sequence[str] = ()
    """Beginnings of words of code, name and organisation (`ledger.search_words`)."""
    kind: str | None = None
    organisation: str | None = None
    province: str | None = None
    condition: CodeCondition | None = None
    today: str = ""
    """The ISO date that `condition` is judged by."""

    async def select(
        self, connection: AsyncConnection, after: Key | None, limit: int
    ) -> Select[Any]:
        """The query of one page; the sort key is `(code,)`."""
        codes = schema.registered_codes
        query = select(codes).where(*self._equalities(), *self._conditions())
        for word in self.words:
            query = query.where(await _has_word(connection, word))
        if after is not None:
            query = query.where(codes.c.code > after[0])
        return query.order_by(codes.c.code).limit(limit)

    def _equalities(self) -> list[ColumnElement[bool]]:
        codes = schema.registered_codes.c
        pairs = (
            (codes.kind, self.kind),
            (codes.organisation, self.organisation),
            (codes.province, self.province),
        )
        return [column == wanted for column, wanted in pairs if wanted is not None]

    def _conditions(self) -> list[ColumnElement[bool]]:
        return [] if self.condition is None else list_conditions(self.condition, self.today)


def list_conditions(
    condition: CodeCondition | Literal["expiring"], today: str
) -> list[ColumnElement[bool]]:
    """Return the condition on rows whose code has a status or condition on a day (ISO date).

    `expiring`: in force, and not for longer than `EXPIRING_DAYS`.
    """
    codes = schema.registered_codes.c
    if condition in ("suspended", "revoked"):
        return [codes.status == condition]
    active = codes.status == "active"
    has_ended = codes.valid_until < today
    begins_later = codes.valid_from > today
    if condition == "expiring":
        last = (date.fromisoformat(today) + timedelta(days=EXPIRING_DAYS)).isoformat()
        return [
            active,
            ~begins_later | codes.valid_from.is_(None),
            _is_one_where(codes.valid_until.between(today, last)),
        ]
    if condition == "expired":
        return [active, _is_one_where(has_ended)]
    has_not_ended = codes.valid_until.is_(None) | ~has_ended
    if condition == "pending":
        return [active, _is_one_where(begins_later), has_not_ended]
    return [active, has_not_ended, codes.valid_from.is_(None) | ~begins_later]


def _is_one_where(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition by its own index, and not by that of the sort order: few codes fulfil it."""
    codes = schema.registered_codes.c
    return codes.code.in_(select(codes.code).where(condition).correlate(None))


async def _has_word(connection: AsyncConnection, word: str) -> ColumnElement[bool]:
    code, words = schema.registered_codes.c.code, schema.search_words.c
    begins = (words.kind == "code", begins_with(words.word, word))
    some = select(words.row).where(*begins).limit(_FEW + 1).subquery()
    found = await connection.scalar(select(func.count()).select_from(some))
    if found is not None and found <= _FEW:
        return code.in_(select(words.row).where(*begins))
    return select(words.row).where(words.row == code, *begins).exists()
