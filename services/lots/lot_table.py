"""Tables of lots, as packers keep them in spreadsheets: a line is a lot.

The columns are the fields of the profiles. A column is known by its label in Vietnamese or English,
with or without marks, or by the name of its field. A product, a province and the kind of a producer
are read by name or by code.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final

from services.codes.code_table import KnownNames, look_up, read_province
from services.errors import InvalidInput
from services.lots.lot_fields import PREFIX
from services.tables.line_flaws import LineFlaw, UnreadableCell
from traceability.lot_profiles import LotProfile, load_profiles
from web.plain_letters import split_words
from web.tables import Row, TableRow, make_table

_MORE_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("ma lo", "ma lo hang", "lot code", "lot"),
    "product": ("san pham", "product"),
    "producer": ("nong ho", "ho san xuat", "producer"),
    "kind": ("loai hinh", "kind of producer"),
    "address": ("dia chi", "address"),
    "province": ("tinh", "tinh thanh pho", "province"),
    "certificate": ("so chung nhan", "certificate"),
    "shelf_life": ("han dung", "han dung ngay", "shelf life"),
    "grown": ("trong tu ngay", "grown"),
    "harvested": ("thu hoach luc", "harvested"),
    "packed": ("dong goi luc", "packed"),
}
"""Names of columns beside the labels of the profiles, as words in plain letters."""
_PRODUCERS: Final[Mapping[str, tuple[str, ...]]] = {
    "household": ("household", "nong ho", "ho"),
    "cooperative": ("cooperative", "co operative", "hop tac xa", "htx"),
    "enterprise": ("enterprise", "doanh nghiep", "cong ty"),
}
_HEADER_LINES: Final = 20
"""Lines in which the header is looked for; titles may stand above it."""


@dataclass(frozen=True, slots=True)
class LotTable:
    """The table of a file; iterating `rows` raises `MalformedTable` at the line at fault."""

    fields: Mapping[str, str]
    """The field of each column that is known."""
    ignored: list[str]
    """The names of the other columns."""
    rows: Iterator[TableRow]


def read_table(rows: Iterator[Row]) -> LotTable:
    """The table among the rows of a file; lines above its header are titles.

    Raises `InvalidInput` when no line has columns of lot codes and products.
    """
    titles = []
    for row in rows:
        if {"code", "product"} <= set(_find_fields(row[1]).values()):
            table = make_table(chain([row], rows))
            fields = _find_fields(table.columns)
            ignored = [name for name in table.columns if name not in fields]
            return LotTable(fields, ignored, table.rows)
        titles.append(row)
        if len(titles) == _HEADER_LINES:
            break
    raise InvalidInput(field="file", why="has no columns of lot codes and products")


def read_cells(
    table: LotTable, row: TableRow, names: KnownNames
) -> tuple[dict[str, str], dict[str, LineFlaw]]:
    """The fields of a line, names replaced by codes, and what cannot be read."""
    texts = {name: row.cells.get(column, "") for column, name in table.fields.items()}
    flaws: dict[str, LineFlaw] = {}
    for name, text in texts.items():
        try:
            if text and name == "product":
                texts[name] = look_up(text, names.products)
            elif text and name == "province":
                texts[name] = read_province(text, names)
            elif text and name == "kind":
                texts[name] = _read_producer(text)
        except UnreadableCell as error:
            flaws[name] = error.flaw
    return texts, flaws


def make_template(profile: LotProfile) -> str:
    """An empty table of a kind of produce as CSV that spreadsheets open, with a column a field."""
    labels = [_name_columns(profile, name)[0] for name in profile.form_fields]
    return "\ufeff" + ",".join(f'"{label}"' for label in labels) + "\r\n"


def _read_producer(text: str) -> str:
    key = _fold(text)
    for kind, names in _PRODUCERS.items():
        if key in names:
            return kind
    raise UnreadableCell("choice", text=text, known=", ".join(_PRODUCERS))


def _find_fields(columns: list[str]) -> dict[str, str]:
    """The field of each column whose name is known; the first of two for the same field."""
    known = {
        _fold(name): field
        for profile in load_profiles().values()
        for field in profile.form_fields
        for name in _name_columns(profile, field)
    }
    found: dict[str, str] = {}
    for column in columns:
        field = known.get(_fold(column))
        if field is not None and field not in found.values():
            found[" ".join(column.split()).lower()] = field
    return found


def _name_columns(profile: LotProfile, field: str) -> list[str]:
    """The names that the column of a field has; the first one is that of a template."""
    item = profile.find_item_of(field)
    names = list(_MORE_NAMES.get(field, ()))
    if item is not None and item.form_fields[0] == field:
        names = [item.label["vi"], item.label["en"], *names]
    return [*names, field.removeprefix(PREFIX)]


def _fold(text: str) -> str:
    return " ".join(split_words(text))
