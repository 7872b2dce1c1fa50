"""What laboratories and certifiers tell of a lot, as its record quotes it once it is submitted."""

from typing import Final

from ledger import LotRow
from services.context import ServiceContext
from stamps.vietnam_time import DAY_MS, to_date
from traceability import Lot
from traceability.diary.entry_events import extract_entry
from traceability.diary.lot_evidence import SEASON_DAYS
from traceability.diary.lot_results import (
    CERTIFICATE,
    LONGEST_CERTIFICATE,
    TEST,
    LotResult,
    LotResults,
    select_results,
)

_KINDS: Final = (TEST, CERTIFICATE)


async def find_lot_results(context: ServiceContext, row: LotRow) -> LotResults:
    """What is told of a lot now, of its code and of its place of origin; a few queries.

    The caller checked that the actor sees the lot. Whoever sees a lot sees its results: they are
    about its goods, and the public sees them once they are published.
    """
    lot = Lot.from_document(row.document)
    last = max(one for one in (lot.harvested_at, lot.packed_at, 0) if one is not None)
    at = last or context.clock()
    rows = await context.ledger.diary_entries.find_results(
        lot.code,
        None if lot.origin is None else lot.origin.code,
        _KINDS,
        since=at - max(SEASON_DAYS, LONGEST_CERTIFICATE.days) * DAY_MS,
    )
    names = await context.ledger.organisations.get_many({one.organisation for one in rows})
    found = []
    for one in rows:
        entry = extract_entry(one.body)
        if entry is not None:
            name = names[one.organisation].name
            found.append(LotResult(one.id, one.organisation, name, entry))
    return select_results(
        found,
        harvested=None if lot.harvested_at is None else to_date(lot.harvested_at),
        packed=None if lot.packed_at is None else to_date(lot.packed_at),
    )
