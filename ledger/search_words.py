"""Search words: by which words a row is found, in plain letters.

The table `search_words` is an index that the program keeps: `put_search_words` replaces the words
of a row in the transaction that writes the row, so both are there or neither. Names of products,
organisations and accounts have words, and texts that only their row has (the note of an order, the
code of a lot). A row that refers to a product is found by the product's words, so a product that
gets another name needs no change elsewhere.

A word that is typed matches every word that begins with it. The column has the collation "C" on
PostgreSQL, in which words that begin alike stand together, as on SQLite.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import ColumnElement, delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.storage.row_lists import insert_pairs, split_parts
from web.plain_letters import split_words

WordKind = Literal["product", "organisation", "place", "staff", "order", "lot", "code"]

_LAST: Final = "\U0010ffff"
"""A character that sorts after every letter."""
_MOST_TYPED: Final = 8
"""Words of a search that count."""
_MOST_CANDIDATES: Final = 2_000
"""Rows of one word that a search looks at."""
_MOST_WORDS: Final = 100
"""Words of a row that are kept."""
_LONGEST_WORD: Final = 40
_ROWS: Final = 500
"""Rows named in one statement."""
_PART: Final = re.compile(r"[\u3400-\u9fff]|[^\u3400-\u9fff]+")
"""A Chinese character is a word: Chinese is written without blanks."""


def list_search_words(*texts: str | None) -> list[str]:
    """The distinct words of texts in plain letters, in their order.

    >>> list_search_words("Sầu riêng Ri6, ĐL-0912", "Ri6 榴莲", None)
    ['sau', 'rieng', 'ri6', 'dl', '0912', '榴', '莲']
    """
    words = (word for text in texts if text for word in split_words(text))
    parts = (part[:_LONGEST_WORD] for word in words for part in _PART.findall(word))
    return list(dict.fromkeys(parts))[:_MOST_WORDS]


async def put_search_words(
    connection: AsyncConnection, kind: WordKind, row: str, *texts: str | None
) -> None:
    """Replace the words of a row, inside the caller's transaction."""
    table = schema.search_words
    await connection.execute(delete(table).where(table.c.kind == kind, table.c.row == row))
    words = list_search_words(*texts)
    if words:
        await connection.execute(
            insert(table), [{"kind": kind, "word": word, "row": row} for word in words]
        )


async def put_many_search_words(
    connection: AsyncConnection, kind: WordKind, rows: Mapping[str, Sequence[str]]
) -> None:
    """Replace the words of many rows, given as `list_search_words` returns them."""
    table, ids = schema.search_words, list(rows)
    for some in split_parts(ids, _ROWS):
        await connection.execute(delete(table).where(table.c.kind == kind, table.c.row.in_(some)))
    pairs = [(word, row) for row, words in rows.items() for word in words]
    if pairs:
        await insert_pairs(connection, table.c.word, table.c.row, pairs, kind=kind)


@dataclass(frozen=True, slots=True)
class WordMatch:
    """The rows that have the words that were typed."""

    rows: list[str]
    is_partial: bool
    """Whether more rows may match: the search looked at a part of those with the first word."""


def begins_with(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """Whether a word of the column begins with a typed one."""
    return (column >= word) & (column < word + _LAST)


async def find_rows_by_words(
    connection: AsyncConnection, kind: WordKind, text: str, limit: int
) -> WordMatch:
    """Return at most `limit` rows that have all the words of a typed text; none without words.

    The rarest word is read, up to `_MOST_CANDIDATES` rows of it, and the others are looked up.
    """
    words = list_search_words(text)[:_MOST_TYPED]
    if not words:
        return WordMatch([], False)
    table = schema.search_words
    rarest, found = await _find_rarest(connection, kind, words)
    if not found:
        return WordMatch([], False)
    candidates = (
        select(table.c.row)
        .where(table.c.kind == kind, begins_with(table.c.word, rarest))
        .limit(_MOST_CANDIDATES)
        .subquery()
    )
    query = select(candidates.c.row)
    for word in words:
        if word != rarest:
            other = schema.search_words.alias()
            # Not EXISTS: PostgreSQL would make a join of it and read all rows with that word.
            found_word = (
                select(literal(True))
                .where(
                    other.c.kind == kind,
                    other.c.row == candidates.c.row,
                    begins_with(other.c.word, word),
                )
                .limit(1)
                .scalar_subquery()
            )
            query = query.where(found_word)
    # Not DISTINCT: SQLite would read the whole index of rows for it.
    rows = list(dict.fromkeys(await connection.scalars(query)))
    return WordMatch(rows[:limit], found == _MOST_CANDIDATES or len(rows) > limit)


async def _find_rarest(
    connection: AsyncConnection, kind: WordKind, words: Sequence[str]
) -> tuple[str, int]:
    """The word that begins the fewest words, and how many, counted as far as it matters."""
    table, counts = schema.search_words, []
    for word in words:
        some = (
            select(table.c.row)
            .where(table.c.kind == kind, begins_with(table.c.word, word))
            .limit(_MOST_CANDIDATES)
        )
        counts.append(select(func.count()).select_from(some.subquery()).scalar_subquery())
    counted = (await connection.execute(select(*counts))).one()
    found, rarest = min(zip(counted, words, strict=True))
    return rarest, int(found)
