"""Tables of people to invite, as a co-operative or an authority keeps them: columns and cells.

A column is known by its name in Vietnamese or English, with or without marks. A phone number that a
spreadsheet took for a number has lost its leading zero; nine digits of a mobile number are read as
one. What cannot be read is a flaw of its line, and nothing is guessed.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from ledger.trade_kinds import TRADE_KINDS, TradeKind
from services.codes.code_table import KnownNames, read_province
from services.errors import InvalidInput
from services.organisations.phone_numbers import read_phone
from services.tables.line_flaws import LineFlaw, UnreadableCell, make_flaw
from traceability.document_fields import check_text
from traceability.registration_codes import normalize_code
from web.plain_letters import split_words
from web.spreadsheets import iterate_rows
from web.tables import Row, TableRow, make_table

MAX_NAME_LENGTH: Final = 200
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("kind", "role", "loai", "vai tro", "ben"),
    "name": ("name", "ten", "ho ten", "ho va ten", "ten ho", "ten don vi", "ten co so"),
    "phone": ("phone", "telephone", "dien thoai", "so dien thoai", "sdt", "di dong"),
    "province": ("province", "tinh", "tinh thanh", "tinh thanh pho"),
    "code": ("code", "registered code", "ma vung trong", "ma so vung trong", "ma so"),
}
"""The fields, each with the names that its column has, as words in plain letters."""
_HEADER: Final = ("Vai trò", "Tên", "Số điện thoại", "Tỉnh", "Mã vùng trồng")
_KINDS: Final[Mapping[TradeKind, tuple[str, ...]]] = {
    "grower": (
        "nguoi trong", "nguoi trong hop tac xa", "ho trong", "nong ho", "hop tac xa", "htx",
        "nha vuon", "grower co operative",
    ),
    "buyer": ("co so thu mua", "thu mua", "thuong lai", "ben mua"),
    "processor": ("co so che bien", "che bien"),
    "carrier": ("don vi van chuyen", "van chuyen", "nha xe"),
    "distributor": ("nha phan phoi", "phan phoi"),
    "retailer": ("cua hang ban le", "ban le", "cua hang"),
    "laboratory": ("phong kiem nghiem", "kiem nghiem", "phong thu nghiem"),
    "certifier": ("to chuc chung nhan", "chung nhan"),
}  # fmt: skip
"""What each kind is called, beside its id, as words in plain letters."""
_KNOWN: Final = (
    "người trồng, thu mua, chế biến, vận chuyển, phân phối, bán lẻ, kiểm nghiệm, chứng nhận"
)
_LOST_ZERO: Final = re.compile(r"[35789][0-9]{8}")
_HEADER_LINES: Final = 20
_NO_NAMES: Final = KnownNames.collect((), ())


@dataclass(frozen=True, slots=True)
class InvitedLine:
    """A line of a table: whom it invites, as far as it can be read, and what cannot be."""

    line: int
    kind: TradeKind | None = None
    name: str = ""
    phone: str | None = None
    province: str | None = None
    code: str | None = None
    flaws: dict[str, LineFlaw] = field(default_factory=dict)


def read_invited(content: bytes, most: int) -> tuple[list[InvitedLine], list[str]]:
    """The lines of a CSV or XLSX file, and the columns that are not read.

    Raises `UnreadableText`, `MalformedTable`, `SheetTooLarge`, `InvalidInput`.
    """
    fields, ignored, rows = _find_table(iterate_rows(content))
    lines: list[InvitedLine] = []
    for row in rows:
        if len(lines) == most:
            raise InvalidInput(field="file", why=f"has more than {most} lines")
        texts = {name: row.cells.get(column, "").strip() for column, name in fields.items()}
        lines.append(_read_line(row.line, texts))
    if not lines:
        raise InvalidInput(field="file", why="has no line below its header")
    return lines, ignored


def make_template() -> str:
    """An empty table as CSV that spreadsheets open."""
    return "\ufeff" + ",".join(f'"{name}"' for name in _HEADER) + "\r\n"


def read_kind(text: str) -> TradeKind:
    """The kind of actor that people call so. Raises `UnreadableCell`."""
    words = " ".join(split_words(text))
    for kind in TRADE_KINDS:
        if words in (kind, *_KINDS[kind]):
            return kind
    raise UnreadableCell("choice", text=text, known=_KNOWN)


def read_typed_phone(text: str) -> str:
    """The number that a cell means. Raises `UnreadableCell`, which does not repeat the number."""
    bare = text.removesuffix(".0")
    phone = read_phone(f"0{bare}" if _LOST_ZERO.fullmatch(bare) else text)
    if phone is None:
        raise UnreadableCell("phone")
    return phone


def _read_line(number: int, texts: Mapping[str, str]) -> InvitedLine:
    flaws: dict[str, LineFlaw] = {}

    def read(name: str, reader: Callable[[str], str], *, is_needed: bool = False) -> str | None:
        text = texts.get(name, "")
        if not text:
            if is_needed:
                flaws[name] = make_flaw("missing")
            return None
        try:
            return reader(text)
        except UnreadableCell as error:
            flaws[name] = error.flaw
            return None

    kind = read("kind", read_kind, is_needed=True)
    return InvitedLine(
        line=number,
        kind=next((one for one in TRADE_KINDS if one == kind), None),
        name=read("name", _read_name, is_needed=True) or "",
        phone=read("phone", read_typed_phone),
        province=read("province", lambda text: read_province(text, _NO_NAMES)),
        code=read("code", normalize_code),
        flaws=flaws,
    )


def _read_name(text: str) -> str:
    if len(text) > MAX_NAME_LENGTH:
        raise UnreadableCell("too_long", most=MAX_NAME_LENGTH)
    try:
        return check_text(text)
    except ValueError as error:
        raise UnreadableCell("text", why=error) from error


def _find_table(rows: Iterator[Row]) -> tuple[Mapping[str, str], list[str], Iterator[TableRow]]:
    """Fields by column, other columns, and the rows below the header; titles may stand above."""
    for number, row in enumerate(rows):
        if "name" in _find_fields(row[1]).values():
            table = make_table(chain([row], rows))
            fields = _find_fields(table.columns)
            return fields, [one for one in table.columns if one not in fields], table.rows
        if number == _HEADER_LINES:
            break
    raise InvalidInput(field="file", why=f"has no column {_HEADER[1]}")


def _find_fields(columns: Sequence[str]) -> dict[str, str]:
    """The field of each column whose name is known; the first of two for the same field."""
    found: dict[str, str] = {}
    for column in columns:
        words = " ".join(split_words(column))
        name = next((one for one, names in COLUMNS.items() if words in names), None)
        if name is not None and name not in found.values():
            found[" ".join(column.split()).lower()] = name
    return found
