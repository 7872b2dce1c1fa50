"""The lots of the sandbox: thirty of them, packed over the last days, each by its own farm."""

from dataclasses import dataclass
from typing import Any, Final

from cli.sandbox.province import DURIAN, FARMS, FISH, HOUSES, PRODUCTS, WARD, Farm, House
from stamps.timestamps import format_rfc3339
from stamps.vietnam_time import DAY_MS

HOUR_MS: Final = 3_600_000
DURIAN_LOTS: Final = 24
FISH_LOTS: Final = 6
STAMPS_OF_LOT: Final = 100
_FIRST_DAY: Final = 9.0
"""Days before the seeding on which the first lot was packed."""


@dataclass(frozen=True, slots=True)
class SandboxLot:
    """One lot: its code, product, farm, packing house and time of packing."""

    code: str
    number: int
    product: str
    farm: Farm
    house: House
    packed_at: int

    def make_document(self) -> dict[str, Any]:
        """The lot as its packer describes it."""
        product = next(one for one in PRODUCTS if one.id == self.product)
        origin = {"code": self.farm.code, "lat": self.farm.lat, "lon": self.farm.lon}
        stages = (
            ("grown", self.farm.code, self.packed_at - 140 * DAY_MS, self.farm.household),
            ("harvested", self.farm.code, self.packed_at - 20 * HOUR_MS, self.farm.household),
            ("packed", self.house.code, self.packed_at, self.house.name),
        )
        document: dict[str, Any] = {
            "code": self.code,
            "product": {
                "code": product.id,
                "name": dict(product.name),
                "image": "/images/durian.svg",
                "gtin": product.gtin,
            },
            "producer": {
                "name": self.farm.household,
                "kind": "household",
                "address": {"line": "Buôn Krai", "ward": WARD},
            },
            "packing_house": {
                "code": self.house.code,
                "name": self.house.name,
                "address": {"ward": WARD},
                "lat": self.house.lat,
                "lon": self.house.lon,
            },
            "stages": [
                {
                    "stage": stage,
                    "product": product.id,
                    "location": place,
                    "at": format_rfc3339(at),
                    "by": by,
                }
                for stage, place, at, by in stages
            ],
            "brand": "Krông Pắc Durian" if self.product == DURIAN else "Cá lăng Hồ Lắk",
            "shelf_life_days": product.shelf_life_days,
            "standards": [{"name": "VietGAP", "certificate": f"VG-66-{self.farm.code[-4:]}"}],
            "market": ["VN"],
        }
        if self.product == FISH:
            details = {"species": "Hemibagrus wyckioides", "feed": "Cá tạp, cám viên 40% đạm"}
            return {**document, "kind": "aquaculture", "farming_area": origin, "details": details}
        return {**document, "growing_area": origin}


def make_lots(now: int) -> list[SandboxLot]:
    """All lots in the order in which they were packed; the last one some hours before `now`."""
    count = DURIAN_LOTS + FISH_LOTS
    orchards = [one for one in FARMS if one.product == DURIAN]
    ponds = [one for one in FARMS if one.product == FISH]
    lots: list[SandboxLot] = []
    durians = fish = 0
    for number in range(count):
        packed_at = now - int((_FIRST_DAY - 8.6 * number / count) * DAY_MS)
        if number % 5 == 4:
            fish += 1
            code, product, farm, house = f"CL-{fish:03}", FISH, ponds[0], HOUSES[1]
        else:
            durians += 1
            farm = orchards[durians % len(orchards)]
            code, product, house = f"SR-{durians:03}", DURIAN, HOUSES[0]
        lots.append(SandboxLot(code, number, product, farm, house, packed_at))
    return lots
