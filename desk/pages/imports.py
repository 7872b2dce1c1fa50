"""What the pages of imports share: the file that was sent, and the lines that are refused."""

from collections.abc import Callable, Sequence
from typing import Final

from aiohttp import web

from desk.pages.list_cells import Value
from desk.pages.list_files import encode_csv
from services.codes.code_imports import RefusedLine
from web.csv_cells import BOM
from web.i18n import Texts
from web.spreadsheets import LARGEST_FILE

MOST_ROWS: Final = 200
"""Lines that a page shows; the counts tell of the others."""
UPLOAD_BYTES: Final = LARGEST_FILE + 65_536
"""The largest file with the form around it."""
MOST_MB: Final = LARGEST_FILE // 2**20


def describe_refused(
    lines: Sequence[RefusedLine], label: Callable[[str], str], texts: Texts
) -> list[tuple[RefusedLine, list[tuple[str, str]]]]:
    """The first refused lines, each with label and reason of its fields at fault."""
    return [(line, _describe_flaws(line, label, texts)) for line in lines[:MOST_ROWS]]


def send_refused(
    lines: Sequence[RefusedLine], label: Callable[[str], str], texts: Texts
) -> web.Response:
    """All refused lines as a table for spreadsheets, a row for each field at fault."""
    header: list[Value] = [
        texts(f"codes.refused_{name}") for name in ("line", "code", "column", "why")
    ]
    rows: list[list[Value]] = [
        [line.line, line.code, column, why]
        for line in lines
        for column, why in _describe_flaws(line, label, texts)
    ]
    return web.Response(
        body=BOM.encode() + encode_csv([header, *rows]),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="refused-lines.csv"'},
    )


def _describe_flaws(
    line: RefusedLine, label: Callable[[str], str], texts: Texts
) -> list[tuple[str, str]]:
    return [
        (label(name), texts(f"code_flaw.{flaw.reason}", **flaw.values))
        for name, flaw in line.flaws.items()
    ]
