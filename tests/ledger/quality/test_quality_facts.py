"""Facts about the quality of data follow from the chains, once, in whatever parts they fold."""

from dataclasses import replace

from ledger import Ledger, LotRow, Organisation
from ledger.quality import quality_sources
from ledger.quality.quality_facts import (
    COUNTRY,
    QualityTotals,
    name_organisation,
    name_province,
)
from ledger.quality.quality_sources import to_month
from ledger.record.epcis_events import NewEvent
from tests.ledger.conftest import NOW

LOT = LotRow("L1", {"code": "L1"}, ("image", "standards"), organisation="p1")
DAY = 86_400_000


async def read(ledger: Ledger, scope: str = COUNTRY) -> QualityTotals:
    month = to_month(NOW)
    found = await ledger.quality_facts.sum_scopes([scope], month, month)
    return found[scope] if scope in found else QualityTotals()


async def test_a_lot_counts_as_what_it_lacks_now(ledger: Ledger) -> None:
    await ledger.organisations.add(Organisation("p1", "packer", "Tân Phước", province="82"))
    await ledger.lots.save(LOT)
    await ledger.lots.save(replace(LOT, code="L2", document={"code": "L2"}, missing=()))
    assert await ledger.quality_facts.fold() > 0
    assert await ledger.quality_facts.fold() == 0
    totals = await read(ledger)
    assert (totals["lots", ""], totals["lots_complete", ""]) == (2, 1)
    assert totals["lots_missing", "image"] == totals["lots_missing", "standards"] == 1
    await ledger.lots.save(replace(LOT, document={"code": "L1", "x": 1}, missing=("image",)))
    await ledger.lots.save(replace(LOT, document={"code": "L1", "x": 2}, missing=()))
    await ledger.quality_facts.fold()
    totals = await read(ledger)
    assert (totals["lots", ""], totals["lots_complete", ""]) == (2, 2)
    assert totals["lots_missing", "image"] == totals["lots_missing", "standards"] == 0
    assert await read(ledger, name_organisation("p1")) == totals
    assert await read(ledger, name_province("82")) == totals
    assert await read(ledger, name_province("01")) == {}


async def test_events_are_late_a_week_after_they_happened(ledger: Ledger) -> None:
    await ledger.organisations.add(Organisation("p1", "grower", "Hợp tác xã"))
    for n, age in enumerate((1, 6, 8)):
        event = NewEvent(str(n) * 64, "ObjectEvent", NOW - age * DAY, None, {}, {}, [])
        await ledger.epcis_events.record("p1", [event], actor="mai", at=NOW + n)
    await ledger.quality_facts.fold()
    totals = await read(ledger)
    assert (totals["events", ""], totals["events_late", ""]) == (3, 1)


async def test_small_parts_fold_to_the_same_facts(ledger: Ledger) -> None:
    await ledger.organisations.add(Organisation("p1", "packer", "Tân Phước"))
    for n in range(5):
        await ledger.lots.save(replace(LOT, document={"code": "L1", "x": n}))
    usual, quality_sources.PAGE = quality_sources.PAGE, 2  # type: ignore[misc]
    try:
        assert await ledger.quality_facts.fold() > 2
    finally:
        quality_sources.PAGE = usual  # type: ignore[misc]
    assert (await read(ledger))["lots", ""] == 1
    assert (await read(ledger))["lots_missing", "image"] == 1
