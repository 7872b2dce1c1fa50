"""The provinces and wards in force since 1 July 2025: 34 and 3,321.

They are read from the data file of the package `vietnamadminunits` (MIT), once, in some 15 ms.
The package itself is never imported: that would take 0.7 s and parse 4 MB of address dictionaries
for nothing. The file has names, codes, centroids and areas; it has no borders.

Codes are the General Statistics Office's: two digits for a province, five for a ward, unchanged by
the merger (a merged province kept the code of one of its parents).
"""

import sqlite3
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from math import pi, sqrt
from pathlib import Path
from statistics import median
from typing import Literal

from stamps.errors import VeritemError

Language = Literal["vi", "en", "zh"]

# What a unit is called before (Vietnamese) or after (English) its own name.
_KINDS_EN = {
    "Thành phố": "City",
    "Tỉnh": "Province",
    "Phường": "Ward",
    "Xã": "Commune",
    "Đặc khu": "Special Zone",
}

# Chinese names have no rule to follow: they are the Sino-Vietnamese characters of old.
_CHINESE = {
    "01": "河内市",
    "04": "高平省",
    "08": "宣光省",
    "11": "奠边省",
    "12": "莱州省",
    "14": "山罗省",
    "15": "老街省",
    "19": "太原省",
    "20": "谅山省",
    "22": "广宁省",
    "24": "北宁省",
    "25": "富寿省",
    "31": "海防市",
    "33": "兴安省",
    "37": "宁平省",
    "38": "清化省",
    "40": "乂安省",
    "42": "河静省",
    "44": "广治省",
    "46": "顺化市",
    "48": "岘港市",
    "51": "广义省",
    "52": "嘉莱省",
    "56": "庆和省",
    "66": "多乐省",
    "68": "林同省",
    "75": "同奈省",
    "79": "胡志明市",
    "80": "西宁省",
    "82": "同塔省",
    "86": "永隆省",
    "91": "安江省",
    "92": "芹苴市",
    "96": "金瓯省",
}


class UnknownPlace(VeritemError):
    """No province or ward in force has this code."""

    code = "unknown-place"
    message = "no {what} in force since July 2025 has the code {value}"


def ascii_form(text: str) -> str:
    """Vietnamese text in plain letters.

    >>> ascii_form("Đắk Lắk")
    'Dak Lak'
    """
    bare = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


@dataclass(frozen=True, slots=True)
class Unit:
    """A province or a ward: its official code, kind and name, and its centroid in degrees."""

    code: str
    kind: str
    short: str
    lat: float
    lon: float

    @property
    def full(self) -> str:
        """The official Vietnamese name, kind first: `Tỉnh Đắk Lắk`."""
        return f"{self.kind} {self.short}"

    def name(self, language: Language = "vi", *, short: bool = False) -> str:
        """The unit's name for a page: kind and name, or the name alone."""
        if language == "vi":
            return self.short if short else self.full
        plain = ascii_form(self.short)
        return plain if short else f"{plain} {_KINDS_EN[self.kind]}"


@dataclass(frozen=True, slots=True)
class Province(Unit):
    """One of the 34, `code` two digits."""

    def name(self, language: Language = "vi", *, short: bool = False) -> str:
        """The province's name; Chinese where the page is Chinese."""
        if language == "zh" and self.code in _CHINESE:
            return _CHINESE[self.code][: -1 if short else None]
        return Unit.name(self, language, short=short)


@dataclass(frozen=True, slots=True)
class Ward(Unit):
    """One of the 3,321: phường, xã or đặc khu; `code` five digits."""

    province: str
    area_km2: float

    @property
    def radius_km(self) -> float:
        """Radius of the circle that has the ward's area."""
        return sqrt(self.area_km2 / pi)


@dataclass(frozen=True)
class Atlas:
    """All units by their codes, in the order of the official list."""

    provinces: dict[str, Province] = field(repr=False)
    wards: dict[str, Ward] = field(repr=False)

    def province(self, code: str) -> Province:
        """The province with this code.

        Raises:
            UnknownPlace: there is none (a code abolished in 2025, for one).
        """
        try:
            return self.provinces[code]
        except KeyError:
            raise UnknownPlace(what="province", value=code) from None

    def ward(self, code: str) -> Ward:
        """The ward with this code.

        Raises:
            UnknownPlace: there is none.
        """
        try:
            return self.wards[code]
        except KeyError:
            raise UnknownPlace(what="ward", value=code) from None

    def wards_of(self, province: str) -> tuple[Ward, ...]:
        """The wards of one province."""
        return tuple(ward for ward in self.wards.values() if ward.province == province)


@cache
def atlas() -> Atlas:
    """The atlas, read on first use."""
    found = find_spec("vietnamadminunits")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("vietnamadminunits is not installed")
    return read(Path(found.submodule_search_locations[0], "data", "dataset.db"))


def read(file: Path) -> Atlas:
    """Read the package's data file, without a lock and without writing beside it."""
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        rows = connection.execute(
            "SELECT provinceCode, province, provinceShort, provinceLat, provinceLon,"
            " wardCode, wardType, wardShort, wardLat, wardLon, wardAreaKm2 FROM admin_units"
        ).fetchall()
    finally:
        connection.close()
    provinces = {
        code: Province(code, full.removesuffix(short).strip(), short, lat, lon)
        for code, full, short, lat, lon in dict.fromkeys(row[:5] for row in rows)
    }
    # Four wards are listed without an area; they are given the usual one.
    usual = median(row[10] for row in rows if row[10])
    wards = {
        row[5]: Ward(row[5], row[6], row[7], row[8], row[9], row[0], row[10] or usual)
        for row in rows
    }
    return Atlas(provinces, wards)
