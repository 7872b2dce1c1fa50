"""What a lot must tell before stamps may vouch for it: one table, item by item, rule by rule.

The rules are Circular 02/2024/TT-BKHCN (the ten minimum data of a traceability record, numbered
in its order) and the Ministry's plan of 7 January 2026 (its minimum data i–iv); `veritem` is what
this service itself could not do without. `docs/lot.md` is drawn from this table (`draw`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from traceability.stages import Stage

if TYPE_CHECKING:
    from traceability.lot import Lot


class Rule(StrEnum):
    """Who asks for an item."""

    CIRCULAR = "circular-02-2024"
    PLAN = "ministry-plan-2026"
    VERITEM = "veritem"


@dataclass(frozen=True)
class Requirement:
    """One item: its name here, in Vietnamese and in English, who asks for it, and the test of it.

    `asked` gives each rule's own number for it. An item without `lacks` is asked for only when
    there is one to tell ("if any").
    """

    item: str
    vi: str
    en: str
    asked: dict[Rule, str]
    lacks: "Callable[[Lot], bool] | None" = None


def _lacks_address(lot: "Lot") -> bool:
    address = lot.producer.address if lot.producer else None
    return address is None or not (address.line or address.ward) or address.province is None


# fmt: off
TABLE: Final = (
    Requirement("product_name", "tên sản phẩm", "name of the produce",
                {Rule.CIRCULAR: "1", Rule.PLAN: "ii"},
                lambda lot: not lot.product.name.get("vi")),
    Requirement("product_image", "hình ảnh sản phẩm", "image of the produce",
                {Rule.CIRCULAR: "2"},
                lambda lot: lot.product.image is None),
    Requirement("producer", "tên đơn vị, hộ sản xuất", "producer: household or establishment",
                {Rule.CIRCULAR: "3", Rule.PLAN: "i"},
                lambda lot: lot.producer is None),
    Requirement("producer_address", "địa chỉ đơn vị, hộ sản xuất", "address of the producer",
                {Rule.CIRCULAR: "4", Rule.PLAN: "i"},
                _lacks_address),
    Requirement("growing_area", "mã số vùng trồng", "growing area code",
                {Rule.PLAN: "ii"},
                lambda lot: lot.growing_area is None),
    Requirement("packing_house", "mã số cơ sở đóng gói", "packing house code",
                {Rule.PLAN: "ii"},
                lambda lot: lot.packing_house is None),
    Requirement("stages", "các công đoạn", "stages of the chain",
                {Rule.CIRCULAR: "5", Rule.PLAN: "iii"},
                lambda lot: not lot.steps),
    Requirement("stage_product", "mã sản phẩm của công đoạn", "product code of every stage",
                {Rule.CIRCULAR: "5"},
                lambda lot: any(step.product is None for step in lot.steps)),
    Requirement("stage_location", "mã địa điểm của công đoạn", "location code of every stage",
                {Rule.CIRCULAR: "5"},
                lambda lot: any(step.location is None for step in lot.steps)),
    Requirement("stage_time", "thời gian của công đoạn", "time of every stage",
                {Rule.CIRCULAR: "5"},
                lambda lot: any(step.at is None for step in lot.steps)),
    Requirement("production_time", "thời gian sản xuất", "time of production: grown from",
                {Rule.CIRCULAR: "6", Rule.PLAN: "ii"},
                lambda lot: all(s.at is None for s in lot.steps if s.stage is Stage.GROWN)),
    Requirement("harvest_time", "thời gian thu hoạch", "time of harvest",
                {Rule.PLAN: "ii"},
                lambda lot: lot.harvested_at is None),
    Requirement("packing_time", "thời gian đóng gói", "time of packing",
                {Rule.VERITEM: "shelf life and the judge count from it"},
                lambda lot: lot.packed_at is None),
    Requirement("lot_code", "mã truy xuất, mã lô hàng", "traceability code: the lot's",
                {Rule.CIRCULAR: "7"},
                lambda lot: not lot.code),
    Requirement("brand", "thương hiệu, nhãn hiệu (nếu có)", "brand (if any)",
                {Rule.CIRCULAR: "8"}),
    Requirement("shelf_life", "hạn sử dụng (nếu có)", "shelf life (if any)",
                {Rule.CIRCULAR: "9"}),
    Requirement("standards", "tiêu chuẩn áp dụng", "standards applied",
                {Rule.CIRCULAR: "10"},
                lambda lot: not lot.standards),
)
# fmt: on


def missing(lot: "Lot", rules: Iterable[Rule] = Rule) -> list[str]:
    """Names of the items that these rules make mandatory and the lot lacks, in table order."""
    wanted = set(rules)
    return [
        requirement.item
        for requirement in TABLE
        if requirement.lacks and wanted & set(requirement.asked) and requirement.lacks(lot)
    ]


def named(item: str) -> Requirement:
    """The requirement of an item named by `missing`.

    Raises:
        KeyError: no such item.
    """
    return {requirement.item: requirement for requirement in TABLE}[item]


def draw() -> str:
    """The table as Markdown, for the docs."""
    lines = [
        "| item | in Vietnamese | what it is | Circular 02/2024 | plan 2026 | mandatory |",
        "|---|---|---|---|---|---|",
    ]
    for requirement in TABLE:
        circular, plan = (requirement.asked.get(rule, "") for rule in (Rule.CIRCULAR, Rule.PLAN))
        needed = "yes" if requirement.lacks else "if any"
        if why := requirement.asked.get(Rule.VERITEM):
            needed += f": {why}"
        lines.append(
            f"| `{requirement.item}` | {requirement.vi} | {requirement.en}"
            f" | {circular} | {plan} | {needed} |"
        )
    return "\n".join(lines)
