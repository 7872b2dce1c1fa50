"""What the diary of its place of origin says of a lot, for its completeness."""

from typing import Final

from ledger import LotRow
from services.context import ServiceContext
from services.diary.warnings import read_treatment
from services.permissions import Permission, require_permission
from stamps.vietnam_time import DAY_MS, to_date
from traceability import Lot
from traceability.diary.entry_events import extract_entry
from traceability.diary.lot_evidence import (
    HARVEST_DAYS,
    SEASON_DAYS,
    Harvest,
    LotEvidence,
    PlaceDiary,
    judge_lot,
)

_KINDS: Final = ("harvest", "input")


async def find_lot_evidence(context: ServiceContext, row: LotRow) -> LotEvidence | None:
    """What the diary says of a lot that the actor may see; None where its place has none.

    The entries are those of whoever the place is registered to. The lot's packer is told what they
    add up to, and of a broken waiting period the input with its days. Raises `Forbidden`.
    """
    require_permission(context, Permission.LOT_SEE)
    lot = Lot.from_document(row.document)
    if lot.origin is None:
        return None
    last = max(one for one in (lot.harvested_at, lot.packed_at, 0) if one is not None)
    at = last or context.clock()
    rows = await context.ledger.diary_entries.find_of_places(
        [lot.origin.code],
        _KINDS,
        since=at - (SEASON_DAYS + HARVEST_DAYS) * DAY_MS,
        until=at + (HARVEST_DAYS + 1) * DAY_MS,
    )
    harvests, treatments, inputs = [], [], 0
    for one in rows:
        entry = extract_entry(one.body)
        if entry is None:
            continue
        if entry.kind == "harvest":
            product = entry.values.get("product")
            harvests.append(Harvest(entry.day, None if product is None else str(product)))
        else:
            inputs += 1
            if (treatment := read_treatment(one)) is not None:
                treatments.append(treatment)
    return judge_lot(
        PlaceDiary(harvests, treatments, inputs),
        harvested=None if lot.harvested_at is None else to_date(lot.harvested_at),
        packed=None if lot.packed_at is None else to_date(lot.packed_at),
        product=lot.product.code,
    )
