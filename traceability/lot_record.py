"""The public record of a lot: what is reviewed, published, signed, and shown to consumers.

It is made of the lot's document and has less than it: places of growing and farming, and addresses
of households, are told by ward and province alone. Coordinates are left out. Results of tests and
certificates stand in it as their authors told them. The hash of the record is the SHA-256 of its
canonical JSON, so whoever has a record can compute it.

>>> document = {"code": "L1", "product": {"code": "ri6", "name": {"vi": "Sầu riêng"}}}
>>> make_record(Lot.from_document(document), 2, "krong-pac")["document"] == document
True
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from traceability.lot import Lot
from traceability.lot_profiles import find_profile
from traceability.parties import Address, Party, PartyKind, RegisteredSite
from traceability.requirements import is_missing
from traceability.stages import Stage, StageRecord

RECORD_FORMAT: Final = "veritem lot record v1"
_Site = TypeVar("_Site", bound=RegisteredSite)
_AT_HOME: Final = frozenset({Stage.GROWN, Stage.HARVESTED})
"""Stages whose place, unless it is a registered one, may be a household's."""


def make_record(
    lot: Lot, version: int, organisation: str, quoted: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The public record of a version of a lot, as JSON values.

    `quoted` is what laboratories and certifiers tell of it (`traceability.diary.lot_results`).
    """
    return {
        "format": RECORD_FORMAT,
        "lot": lot.code,
        "version": version,
        "organisation": organisation,
        "document": hide_private(lot).to_document(),
        "completeness": count_items(lot),
        **(quoted or {}),
    }


def hide_private(lot: Lot) -> Lot:
    """The lot without what is not for everybody: addresses of households, and coordinates."""
    return lot.model_copy(
        update={
            "producer": _hide_home(lot.producer),
            "growing_area": _hide_site(lot.growing_area),
            "farming_area": _hide_site(lot.farming_area),
            "packing_house": _hide_site(lot.packing_house, is_home=False),
            "stages": tuple(_hide_place(lot, stage) for stage in lot.stages),
        }
    )


def _hide_home(producer: Party | None) -> Party | None:
    if producer is None or producer.kind is not PartyKind.HOUSEHOLD or producer.address is None:
        return producer
    return producer.model_copy(update={"address": _hide_line(producer.address)})


def _hide_site(site: _Site | None, *, is_home: bool = True) -> _Site | None:
    """The place without coordinates, with the province of them; a home without its line."""
    if site is None:
        return None
    address = site.address.model_copy(update={"province": site.province})
    hidden = {"lat": None, "lon": None, "address": _hide_line(address) if is_home else address}
    return site.model_copy(update=hidden)


def _hide_line(address: Address) -> Address:
    return address.model_copy(update={"line": None})


def _hide_place(lot: Lot, stage: StageRecord) -> StageRecord:
    if stage.stage not in _AT_HOME or stage.location is None or lot.find_site(stage.location):
        return stage
    return stage.model_copy(update={"location": None})


def count_items(lot: Lot) -> dict[str, int]:
    """How many items of its kind of produce the lot tells."""
    items = find_profile(lot.kind).items
    return {"told": sum(not is_missing(item, lot) for item in items), "items": len(items)}
