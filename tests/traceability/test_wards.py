"""Places are wards and provinces in force since July 2025, and tell no more than a ward."""

import json
import sqlite3
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability import wards
from traceability.administrative_units import UnknownPlace, load_administrative_units
from traceability.wards import locate_province, locate_ward, round_to_ward


def data() -> Path:
    from importlib.util import find_spec

    found = find_spec("vietnamadminunits")
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0], "data")


@cache
def old_wards() -> list[tuple[float, float, str]]:
    """Centroids of wards of before July 2025, each with the code of its one successor."""
    with sqlite3.connect(f"{(data() / 'dataset.db').as_uri()}?mode=ro&immutable=1", uri=True) as db:
        new = {
            (province, ward): code
            for province, ward, code in db.execute(
                "SELECT provinceKey, wardKey, wardCode FROM admin_units"
            )
        }
        old = {
            f"{province}_{district}_{ward or ''}": (lat, lon)
            for province, district, ward, lat, lon in db.execute(
                "SELECT provinceKey, districtKey, wardKey, wardLat, wardLon FROM admin_units_legacy"
            )
        }
    undivided = json.loads((data() / "converter_2025.json").read_text())[
        "DICT_PROVINCE_WARD_NO_DIVIDED"
    ]
    return [
        (*old[key], new[province, ward])
        for province, wards in undivided.items()
        for ward, keys in wards.items()
        for key in keys
        if (province, ward) in new and old.get(key, (None,))[0] is not None
    ]


def test_there_are_34_provinces_and_3321_wards() -> None:
    assert len(load_administrative_units().provinces) == 34
    assert len(load_administrative_units().wards) == 3321
    assert {w.province for w in load_administrative_units().wards.values()} == set(
        load_administrative_units().provinces
    )
    assert all(
        len(code) == 2 and code.isdecimal() for code in load_administrative_units().provinces
    )
    assert all(len(code) == 5 and code.isdecimal() for code in load_administrative_units().wards)
    assert (
        sum(
            len(load_administrative_units().wards_of(code))
            for code in load_administrative_units().provinces
        )
        == 3321
    )


@pytest.mark.parametrize(
    ("lat", "lon", "province", "ward"),
    [
        (21.0285, 105.8542, "01", "Phường Hoàn Kiếm"),
        (10.7769, 106.7009, "79", "Phường Sài Gòn"),
        (12.6667, 108.0383, "66", "Phường Buôn Ma Thuột"),
        (16.0678, 108.2208, "48", "Phường Hải Châu"),
        (10.2270, 103.9640, "91", "Đặc khu Phú Quốc"),
    ],
)
def test_known_places_are_found(lat: float, lon: float, province: str, ward: str) -> None:
    found = locate_ward(lat, lon)
    assert found is not None
    assert found.full_name == ward
    inside = locate_province(lat, lon)
    assert inside is not None
    assert inside.code == province == found.province


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        (13.7563, 100.5018),  # Bangkok
        (11.5564, 104.9282),  # Phnom Penh
        (17.9757, 102.6331),  # Vientiane
        (22.8170, 108.3660),  # Nanning
        (15.0, 110.5),  # the open sea
        (-33.9, 18.4),  # another hemisphere
        (float("nan"), 105.0),
        (1e308, -1e308),
    ],
)
def test_a_place_outside_vietnam_has_no_ward(lat: float, lon: float) -> None:
    assert locate_ward(lat, lon) is None
    assert locate_province(lat, lon) is None


def test_the_stated_accuracy_is_the_measured_one() -> None:
    wards = provinces = 0
    for lat, lon, code in old_wards():
        found = locate_ward(lat, lon)
        if found is not None:
            wards += found.code == code
            provinces += found.province == load_administrative_units().wards[code].province
    count = len(old_wards())
    assert count > 9_500
    assert wards / count == pytest.approx(0.83, abs=0.01)
    assert provinces / count == pytest.approx(0.989, abs=0.002)


@given(st.sampled_from(range(3321)), st.floats(-0.06, 0.06), st.floats(-0.06, 0.06))
def test_the_grid_finds_what_looking_at_every_ward_finds(which: int, up: float, by: float) -> None:
    from math import cos, hypot, radians

    wards = list(load_administrative_units().wards.values())
    lat, lon = wards[which].lat + up, wards[which].lon + by
    squeeze = cos(radians(lat))
    nearest = min(
        wards, key=lambda w: hypot(lat - w.lat, (lon - w.lon) * squeeze) / w.area_km2**0.25
    )
    assert locate_ward(lat, lon) in (nearest, None)


def test_rounding_keeps_the_ward_and_forgets_the_house() -> None:
    here, there = round_to_ward(12.6667, 108.0383), round_to_ward(12.6701, 108.0399)
    assert here == there
    ward = locate_ward(12.6667, 108.0383)
    assert ward is not None
    assert (here.lat, here.lon) == (ward.lat, ward.lon)
    assert here.radius_m == pytest.approx(ward.radius_km * 1000)
    assert locate_ward(here.lat, here.lon) == ward


def test_every_ward_rounds_to_itself() -> None:
    moved = [
        w.full_name
        for w in load_administrative_units().wards.values()
        if round_to_ward(w.lat, w.lon)[:2] != (w.lat, w.lon)
    ]
    assert moved == []


def test_abroad_a_place_is_rounded_to_some_ten_kilometres() -> None:
    assert round_to_ward(13.7563, 100.5018) == (13.8, 100.5, 8000.0)


def test_names_in_three_languages() -> None:
    assert load_administrative_units().name("66") == "Tỉnh Đắk Lắk"
    assert load_administrative_units().name("66", short=True) == "Đắk Lắk"
    assert load_administrative_units().name("66", "en") == "Dak Lak Province"
    assert load_administrative_units().name("66", "zh") == "多乐省"
    assert load_administrative_units().name("79", "zh", short=True) == "胡志明"
    assert load_administrative_units().name("00004") == "Phường Ba Đình"
    assert load_administrative_units().name("00004", "en", short=True) == "Ba Dinh"
    assert load_administrative_units().name("00004", "zh") == "Ba Dinh Ward"


def test_every_unit_has_a_name_in_every_language() -> None:
    for unit in [
        *load_administrative_units().provinces.values(),
        *load_administrative_units().wards.values(),
    ]:
        assert unit.name("en").isascii()
        assert unit.full_name.endswith(unit.short)
    assert not any(p.name("zh").isascii() for p in load_administrative_units().provinces.values())


@pytest.mark.parametrize("code", ["", "6", "64", "99", "99999", "ab", "000000"])
def test_a_code_not_in_force_is_refused_with_its_evidence(code: str) -> None:
    with pytest.raises(UnknownPlace) as refusal:
        load_administrative_units().name(code)
    assert refusal.value.value == code


def test_the_address_parser_of_the_package_is_never_loaded() -> None:
    program = (
        "import sys; from traceability import wards; wards.locate_ward(21.0, 105.8);"
        "assert 'vietnamadminunits' not in sys.modules; assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(wards.__file__).parents[1])
