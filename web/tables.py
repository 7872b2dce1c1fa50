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
    text = text.removeprefix("\ufeff")
    skipped, separator = 0, None
    if named := _SEPARATOR_LINE.match(text):
        separator, text, skipped = named[1], text[named.end() :], 1
    if separator is None:
        first = text.partition("\n")[0]
        separator = max(_SEPARATORS, key=first.count)
    rows = _split_rows(text, separator, skipped)
    header = next(rows, (1, []))[1]
    names = [" ".join(name.split()).lower() for name in header]
    return Table([name for name in names if name], _iterate_rows(rows, names))


def _split_rows(text: str, separator: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line that it ends in, its cells without blanks at their ends."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in lines:
            yield lines.line_num + skipped, [cell.strip() for cell in row]
    except csv.Error as error:
        why = f"it is not CSV: {error}"
        raise MalformedTable(line=lines.line_num + skipped, why=why) from error


def _iterate_rows(rows: Iterator[tuple[int, list[str]]], names: list[str]) -> Iterator[TableRow]:
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
