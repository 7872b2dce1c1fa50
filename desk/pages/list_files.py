"""Exports of lists as CSV and XLSX, written row by row.

A spreadsheet takes a text that begins with `=`, `+`, `-` or `@` for a formula. In CSV such a cell
gets an apostrophe before it (OWASP, CSV injection); in XLSX every text is written as a text.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO, Any, Final

import xlsxwriter

from desk.pages.list_cells import Value
from web.csv_cells import disarm_formula

CSV_TYPE: Final = "text/csv; charset=utf-8"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_WIDTH: Final = 20
"""Characters of a column."""


def encode_csv(rows: Iterable[Sequence[Value]]) -> bytes:
    """Rows as lines of CSV.

    >>> encode_csv([["=1+1", 5, datetime(2026, 11, 27, 16, 45), None]])
    b"'=1+1,5,2026-11-27 16:45,\\r\\n"
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows([_to_csv(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _to_csv(cell: Value) -> str | int | None:
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    return disarm_formula(cell) if isinstance(cell, str) else cell


class XlsxFile:
    """A workbook of one sheet that is written to a file, with the memory of one row."""

    def __init__(self, file: IO[bytes], title: str, headers: Sequence[str]) -> None:
        # Texts are texts: neither formulas nor links are made of them.
        options: dict[str, Any] = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = xlsxwriter.Workbook(file, options)
        self._sheet = self._book.add_worksheet(title[:31])
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._row = 0
        head = self._book.add_format({"bold": True})
        self._sheet.set_column(0, len(headers) - 1, _WIDTH)
        self._sheet.freeze_panes(1, 0)
        for at, text in enumerate(headers):
            self._sheet.write_string(0, at, text, head)

    def append(self, rows: Iterable[Sequence[Value]]) -> None:
        """Append rows."""
        for row in rows:
            self._row += 1
            for at, cell in enumerate(row):
                if isinstance(cell, datetime):
                    self._sheet.write_datetime(self._row, at, cell, self._moment)
                elif isinstance(cell, int):
                    self._sheet.write_number(self._row, at, cell)
                elif cell:
                    self._sheet.write_string(self._row, at, cell)

    def close(self) -> None:
        """Finish the file."""
        self._book.close()
