"""Tables of registered codes, as authorities keep them in spreadsheets: columns, cells and names.

A column is known by its name in Vietnamese or English, with or without marks. A cell is read as
people write it: an organisation, product, province or ward by its name or its code, a country by
its name or its two letters, a day as 31/12/2027 or 2027-12-31. What can be read in two ways is a
flaw of the line and not a guess.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any, Final

from babel import Locale

from ledger import Organisation, ProductRow
from services.errors import InvalidInput
from services.tables.line_flaws import LineFlaw, UnreadableCell, make_flaw
from services.tables.typed_day import DayOrder, find_day_order, read_moment
from stamps.typed_number import MalformedNumber, parse_decimal
from traceability.administrative_units import load_administrative_units
from traceability.code_forms import read_code
from traceability.code_record import CodeRecord, read_code_record
from traceability.document_fields import check_text
from web.plain_letters import split_words
from web.tables import Row, Table, TableRow, make_table

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "code": (
        "code",
        "ma",
        "ma so",
        "ma so vung trong",
        "ma vung trong",
        "ma so co so nuoi",
        "ma so co so dong goi",
        "ma co so dong goi",
    ),
    "kind": ("kind", "loai"),
    "name": ("name", "ten", "ten vung trong", "ten co so", "ten co so dong goi"),
    "organisation": ("organisation", "organization", "to chuc", "don vi", "don vi quan ly"),
    "household": ("household", "ho", "nong ho", "chu ho", "ho san xuat", "ten ho san xuat"),
    "household_agreed": ("household agreed", "ho dong y", "dong y cong khai"),
    "products": ("products", "product", "san pham", "cay trong", "loai cay trong"),
    "hectares": ("hectares", "ha", "dien tich", "dien tich ha"),
    "yield_t_per_ha": ("yield t per ha", "yield", "nang suat", "nang suat tan ha"),
    "province": ("province", "tinh", "tinh thanh", "tinh thanh pho"),
    "ward": ("ward", "xa", "phuong", "xa phuong"),
    "lat": ("lat", "latitude", "vi do"),
    "lon": ("lon", "lng", "longitude", "kinh do"),
    "markets": ("markets", "market", "thi truong", "thi truong xuat khau", "nuoc nhap khau"),
    "valid_from": ("valid from", "ngay cap", "hieu luc tu", "tu ngay"),
    "valid_until": ("valid until", "ngay het han", "het han", "hieu luc den", "den ngay"),
    "status": ("status", "trang thai", "tinh trang"),
    "status_reason": ("status reason", "reason", "ly do"),
}
"""The fields, each with the names that its column has, as words in plain letters."""

_KINDS: Final = {
    "growing_area": ("growing area", "vung trong"),
    "farming_area": ("farming area", "vung nuoi", "co so nuoi", "co so nuoi trong thuy san"),
    "packing_house": ("packing house", "co so dong goi"),
}
_STATUSES: Final = {
    "active": ("active", "hoat dong", "dang hoat dong", "con hieu luc"),
    "suspended": ("suspended", "tam dung", "tam ngung", "dinh chi"),
    "revoked": ("revoked", "thu hoi", "da thu hoi", "bi thu hoi"),
}
_ANSWERS: Final = {"true": ("yes", "true", "x", "co", "1"), "false": ("no", "false", "khong", "0")}
_MORE_COUNTRIES: Final = {"my": "US", "han quoc": "KR", "uc": "AU"}
_EMPTY: Final[Mapping[str, Any]] = {"household_agreed": False, "products": (), "markets": ()}
_LIST: Final = re.compile(r"[;,|/\n]")
_DAYS: Final = ("valid_from", "valid_until")
_DEGREES: Final = re.compile(r"-?[0-9]{1,3}([.,][0-9]{1,15})?")
_HEADER_LINES: Final = 20
"""Lines in which the header is looked for; titles may stand above it."""


@dataclass(frozen=True, slots=True)
class CodeTable:
    """The table of a file; iterating `rows` raises `MalformedTable` at the line at fault."""

    fields: Mapping[str, str]
    """The field of each column that is known."""
    ignored: list[str]
    """The names of the other columns."""
    rows: Iterator[TableRow]


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line of a table: the fields that its columns give, and what cannot be read."""

    line: int
    values: dict[str, Any]
    """None: the cell is empty."""
    flaws: dict[str, LineFlaw] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Rows of the registry that cells refer to by name or id."""

    organisations: Mapping[str, str | None]
    """Id by id and by name, in plain words; None: several have the name."""
    products: Mapping[str, str | None]

    @classmethod
    def collect(
        cls, organisations: Iterable[Organisation], products: Iterable[ProductRow]
    ) -> "KnownNames":
        """The names of the registry."""
        return cls(
            _index((o.id, (o.id, o.name)) for o in organisations),
            _index((p.id, (p.id, *p.name.values())) for p in products),
        )


def read_table(rows: Iterator[Row]) -> CodeTable:
    """The table among the rows of a file; lines above its header are titles.

    Raises `InvalidInput` when no line has a column of codes.
    """
    titles = []
    for row in rows:
        if "code" in _find_fields(row[1]).values():
            table: Table = make_table(chain([row], rows))
            fields = _find_fields(table.columns)
            ignored = [name for name in table.columns if name not in fields]
            return CodeTable(fields, ignored, table.rows)
        titles.append(row)
        if len(titles) == _HEADER_LINES:
            break
    raise InvalidInput(field="file", why="has no column of codes, such as code or Mã số")


def read_lines(table: CodeTable, rows: Sequence[TableRow], names: KnownNames) -> list[CodeLine]:
    """The fields of each row. A day like 03/04/2027 is read as the other days of the file are."""
    lines = [
        {name: row.cells.get(column, "") for column, name in table.fields.items()} for row in rows
    ]
    order = find_day_order(texts.get(name, "") for texts in lines for name in _DAYS)
    return [
        read_fields(texts, names, row.line, order) for texts, row in zip(lines, rows, strict=True)
    ]


def read_fields(
    texts: Mapping[str, str], names: KnownNames, line: int = 0, order: DayOrder | None = None
) -> CodeLine:
    """The fields of a line, or of a form, from what was typed."""
    found = CodeLine(line, {})
    for name, text in texts.items():
        found.values[name] = None
        if not text:
            continue
        try:
            if name in _DAYS:
                found.values[name] = read_moment(text, order)[:10]
            else:
                found.values[name] = _READERS.get(name, _read_text)(text, names)
        except UnreadableCell as error:
            found.flaws[name] = error.flaw
    if found.values.get("ward") is not None and "ward" not in found.flaws:
        _find_ward(found)
    return found


def make_record(values: Mapping[str, Any]) -> tuple[CodeRecord | None, dict[str, LineFlaw]]:
    """The record of fields that were read, or what is wrong with each."""
    known = {name: _EMPTY.get(name) if value is None else value for name, value in values.items()}
    if known.get("kind") is None and (read := read_code(known.get("code") or "")) is not None:
        known["kind"] = read[0]
    record, errors = read_code_record(known)
    flaws = {}
    for error in errors:
        name = error.name_field("lat").partition("[")[0]
        is_missing = error.reason == "is empty" or known.get(name) is None
        flaws[name] = make_flaw("missing") if is_missing else make_flaw("text", why=error.reason)
    return record, flaws


def _find_fields(columns: Iterable[str]) -> dict[str, str]:
    """The field of each column whose name is known; the first of two for the same field."""
    names = {name: known for known, all_names in COLUMNS.items() for name in all_names}
    found: dict[str, str] = {}
    for column in columns:
        known = names.get(" ".join(split_words(column)))
        if known is not None and known not in found.values():
            found[" ".join(column.split()).lower()] = known
    return found


def _index(rows: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for id_, names in rows:
        for key in {_fold(name) for name in names}:
            found[key] = id_ if found.get(key, id_) == id_ else None
    return found


def _fold(text: str) -> str:
    return " ".join(split_words(text))


def _read_text(text: str, _: KnownNames) -> str:
    return text


def _read_reason(text: str, _: KnownNames) -> str:
    try:
        return check_text(text)
    except ValueError as error:
        raise UnreadableCell("text", why=error) from error


def _choose(known: Mapping[str, tuple[str, ...]]) -> Callable[[str, KnownNames], str]:
    names = {name: value for value, all_names in known.items() for name in all_names}

    def read(text: str, _: KnownNames) -> str:
        value = names.get(_fold(text))
        if value is None:
            raise UnreadableCell("choice", text=text, known=", ".join(known))
        return value

    return read


def _read_agreed(text: str, names: KnownNames) -> bool:
    return _read_answer(text, names) == "true"


_read_answer: Final = _choose(_ANSWERS)


def look_up(text: str, known: Mapping[str, str | None], reason: str = "unknown") -> str:
    """The id of a name. Raises `UnreadableCell` for an unknown name, or one that several have."""
    key = _fold(text)
    if key not in known:
        raise UnreadableCell(reason, text=text)
    id_ = known[key]
    if id_ is None:
        raise UnreadableCell("several", text=text)
    return id_


def _read_organisation(text: str, names: KnownNames) -> str:
    return look_up(text, names.organisations)


def _read_products(text: str, names: KnownNames) -> list[str]:
    parts = [part.strip() for part in _LIST.split(text)]
    return [look_up(part, names.products) for part in parts if part]


def _read_number(text: str, _: KnownNames) -> float:
    try:
        return parse_decimal(text)
    except MalformedNumber as error:
        if both := error.evidence.get("readings"):
            one, other = both
            raise UnreadableCell("readings", text=text, one=one, other=other) from error
        raise UnreadableCell("number", text=text) from error


def _read_degrees(text: str, _: KnownNames) -> float:
    """Degrees have at most three digits before the point: one reading."""
    if not _DEGREES.fullmatch(text):
        raise UnreadableCell("number", text=text)
    return float(text.replace(",", "."))


def read_province(text: str, _: KnownNames) -> str:
    """The code of a province by its name or code. Raises `UnreadableCell`."""
    units = load_administrative_units()
    if text.isdecimal() and text.zfill(2) in units.provinces:
        return text.zfill(2)
    return look_up(text, _index_provinces(), "place")


@cache
def _index_provinces() -> dict[str, str | None]:
    units = load_administrative_units()
    return _index((p.code, (p.short, p.full_name)) for p in units.provinces.values())


@cache
def _index_wards(province: str | None) -> dict[str, str | None]:
    """The wards of a province, or all, by name."""
    units = load_administrative_units()
    wards = units.wards.values() if province is None else units.wards_of(province)
    return _index((ward.code, (ward.short, ward.full_name)) for ward in wards)


def _find_ward(found: CodeLine) -> None:
    """The ward's code in place of its name, which is read within its province."""
    units, text = load_administrative_units(), found.values["ward"]
    if text.isdecimal() and text.zfill(5) in units.wards:
        found.values["ward"] = text.zfill(5)
        return
    try:
        known = _index_wards(found.values.get("province"))
        found.values["ward"] = look_up(text, known, "place")
    except UnreadableCell as error:
        found.flaws["ward"] = error.flaw


def _read_markets(text: str, _: KnownNames) -> list[str]:
    parts = [part.strip() for part in _LIST.split(text)]
    return [_read_country(part) for part in parts if part]


def _read_country(text: str) -> str:
    code = _index_countries().get(_fold(text))
    if code is None:
        raise UnreadableCell("country", text=text)
    return code


@cache
def _index_countries() -> dict[str, str]:
    """Codes by themselves and by their Vietnamese and English names."""
    found = {}
    for language in ("en", "vi"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found[_fold(name)] = code
                found[code.lower()] = code
    return {**found, **_MORE_COUNTRIES}


_READERS: Final[Mapping[str, Callable[[str, KnownNames], Any]]] = {
    "kind": _choose(_KINDS),
    "organisation": _read_organisation,
    "household_agreed": _read_agreed,
    "products": _read_products,
    "hectares": _read_number,
    "yield_t_per_ha": _read_number,
    "province": read_province,
    "lat": _read_degrees,
    "lon": _read_degrees,
    "markets": _read_markets,
    "status": _choose(_STATUSES),
    "status_reason": _read_reason,
}
