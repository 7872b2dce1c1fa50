"""The demo's lot of durian: an invented household, growing area and packing house in Đắk Lắk.

Times are relative to the day of the demo, so that the fruit is fresh.
"""

from typing import Any, Final

from stamps.timestamps import format_rfc3339

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS

PACKED: Final = (12.7123, 108.3011)
"""The packing house, degrees north and east."""
NEAR: Final = (12.6662, 108.0383)
"""A market in Buôn Ma Thuột, forty minutes from the packing house."""
FAR: Final = (21.0362, 105.8342)
"""A shop in Hà Nội, 940 km away."""


def make_lot_document(code: str, now: int) -> dict[str, Any]:
    """The lot, packed a day before `now` (milliseconds)."""
    packed = now - DAY_MS
    stages = (
        ("grown", "VN-ĐLOR-0123", packed - 140 * DAY_MS, "Hộ bà H'Lan Niê"),
        ("harvested", "VN-ĐLOR-0123", packed - 20 * HOUR_MS, "Hộ bà H'Lan Niê"),
        ("bought", "VN-ĐLOR-0123", packed - 16 * HOUR_MS, "HTX Sầu riêng Krông Pắc"),
        ("packed", "VN-ĐLPH-0012", packed, "HTX Sầu riêng Krông Pắc"),
        ("transported", "VN-ĐLPH-0012", packed + 5 * HOUR_MS, "Vận tải Tây Nguyên Xanh"),
    )
    return {
        "code": code,
        "product": {
            "code": "sau-rieng-ri6",
            "name": {"vi": "Sầu riêng Ri6", "en": "Ri6 durian", "zh": "Ri6榴莲"},
            "image": "/images/durian.svg",
            "gtin": "08935000000014",
        },
        "producer": {
            "name": "Hộ bà H'Lan Niê",
            "kind": "household",
            "address": {"line": "Buôn Krai", "ward": "24490"},
        },
        "growing_area": {
            "code": "VN-ĐLOR-0123",
            "name": "Vùng trồng sầu riêng Krông Pắc số 123",
            "address": {"ward": "24490"},
            "lat": 12.7201,
            "lon": 108.2876,
        },
        "packing_house": {
            "code": "VN-ĐLPH-0012",
            "name": "HTX Sầu riêng Krông Pắc",
            "address": {"ward": "24490"},
            "lat": PACKED[0],
            "lon": PACKED[1],
        },
        "stages": [
            {
                "stage": stage,
                "product": "sau-rieng-ri6",
                "location": location,
                "at": format_rfc3339(at),
                "by": by,
            }
            for stage, location, at, by in stages
        ],
        "brand": "Krông Pắc Durian",
        "shelf_life_days": 12,
        "standards": [{"name": "VietGAP", "certificate": "VietGAP-TT-13-04-66-0021"}],
        "market": ["VN"],
    }


def make_code_records(organisation: str) -> list[dict[str, Any]]:
    """The records of the growing area and the packing house that the sample lots name."""
    lot = make_lot_document("", DAY_MS)
    shared = {"ward": "24490", "products": [lot["product"]["code"]], "markets": ["CN"]}
    area, house = lot["growing_area"], lot["packing_house"]
    return [
        {
            **shared,
            "kind": "growing_area",
            "code": area["code"],
            "name": area["name"],
            "household": lot["producer"]["name"],
            "hectares": 2.5,
            "lat": area["lat"],
            "lon": area["lon"],
        },
        {
            **shared,
            "kind": "packing_house",
            "code": house["code"],
            "name": house["name"],
            "organisation": organisation,
        },
    ]
