"""Minimum data of a lot: which mandatory items of its profile a lot lacks.

Who asks for an item, and whether it is mandatory, is in the profiles (`traceability.lot_profiles`).
This module has the test of each item that is not a detail. `docs/lot.md` has the profiles as
`render_tables` writes them.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from traceability.lot import Lot
from traceability.lot_profiles import (
    LotItem,
    LotProfile,
    RequirementSource,
    find_profile,
    load_profiles,
)
from traceability.stages import Stage


def _lacks_address(lot: Lot) -> bool:
    address = lot.producer.address if lot.producer else None
    return address is None or not (address.line or address.ward) or address.province is None


_TESTS: Final[Mapping[str, Callable[[Lot], bool]]] = {
    "lot_code": lambda lot: not lot.code,
    "product_name": lambda lot: not lot.product.name.vi,
    "product_image": lambda lot: lot.product.image is None,
    "brand": lambda lot: lot.brand is None,
    "shelf_life": lambda lot: lot.shelf_life_days is None,
    "standards": lambda lot: not lot.standards,
    "producer": lambda lot: lot.producer is None,
    "producer_address": _lacks_address,
    "growing_area": lambda lot: lot.growing_area is None,
    "farming_area": lambda lot: lot.farming_area is None,
    "packing_house": lambda lot: lot.packing_house is None,
    "stages": lambda lot: not lot.stages,
    "stage_product": lambda lot: any(step.product is None for step in lot.stages),
    "stage_location": lambda lot: any(step.location is None for step in lot.stages),
    "stage_time": lambda lot: any(step.at is None for step in lot.stages),
    "production_time": lambda lot: all(
        step.at is None for step in lot.stages if step.stage is Stage.GROWN
    ),
    "harvest_time": lambda lot: lot.harvested_at is None,
    "packing_time": lambda lot: lot.packed_at is None,
}
"""Whether a lot lacks an item, by item."""


def find_missing_items(
    lot: Lot, sources: Iterable[RequirementSource] = RequirementSource
) -> list[str]:
    """Names of the items that these rules make mandatory and the lot lacks, in profile order."""
    wanted = set(sources)
    return [
        item.name
        for item in find_profile(lot.kind).items
        if wanted & set(item.sources) and _is_needed(item, lot) and is_missing(item, lot)
    ]


def is_missing(item: LotItem, lot: Lot) -> bool:
    """Whether a lot does not tell an item."""
    if item.type is not None:
        return item.name not in lot.details
    return _TESTS[item.name](lot)


def _is_needed(item: LotItem, lot: Lot) -> bool:
    return item.is_mandatory or item.needed_with in lot.details


def render_tables() -> str:
    """The profiles as Markdown, for the documentation."""
    return "\n\n".join(_render_table(profile) for profile in load_profiles().values())


def _render_table(profile: LotProfile) -> str:
    lines = [
        f"### {profile.name['en']} (`{profile.kind}`)",
        "",
        "| item | in Vietnamese | what it is | Circular 02/2024 | plan 2026 | Decree 37/2026 "
        "| mandatory |",
        "|---|---|---|---|---|---|---|",
    ]
    for item in profile.items:
        sources = [
            item.sources.get(source, "")
            for source in RequirementSource
            if source is not RequirementSource.VERITEM
        ]
        cells = [f"`{item.name}`", item.label["vi"], item.label["en"], *sources]
        lines.append(f"| {' | '.join([*cells, _describe_need(item)])} |")
    return "\n".join(lines)


def _describe_need(item: LotItem) -> str:
    if item.needed_with:
        return f"with `{item.needed_with}`"
    if not item.is_mandatory:
        return "if any"
    why = item.sources.get(RequirementSource.VERITEM)
    return f"yes: {why}" if why else "yes"
