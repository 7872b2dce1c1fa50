"""Administrative units in force since 1 July 2025: 34 provinces and 3,321 wards.

They are read from the data file of the package `vietnamadminunits` (MIT), once, in some 15 ms.
The package itself is never imported: that would take 0.7 s and parse 4 MB of address dictionaries
for nothing. The file has names, codes, centroids and areas; it has no borders.

Codes are the General Statistics Office's: two digits for a province, five for a ward. The merger
kept them: a merged province has the code of one of its predecessors.
"""

import sqlite3
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from math import pi, sqrt
from pathlib import Path
from statistics import median
from typing import Final

from stamps.errors import VeritemError
from web.i18n import Language
from web.plain_letters import to_ascii
from web.validation import RefusedValue

# English for the kind of a unit; Vietnamese puts the kind before the name, English after it.
_ENGLISH_KINDS: Final = {
    "Thành phố": "City",
    "Tỉnh": "Province",
    "Phường": "Ward",
    "Xã": "Commune",
    "Đặc khu": "Special Zone",
}

# Sino-Vietnamese characters; no rule derives them from the Vietnamese name.
_CHINESE_NAMES: Final = {
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


@dataclass(frozen=True, slots=True)
class AdministrativeUnit:
    """A province or a ward: its official code, kind and short name, and its centroid in degrees."""

    code: str
    kind: str
    short: str
    lat: float
    lon: float

    @property
    def full_name(self) -> str:
        """The official Vietnamese name, kind first: `Tỉnh Đắk Lắk`."""
        return f"{self.kind} {self.short}"

    def name(self, language: Language = "vi", *, short: bool = False) -> str:
        """The name in a language: kind and name, or the name alone."""
        if language == "vi":
            return self.short if short else self.full_name
        plain = to_ascii(self.short)
        return plain if short else f"{plain} {_ENGLISH_KINDS[self.kind]}"


@dataclass(frozen=True, slots=True)
class Province(AdministrativeUnit):
    """One of the 34 provinces and cities; `code` has two digits."""

    def name(self, language: Language = "vi", *, short: bool = False) -> str:
        """The name in a language; Chinese names are characters."""
        if language == "zh" and self.code in _CHINESE_NAMES:
            return _CHINESE_NAMES[self.code][: -1 if short else None]
        return AdministrativeUnit.name(self, language, short=short)


@dataclass(frozen=True, slots=True)
class Ward(AdministrativeUnit):
    """One of the 3,321 wards: phường, xã or đặc khu; `code` has five digits."""

    province: str
    area_km2: float

    @property
    def radius_km(self) -> float:
        """Radius of the circle that has the ward's area."""
        return sqrt(self.area_km2 / pi)


@dataclass(frozen=True)
class AdministrativeUnits:
    """All units by code, in the order of the official list."""

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

    def name(self, code: str, language: Language = "vi", *, short: bool = False) -> str:
        """The name of the province (two digits) or ward (five digits) with this code.

        Raises:
            UnknownPlace: there is none.
        """
        unit = self.province(code) if len(code) == 2 else self.ward(code)
        return unit.name(language, short=short)

    def wards_of(self, province: str) -> tuple[Ward, ...]:
        """The wards of one province."""
        return tuple(ward for ward in self.wards.values() if ward.province == province)


def derive_province(ward: str | None, stated: str | None) -> str | None:
    """The code of the province that a ward lies in; the stated one where no ward is named.

    Raises:
        RefusedValue: the ward lies in another province than the stated one.
    """
    if ward is None:
        return stated
    units = load_administrative_units()
    lies_in = units.ward(ward).province
    if stated not in (None, lies_in):
        wrong, right = units.name(str(stated)), units.name(lies_in)
        why = f"the ward {units.name(ward)} lies in {right}, not in {wrong}"
        raise RefusedValue(why, "ward", ward=units.name(ward), right=right, wrong=wrong)
    return lies_in


@cache
def load_administrative_units() -> AdministrativeUnits:
    """All units; the data file is read on the first call."""
    package = find_spec("vietnamadminunits")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("vietnamadminunits is not installed")
    return read_dataset(Path(package.submodule_search_locations[0], "data", "dataset.db"))


def read_dataset(file: Path) -> AdministrativeUnits:
    """Read the package's data file, without a lock and without writing beside it."""
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        rows = connection.execute("SELECT * FROM admin_units").fetchall()
    finally:
        connection.close()
    provinces = {
        row["provinceCode"]: Province(
            code=row["provinceCode"],
            kind=row["province"].removesuffix(row["provinceShort"]).strip(),
            short=row["provinceShort"],
            lat=row["provinceLat"],
            lon=row["provinceLon"],
        )
        for row in rows
    }
    # Four wards are listed without an area; they are given the median.
    usual = median(row["wardAreaKm2"] for row in rows if row["wardAreaKm2"])
    wards = {
        row["wardCode"]: Ward(
            code=row["wardCode"],
            kind=row["wardType"],
            short=row["wardShort"],
            lat=row["wardLat"],
            lon=row["wardLon"],
            province=row["provinceCode"],
            area_km2=row["wardAreaKm2"] or usual,
        )
        for row in rows
    }
    return AdministrativeUnits(provinces, wards)
