"""Rows of a file as spreadsheets write it: CSV in any of its dialects, or XLSX.

An XLSX file is an archive that can be small and unpack to gigabytes, name a cell in the last corner
of a sheet, or repeat one long text in every cell. It is measured before the reader sees it: what it
unpacks to, its rows, columns and cells, and its texts. The reader is given a copy that holds what
was measured and nothing else.

Cells are texts: whole numbers without a fraction, others so that they have one reading, days as ISO
dates, with their time where they have one, nothing as "". The first worksheet is read. A CSV
file of another encoding than UTF-8 or UTF-16 is refused, because the letters of names matter.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from python_calamine import CalamineError, load_workbook

from stamps.typed_number import has_two_readings
from web.tables import Row, split_rows
from web.text_files import UnreadableText, decode_text

LARGEST_FILE: Final = 5 * 2**20
"""Bytes of a file."""
_LARGEST_UNPACKED: Final = 32 * 2**20
_MOST_MEMBERS: Final = 1000
_MOST_ROWS: Final = 20_001
_MOST_COLUMNS: Final = 64
_MOST_CELLS: Final = 300_000
_LARGEST_TEXTS: Final = 128 * 2**20
"""Bytes of all cells if each had the longest text."""
_HEADER_LINES: Final = 20
"""Lines in which a table begins; titles may stand above it."""

_ZIP: Final = b"PK\x03\x04"
_WANTED: Final = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(_rels/)?workbook\.xml(\.rels)?"
    r"|xl/worksheets/[^/]+\.xml|xl/(sharedStrings|styles)\.xml"
)
_CELL: Final = re.compile(rb"<(?:[A-Za-z]+:)?c[\s/>]")
_POSITION: Final = re.compile(rb"<(?:[A-Za-z]+:)?(?:c|row)\s(?:[^>]*?\s)?r\s*=\s*[\"']([^\"']*)")
_PLACE: Final = re.compile(rb"([A-Z]{0,3})([0-9]{1,7})")
_TEXT_END: Final = re.compile(rb"</(?:[A-Za-z]+:)?si>")


class SheetTooLarge(UnreadableText):
    """The file, or what it unpacks to, is larger than any table that is read."""

    code = "sheet-too-large"
    message = "{why}"


def iterate_rows(content: bytes) -> Iterator[Row]:
    """The rows of a file, each with its line from 1; empty ones too.

    Raises `UnreadableText` (`SheetTooLarge`), and on the way `MalformedTable`.
    """
    if len(content) > LARGEST_FILE:
        raise SheetTooLarge(why=f"a file has at most {LARGEST_FILE // 2**20} MB")
    if content.startswith(_ZIP):
        return _iterate_workbook(_repack(content))
    return split_rows(decode_text(content), separator_lines=_HEADER_LINES)


def _iterate_workbook(content: bytes) -> Iterator[Row]:
    try:
        sheet = load_workbook(io.BytesIO(content)).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise UnreadableText(why=f"it is no XLSX workbook: {error}") from error
    return ((line, [_to_text(cell) for cell in row]) for line, row in enumerate(rows, 1))


def _to_text(cell: object) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        text = str(int(cell)) if cell.is_integer() else repr(cell)
        # With three digits behind its point, a number could be read as thousands.
        return f"{text}0" if has_two_readings(text) else text
    if isinstance(cell, datetime):
        has_time = (cell.hour, cell.minute) != (0, 0)
        return cell.strftime("%Y-%m-%dT%H:%M") if has_time else cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip()


def _repack(content: bytes) -> bytes:
    """The parts of a workbook that are read, measured, in a new archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = _unpack(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnreadableText(why=f"it is no XLSX workbook: {error}") from error
    _measure(members)
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return copy.getvalue()


def _unpack(archive: zipfile.ZipFile) -> dict[str, bytes]:
    members = archive.infolist()
    wanted = [member for member in members if _WANTED.fullmatch(member.filename)]
    if len(members) > _MOST_MEMBERS:
        raise SheetTooLarge(why=f"a workbook has at most {_MOST_MEMBERS} parts")
    left, unpacked = _LARGEST_UNPACKED, {}
    for member in wanted:
        # Not what the archive says of itself: no more than this is unpacked.
        with archive.open(member) as part:
            data = part.read(left + 1)
        left -= len(data)
        if left < 0:
            raise SheetTooLarge(
                why=f"a workbook unpacks to at most {_LARGEST_UNPACKED // 2**20} MB"
            )
        unpacked[member.filename] = data
    return unpacked


def _measure(members: dict[str, bytes]) -> None:
    """Refuse sheets with too many rows, columns, cells, or too long texts."""
    cells = 0
    for name, data in members.items():
        if data[:1] != b"<" and not data.startswith(b"\xef\xbb\xbf<"):
            raise UnreadableText(why=f"its part {name} is not XML in UTF-8")
        if not name.startswith("xl/worksheets/"):
            continue
        cells += sum(1 for _ in _CELL.finditer(data))
        for position in _POSITION.finditer(data):
            _check_position(position[1])
    if cells > _MOST_CELLS:
        raise SheetTooLarge(why=f"a workbook has at most {_MOST_CELLS} cells")
    texts = _TEXT_END.split(members.get("xl/sharedStrings.xml", b""))
    if max(len(text) for text in texts) * cells > _LARGEST_TEXTS:
        raise SheetTooLarge(why="its texts are too long for so many cells")


def _check_position(text: bytes) -> None:
    place = _PLACE.fullmatch(text)
    if place is None:
        raise UnreadableText(why="a cell has no position")
    column = 0
    for letter in place[1]:
        column = column * 26 + letter - ord("A") + 1
    if int(place[2]) > _MOST_ROWS:
        raise SheetTooLarge(why=f"a table has at most {_MOST_ROWS - 1} rows below its header")
    if column > _MOST_COLUMNS:
        raise SheetTooLarge(why=f"a table has at most {_MOST_COLUMNS} columns")
