"""Spreadsheets: what Excel and people write is read; what would eat memory is refused early."""

import io
import zipfile
from datetime import date

import pytest
import xlsxwriter

from web.spreadsheets import SheetTooLarge, iterate_rows
from web.text_files import UnreadableText

ROWS: list[list[object]] = [
    ["Mã số", "Diện tích"],
    [],
    ["VN-ĐLOR-0123", 12.5, date(2026, 7, 1), 8, 1.125],
]


def make_workbook(rows: list[list[object]] = ROWS) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"default_date_format": "dd/mm/yyyy"}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    return content.getvalue()


def change_member(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """The archive with one of its parts edited."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(copy, "w", 8) as target:
        for member in source.namelist():
            data = source.read(member)
            if member == name:
                assert old in data
                data = data.replace(old, new)
            target.writestr(member, data)
    return copy.getvalue()


def test_a_workbook_is_read_as_texts_with_its_lines() -> None:
    assert list(iterate_rows(make_workbook())) == [
        (1, ["Mã số", "Diện tích", "", "", ""]),
        (2, ["", "", "", "", ""]),
        (3, ["VN-ĐLOR-0123", "12.5", "2026-07-01", "8", "1.1250"]),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_is_read_with_titles_above_the_table(encoding: str) -> None:
    text = "Danh sách, năm 2026\nMã;Tên\nVN-ĐLOR-0123;Ea Kao\n"
    rows = [cells for _, cells in iterate_rows(text.encode(encoding))]
    assert rows[1:] == [["Mã", "Tên"], ["VN-ĐLOR-0123", "Ea Kao"]]


SHEET = "xl/worksheets/sheet1.xml"
TEXTS = "xl/sharedStrings.xml"
LARGE = [
    (SHEET, b'r="A3"', b'r="A1048576"'),
    (SHEET, b'r="B3"', b"r='XFD3'"),
    (SHEET, b'<row r="3"', b'<row r="1048576"'),
    (SHEET, b"</sheetData>", b"<!--" + bytes(33 * 2**20) + b"--></sheetData>"),
    (SHEET, b"</sheetData>", b"<row r='4'>" + b"<c/>" * 300_001 + b"</row></sheetData>"),
    (TEXTS, b"VN-", b"x" * 31 * 2**20 + b"VN-"),
]


@pytest.mark.parametrize(("member", "old", "new"), LARGE)
def test_a_workbook_that_would_fill_the_memory_is_refused(
    member: str, old: bytes, new: bytes
) -> None:
    content = change_member(make_workbook(), member, old, new)
    assert len(content) < 200_000
    with pytest.raises(SheetTooLarge):
        iterate_rows(content)


BROKEN = [
    b"PK\x03\x04 no archive",
    make_workbook()[:2000],
    change_member(make_workbook(), SHEET, b'r="A3"', b'r="&#65;3"'),
    change_member(make_workbook(), SHEET, b"<sheetData>", b"<sheetData"),
    b"\xd0\xcf\x11\xe0 old Excel",
    "tên".encode("cp1258"),
]


@pytest.mark.parametrize("content", BROKEN)
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableText):
        list(iterate_rows(content))


def test_a_large_file_is_refused_unread() -> None:
    with pytest.raises(SheetTooLarge, match="5 MB"):
        iterate_rows(b"a;b\n" * 2**21)
