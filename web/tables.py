"""Tables of text as spreadsheets write them: comma, semicolon or tab between the cells.

A first line `sep=;` names the separator, as Excel takes it; else the header line shows it. Names
of columns are in lower case without blanks at their ends. Empty columns, empty lines and cells that
are missing at the end of a row are no faults; cells without a column are.

>>> table = parse_table("sep=;\\nState;Roll;\\nprinted;7·0-99\\n;;\\n")
>>> table.columns, [dict(row.cells) for row in table.rows]
(['state', 'roll'], [{'state': 'printed', 'roll': '7·0-99'}])
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from stamps.errors import VeritemError

_SEPARATORS: Final = (",", ";", "\t")
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?[;,\t ]*\r?\n', re.IGNORECASE)


class MalformedTable(VeritemError):
    """The text is no table; `line` is the first line at fault, from 1."""

    code = "malformed-table"
    message = "line {line}: {why}"


Row = tuple[int, list[str]]
"""A line, from 1, and the cells that end in it, without blanks at their ends."""


class TableRow(NamedTuple):
    """The cells of a row that are not empty, by the name of their column."""

    line: int
    cells: Mapping[str, str]


class Table(NamedTuple):
    """A parsed table; iterating `rows` raises `MalformedTable` at the line at fault."""

    columns: list[str]
    """The names of the header line, without empty ones; a name may stand twice."""
    rows: Iterator[TableRow]


def parse_table(text: str) -> Table:
    """The table of a text. Raises `MalformedTable`."""
    return make_table(split_rows(text))


def make_table(rows: Iterator[Row]) -> Table:
    """The table of rows of which the first is the header. Raises `MalformedTable`."""
    header = next(rows, (1, []))[1]
    names = [normalize_name(name) for name in header]
    return Table([name for name in names if name], _iterate_rows(rows, names))


def normalize_name(name: str) -> str:
    """The name of a column in lower case, with single blanks."""
    return " ".join(name.split()).lower()


def split_rows(text: str, *, separator_lines: int = 1) -> Iterator[Row]:
    """Each row of a text with the line that it ends in; raises `MalformedTable` on the way.

    The separator is the one that is most frequent in the first `separator_lines` lines.
    """
    text = text.removeprefix("\ufeff")
    skipped, separator = 0, None
    if named := _SEPARATOR_LINE.match(text):
        separator, text, skipped = named[1], text[named.end() :], 1
    if separator is None:
        start = "\n".join(text.split("\n", separator_lines)[:separator_lines])
        separator = max(_SEPARATORS, key=start.count)
    return _split_rows(text, separator, skipped)


def _split_rows(text: str, separator: str, skipped: int) -> Iterator[Row]:
    """Each row with the line that it ends in, its cells without blanks at their ends."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in lines:
            yield lines.line_num + skipped, [cell.strip() for cell in row]
    except csv.Error as error:
        why = f"it is not CSV: {error}"
        raise MalformedTable(line=lines.line_num + skipped, why=why) from error


def _iterate_rows(rows: Iterator[Row], names: list[str]) -> Iterator[TableRow]:
    for line, cells in rows:
        named = {}
        for at, cell in enumerate(cells):
            if not cell:
                continue
            if at >= len(names) or not names[at]:
                why = f"it has {len(cells)} fields, the header {len(names)}"
                raise MalformedTable(line=line, why=why)
            named[names[at]] = cell
        if named:
            yield TableRow(line, named)
