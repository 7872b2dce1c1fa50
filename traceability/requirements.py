"""Minimum data of a lot: one table of the items that rules ask for, with the test of each.

The rules are Circular 02/2024/TT-BKHCN (the ten minimum data of a traceability record, numbered
in its order) and the Ministry's plan of 7 January 2026 (its minimum data i–iv); `veritem` is what
this service itself needs. `docs/lot.md` has this table as `render_table` writes it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from traceability.lot import Lot
from traceability.stages import Stage


class RequirementSource(StrEnum):
    """The rule that asks for an item."""

    CIRCULAR = "circular-02-2024"
    PLAN = "ministry-plan-2026"
    VERITEM = "veritem"


@dataclass(frozen=True)
class Requirement:
    """One item: its name here, in Vietnamese and in English, its sources, and its test.

    `sources` gives each rule's own number for the item. An item without `is_missing` is optional
    ("if any").
    """

    item: str
    vi: str
    en: str
    sources: dict[RequirementSource, str]
    is_missing: Callable[[Lot], bool] | None = None


def _lacks_address(lot: Lot) -> bool:
    address = lot.producer.address if lot.producer else None
    return address is None or not (address.line or address.ward) or address.province is None


_S = RequirementSource

# fmt: off
REQUIREMENTS: Final = (
    Requirement("product_name", "tên sản phẩm", "name of the produce",
                {_S.CIRCULAR: "1", _S.PLAN: "ii"},
                lambda lot: not lot.product.name.vi),
    Requirement("product_image", "hình ảnh sản phẩm", "image of the produce",
                {_S.CIRCULAR: "2"},
                lambda lot: lot.product.image is None),
    Requirement("producer", "tên đơn vị, hộ sản xuất", "producer: household or establishment",
                {_S.CIRCULAR: "3", _S.PLAN: "i"},
                lambda lot: lot.producer is None),
    Requirement("producer_address", "địa chỉ đơn vị, hộ sản xuất", "address of the producer",
                {_S.CIRCULAR: "4", _S.PLAN: "i"},
                _lacks_address),
    Requirement("growing_area", "mã số vùng trồng", "growing area code",
                {_S.PLAN: "ii"},
                lambda lot: lot.growing_area is None),
    Requirement("packing_house", "mã số cơ sở đóng gói", "packing house code",
                {_S.PLAN: "ii"},
                lambda lot: lot.packing_house is None),
    Requirement("stages", "các công đoạn", "stages of the chain",
                {_S.CIRCULAR: "5", _S.PLAN: "iii"},
                lambda lot: not lot.stages),
    Requirement("stage_product", "mã sản phẩm của công đoạn", "product code of every stage",
                {_S.CIRCULAR: "5"},
                lambda lot: any(step.product is None for step in lot.stages)),
    Requirement("stage_location", "mã địa điểm của công đoạn", "location code of every stage",
                {_S.CIRCULAR: "5"},
                lambda lot: any(step.location is None for step in lot.stages)),
    Requirement("stage_time", "thời gian của công đoạn", "time of every stage",
                {_S.CIRCULAR: "5"},
                lambda lot: any(step.at is None for step in lot.stages)),
    Requirement("production_time", "thời gian sản xuất", "time of production: grown from",
                {_S.CIRCULAR: "6", _S.PLAN: "ii"},
                lambda lot: all(s.at is None for s in lot.stages if s.stage is Stage.GROWN)),
    Requirement("harvest_time", "thời gian thu hoạch", "time of harvest",
                {_S.PLAN: "ii"},
                lambda lot: lot.harvested_at is None),
    Requirement("packing_time", "thời gian đóng gói", "time of packing",
                {_S.VERITEM: "shelf life and detection count from it"},
                lambda lot: lot.packed_at is None),
    Requirement("lot_code", "mã truy xuất, mã lô hàng", "traceability code: the lot's",
                {_S.CIRCULAR: "7"},
                lambda lot: not lot.code),
    Requirement("brand", "thương hiệu, nhãn hiệu (nếu có)", "brand (if any)",
                {_S.CIRCULAR: "8"}),
    Requirement("shelf_life", "hạn sử dụng (nếu có)", "shelf life (if any)",
                {_S.CIRCULAR: "9"}),
    Requirement("standards", "tiêu chuẩn áp dụng", "standards applied",
                {_S.CIRCULAR: "10"},
                lambda lot: not lot.standards),
)
# fmt: on


def find_missing_items(
    lot: Lot, sources: Iterable[RequirementSource] = RequirementSource
) -> list[str]:
    """Names of the items that these rules make mandatory and the lot lacks, in table order."""
    wanted = set(sources)
    return [
        requirement.item
        for requirement in REQUIREMENTS
        if requirement.is_missing and wanted & set(requirement.sources)
        if requirement.is_missing(lot)
    ]


def find_requirement(item: str) -> Requirement:
    """The requirement of an item named by `find_missing_items`.

    Raises:
        KeyError: no such item.
    """
    return {requirement.item: requirement for requirement in REQUIREMENTS}[item]


def render_table() -> str:
    """The table as Markdown, for the documentation."""
    lines = [
        "| item | in Vietnamese | what it is | Circular 02/2024 | plan 2026 | mandatory |",
        "|---|---|---|---|---|---|",
    ]
    for requirement in REQUIREMENTS:
        circular = requirement.sources.get(RequirementSource.CIRCULAR, "")
        plan = requirement.sources.get(RequirementSource.PLAN, "")
        needed = "yes" if requirement.is_missing else "if any"
        if why := requirement.sources.get(RequirementSource.VERITEM):
            needed += f": {why}"
        lines.append(
            f"| `{requirement.item}` | {requirement.vi} | {requirement.en}"
            f" | {circular} | {plan} | {needed} |"
        )
    return "\n".join(lines)
