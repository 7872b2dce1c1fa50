"""Who and what there is in the sandbox: an invented Đắk Lắk with durian and farmed fish.

No name, code, number or telephone is of anybody who exists; prefixes of GS1 keys are those that GS1
keeps for examples.
"""

from dataclasses import dataclass
from typing import Any, Final

from ledger import Organisation, PlaceRow, ProductRow, Role

PROVINCE: Final = "66"
WARD: Final = "24490"
DURIAN, FISH = "sau-rieng-ri6", "ca-lang"
AUTHORITY, PRESS, CARRIER, LABORATORY = (
    "so-nn-dak-lak",
    "in-tay-nguyen",
    "van-tai-tay-nguyen",
    "kiem-nghiem-tay-nguyen",
)
DURIAN_PACKER, FISH_PACKER = "htx-krong-pac", "thuy-san-ho-lak"
BUYER, DISTRIBUTOR = "vua-minh-phat", "nong-san-sai-gon"
SHOPS: Final = ("cho-ben-thanh-12", "sieu-thi-ha-noi-xanh")
GS1_PREFIX: Final = "893500000"
"""The company prefix of the durian packer."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account of the sandbox and what its token is good for."""

    account: str
    name: str
    role: Role
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class Farm:
    """A growing or farming area with the household that works there."""

    organisation: str
    household: str
    code: str
    product: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class House:
    """The packing house of a packer."""

    packer: str
    name: str
    code: str
    lat: float
    lon: float


FARMS: Final = (
    Farm("ho-hlan-nie", "Hộ bà H'Lan Niê", "VN-ĐLOR-0123", DURIAN, 12.7201, 108.2876),
    Farm("ho-y-bih", "Hộ ông Y Bih Ayŭn", "VN-ĐLOR-0124", DURIAN, 12.7016, 108.3102),
    Farm("ho-tran-thi-hoa", "Hộ bà Trần Thị Hòa", "VN-ĐLAQ-0021", FISH, 12.4087, 108.1822),
)
HOUSES: Final = (
    House(DURIAN_PACKER, "Cơ sở đóng gói Krông Pắc", "VN-ĐLPH-0012", 12.7123, 108.3011),
    House(FISH_PACKER, "Cơ sở sơ chế Hồ Lắk", "VN-ĐLPH-0031", 12.4105, 108.1760),
)
ORGANISATIONS: Final = (
    Organisation(AUTHORITY, "authority", "Sở Nông nghiệp và Môi trường Đắk Lắk", province=PROVINCE),
    Organisation(PRESS, "print_house", "Nhà in Tây Nguyên"),
    Organisation(DURIAN_PACKER, "packer", "HTX Sầu riêng Krông Pắc", province=PROVINCE),
    Organisation(FISH_PACKER, "packer", "Thủy sản Hồ Lắk", province=PROVINCE),
    *(Organisation(one.organisation, "grower", one.household, province=PROVINCE) for one in FARMS),
    Organisation(BUYER, "buyer", "Vựa Minh Phát", province=PROVINCE),
    Organisation(CARRIER, "carrier", "Vận tải Tây Nguyên Xanh", province=PROVINCE),
    Organisation(LABORATORY, "laboratory", "Kiểm nghiệm Tây Nguyên", province=PROVINCE),
    Organisation(DISTRIBUTOR, "distributor", "Nông sản Sài Gòn", province="79"),
    Organisation(SHOPS[0], "retailer", "Sạp 12 chợ Bến Thành", province="79"),
    Organisation(SHOPS[1], "retailer", "Siêu thị Hà Nội Xanh", province="01"),
)
NAMES: Final = {one.id: one.name for one in ORGANISATIONS}
"""Names of organisations, as events of others name them."""
PRODUCTS: Final = (
    ProductRow(
        DURIAN,
        {"vi": "Sầu riêng Ri6", "en": "Ri6 durian", "zh": "Ri6榴莲"},
        gtin="08935000000014",
        shelf_life_days=12,
        yield_t_per_ha=20.0,
        fruit_kg=2.5,
    ),
    ProductRow(
        FISH,
        {"vi": "Cá lăng nuôi lồng", "en": "Caged hemibagrus", "zh": "网箱养殖鲿鱼"},
        gtin="08935000000021",
        shelf_life_days=20,
        kind="aquaculture",
    ),
)
PLACES: Final = tuple(
    PlaceRow(
        f"{one.packer}-1",
        "packing_house",
        one.name,
        one.code,
        province=PROVINCE,
        organisation=one.packer,
        lat=one.lat,
        lon=one.lon,
    )
    for one in HOUSES
)
PEOPLE: Final = (
    Person("so-lien", "Phan Thị Liên", "authority", AUTHORITY),
    Person("so-dung", "Bùi Văn Dũng", "authority", AUTHORITY),
    Person("thanh-tra", "Phạm Văn Thanh", "inspector"),
    Person("cap-tem", "Hoàng Văn Cấp", "issuer"),
    Person("nha-in", "Trần Văn In", "print_house", PRESS),
    Person("dong-goi", "Nguyễn Thị Mai", "packer", DURIAN_PACKER),
    Person("so-che", "Lê Văn Lắk", "packer", FISH_PACKER),
    Person("hlan", "H'Lan Niê", "grower", "ho-hlan-nie"),
    Person("y-bih", "Y Bih Ayŭn", "grower", "ho-y-bih"),
    Person("thi-hoa", "Trần Thị Hòa", "grower", "ho-tran-thi-hoa"),
    Person("thu-mua", "Đỗ Minh Phát", "buyer", BUYER),
    Person("tai-xe", "Y Wăn Kbuôr", "carrier", CARRIER),
    Person("kiem-nghiem", "Vũ Thị Nghiêm", "laboratory", LABORATORY),
    Person("phan-phoi", "Lý Thị Phân", "distributor", DISTRIBUTOR),
    Person("ban-le", "Ngô Thị Bến", "retailer", SHOPS[0]),
    Person("sieu-thi", "Đinh Văn Xanh", "retailer", SHOPS[1]),
)


def make_code_records() -> list[dict[str, Any]]:
    """The records of the registered codes of farms and packing houses."""
    farms = [
        {
            "kind": "growing_area" if one.product == DURIAN else "farming_area",
            "code": one.code,
            "name": f"{'Vùng trồng' if one.product == DURIAN else 'Vùng nuôi'} {one.code[-4:]}",
            "organisation": one.organisation,
            "household": one.household,
            "products": [one.product],
            "hectares": 3.5,
            "ward": WARD,
            "lat": one.lat,
            "lon": one.lon,
            "markets": ["CN"],
        }
        for one in FARMS
    ]
    houses = [
        {
            "kind": "packing_house",
            "code": one.code,
            "name": one.name,
            "organisation": one.packer,
            "products": [DURIAN if one.packer == DURIAN_PACKER else FISH],
            "ward": WARD,
            "markets": ["CN"],
        }
        for one in HOUSES
    ]
    return farms + houses
