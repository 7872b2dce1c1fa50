"""What happens is counted as facts, once, on both engines, and a check computes the same anew."""

import asyncio
from collections.abc import Sequence
from datetime import date
from random import Random

import pytest
from sqlalchemy import text

from ledger import (
    AlertState,
    Ledger,
    LotRow,
    Order,
    Organisation,
    PlaceRow,
    ProductRow,
    RegisteredCode,
    ReportRow,
    ScanRow,
    open_ledger,
)
from ledger.figures.facts import day_to_date
from ledger.figures.totals import FigureScope
from ledger.storage.store import Store
from stamps.lifecycle import Transition
from stamps.vietnam_time import to_day_number
from tests.accounts import add_accounts
from tests.ledger.conftest import NOW, Clock
from tests.ledger.world import a_key, allow_recall

TODAY = day_to_date(to_day_number(NOW))
DAY = 86_400_000
ALL = FigureScope()


async def packers(ledger: Ledger) -> None:
    for id_, province in (("krong-pac", "66"), ("cai-lay", "82")):
        await ledger.organisations.add(Organisation(id_, "packer", f"HTX {id_}", province=province))
    for product, kind in (("durian", None), ("shrimp", "aquaculture")):
        await ledger.products.add(ProductRow(product, {"vi": product}, kind=kind))


async def issued(
    ledger: Ledger, packer: str, count: int = 100, product: str = "durian", at: int = NOW
) -> int:
    """A batch of a packer's order."""
    await add_accounts(ledger, "an", "binh")
    order = await ledger.orders.add(
        Order(a_key(), count, "sealed", "an", product=product, packer=packer, requested_at=at)
    )
    await ledger.orders.approve(order.id, actor="binh", at=at)
    batch = await ledger.batches.add(
        order=order.id, count=count, grade="sealed", epoch=0, host="h", product=product,
        actor="issuer", key=a_key(), at=at,
    )  # fmt: skip
    return batch.number


async def step(
    ledger: Ledger, batch: int, lo: int, hi: int, transition: Transition, at: int = NOW, **more: str
) -> None:
    await ledger.transitions.apply(batch, lo, hi, transition, actor="x", key=a_key(), at=at, **more)


def scans(
    batch: int, indexes: Sequence[int], at: int = NOW, verdict: str = "authentic"
) -> list[ScanRow]:
    return [
        ScanRow(
            batch.to_bytes(4, "big") + index.to_bytes(4, "big") + at.to_bytes(8, "big"),
            batch, index, at, "page", verdict, 0.0, first=True,
        )
        for index in indexes
    ]  # fmt: skip


async def sums(ledger: Ledger, scope: FigureScope = ALL) -> dict[str, int]:
    """Today's figures without their details."""
    found = (await ledger.figures.sum_period(TODAY, TODAY, scope)).get("", {})
    totals: dict[str, int] = {}
    for (figure, _), total in found.items():
        totals[figure] = totals.get(figure, 0) + total
    return totals


@pytest.fixture
async def season(ledger: Ledger) -> int:
    """A batch with all that may happen to it, and one of another packer; the first's number."""
    await packers(ledger)
    batch = await issued(ledger, "krong-pac")
    await issued(ledger, "cai-lay", 50, "shrimp")
    await step(ledger, batch, 0, 90, Transition.PRINT)
    await step(ledger, batch, 90, 100, Transition.VOID, reason="misprint")
    await ledger.lots.save(
        LotRow("L1", {"lot": "L1"}, (), product="durian", organisation="krong-pac")
    )
    await step(ledger, batch, 0, 60, Transition.ACTIVATE, lot="L1")
    await step(ledger, batch, 50, 60, Transition.DEACTIVATE)
    await ledger.scans.append(scans(batch, range(7)))
    await ledger.scans.append(scans(batch, range(7)))  # repeated
    alert = await ledger.alerts.report("stamp", batch, 3, score=3.0, reasons=["x"])
    await ledger.alerts.decide(alert.id, AlertState.INVESTIGATING, actor="chi")
    await ledger.alerts.decide(alert.id, AlertState.CONFIRMED, actor="chi", cause="copied")
    await ledger.reports.add(ReportRow(bytes(16), batch, 3, "?", kind="copied"))
    await ledger.report_groups.file_arrivals()
    key = await allow_recall(ledger, lot="L1")
    await ledger.transitions.recall_lot("L1", actor="chi", reason="food-safety", key=key)
    await ledger.scans.append(scans(batch, [9], verdict="recalled"))
    await ledger.figures.fold()
    return batch


async def test_a_season_is_counted(ledger: Ledger, season: int) -> None:
    assert season
    assert await sums(ledger) == {
        "ordered": 150, "approved": 150, "issued": 150, "printed": 90, "void": 10,
        "activated": 60, "deactivated": 10, "recalled": 50, "scans": 8, "first_scans": 8,
        "alerts": 1, "alerts_confirmed": 1, "reports": 1, "recalls": 1,
    }  # fmt: skip
    assert await ledger.check_figures() == []


async def test_parts_add_up_to_the_whole_by_every_axis(ledger: Ledger, season: int) -> None:
    assert season
    whole = (await ledger.figures.sum_period(TODAY, TODAY, ALL))[""]
    for axis in ("product", "packer", "province", "month", "day"):
        parts = await ledger.figures.sum_period(TODAY, TODAY, ALL, axis)
        added = whole.__class__()
        for part in parts.values():
            added.update(part)
        assert added == whole, axis
    by_province = await ledger.figures.sum_period(TODAY, TODAY, ALL, "province")
    assert {key: part["issued", ""] for key, part in by_province.items() if key} == {
        "66": 100,
        "82": 50,
    }


async def test_a_scope_narrows_figures_to_product_kind_packer_or_province(
    ledger: Ledger, season: int
) -> None:
    assert season
    for scope, wanted in (
        (FigureScope(product="shrimp"), 50),
        (FigureScope(kind="crop"), 100),
        (FigureScope(kind="aquaculture"), 50),
        (FigureScope(packer="krong-pac"), 100),
        (FigureScope(province="82"), 50),
        (FigureScope(province="01"), 0),
    ):
        assert (await sums(ledger, scope)).get("issued", 0) == wanted, scope


async def test_a_packer_without_a_province_is_where_its_only_places_are(ledger: Ledger) -> None:
    await ledger.organisations.add(Organisation("an-giang", "packer", "An Giang"))
    await ledger.places.add(
        PlaceRow("p1", "packing_house", "Kho", province="91", organisation="an-giang")
    )
    assert await ledger.figures.list_packers() == [("an-giang", "An Giang", "91")]
    await ledger.places.add(
        PlaceRow("p2", "packing_house", "Kho 2", province="92", organisation="an-giang")
    )
    assert await ledger.figures.list_packers() == [("an-giang", "An Giang", None)]


async def test_the_stock_is_what_is_in_each_state_now(ledger: Ledger, season: int) -> None:
    totals = await ledger.figures.sum_all(ALL)
    stock = {state: n for (figure, state), n in totals.items() if figure == "stock" and n}
    assert stock == {"issued": 50, "printed": 40, "void": 10, "recalled": 50}
    assert totals["issued", ""] == sum(stock.values())
    assert await ledger.figures.list_flawed(ALL, 10) == []


async def test_a_batch_whose_spans_were_changed_by_hand_is_named(
    url: str, ledger: Ledger, season: int
) -> None:
    store = Store(url)
    async with store.append() as connection:
        statement = "DELETE FROM spans WHERE batch = :batch AND state = 'void'"
        await connection.execute(text(statement), {"batch": season})
    await store.close()
    await step(ledger, season, 50, 51, Transition.VOID, reason="lost")
    await ledger.figures.fold()
    [flawed] = await ledger.figures.list_flawed(ALL, 10)
    assert flawed.batch == season
    assert flawed.flaw == "issued: 100, in states: 90; made void: 11, void: 1"
    assert await ledger.figures.list_flawed(FigureScope(province="82"), 10) == []


async def test_a_check_names_a_fact_that_is_kept_wrongly(
    url: str, ledger: Ledger, season: int
) -> None:
    assert season
    store = Store(url)
    async with store.append() as connection:
        await connection.execute(
            text("UPDATE figure_facts SET total = total + 1 WHERE figure = 'printed' AND grain = 1")
        )
    await store.close()
    [found] = await ledger.check_figures()
    assert (found.fact.figure, found.kept, found.computed) == ("printed", 91, 90)


async def test_two_processes_that_fold_at_once_count_once(
    url: str, ledger: Ledger, clock: Clock
) -> None:
    await packers(ledger)
    for _ in range(5):
        await issued(ledger, "krong-pac")
    async with await open_ledger(url, clock=clock) as other:
        await asyncio.gather(ledger.figures.fold(), other.figures.fold(), ledger.figures.fold())
    assert (await sums(ledger))["issued"] == 500
    assert await ledger.check_figures() == []


async def test_what_happened_is_folded_in_bounded_parts(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.figures.sources.PAGE", 3)
    await packers(ledger)
    batch = await issued(ledger, "krong-pac")
    for at in range(0, 100, 10):
        await step(ledger, batch, at, at + 10, Transition.PRINT)
    assert await ledger.figures.fold() > 3
    assert (await sums(ledger))["printed"] == 100
    assert await ledger.figures.list_flawed(ALL, 10) == []
    assert await ledger.check_figures() == []


async def test_a_process_killed_before_its_commit_leaves_nothing_of_a_part(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await packers(ledger)
    await issued(ledger, "krong-pac")

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("ledger.figures.totals._add_facts", fail)
    with pytest.raises(RuntimeError):
        await ledger.figures.fold_page()
    monkeypatch.undo()
    assert await sums(ledger) == {}
    assert await ledger.figures.fold() == 1
    assert (await sums(ledger))["issued"] == 100


async def test_figures_of_a_year_are_read_from_its_months(ledger: Ledger) -> None:
    await packers(ledger)
    batch = await issued(ledger, "krong-pac", 1000)
    for month in range(12):
        at = NOW - month * 30 * DAY
        await ledger.scans.append(scans(batch, [month], at))
    await ledger.figures.fold()
    first = day_to_date(to_day_number(NOW - 330 * DAY))
    by_month = await ledger.figures.sum_period(first, TODAY, ALL, "month")
    assert sum(part["scans", "authentic"] for part in by_month.values()) == 12
    assert set(by_month) == {key for key in by_month if date.fromisoformat(key).day == 1}
    assert await ledger.check_figures() == []


async def test_a_month_of_work_adds_up_by_day_and_in_the_whole(ledger: Ledger) -> None:
    await packers(ledger)
    batch = await issued(ledger, "krong-pac", 1000, at=NOW - 31 * DAY)
    await ledger.lots.save(LotRow("L1", {"lot": "L1"}, (), product="durian"))
    chance = Random(5)
    printed = activated = void = scanned = 0
    for day in range(30):
        at = NOW - (30 - day) * DAY
        made = chance.randint(1, 30)
        await step(ledger, batch, printed, printed + made, Transition.PRINT, at)
        printed += made
        packed = chance.randint(1, max(1, printed - activated - 5))
        await step(ledger, batch, activated, activated + packed, Transition.ACTIVATE, at, lot="L1")
        activated += packed
        rows = scans(batch, chance.sample(range(activated), min(activated, 3)), at)
        scanned += await ledger.scans.append(rows)
        if day % 7 == 0:
            void += 1
            top = 1000 - void
            await step(ledger, batch, top, top + 1, Transition.VOID, at, reason="misprint")
        if day % 10 == 0:
            await ledger.figures.fold()
    await ledger.figures.fold()
    first = day_to_date(to_day_number(NOW - 31 * DAY))
    wanted = {"printed": printed, "activated": activated, "void": void, "scans": scanned}
    for axis in ("none", "day", "month"):
        parts = await ledger.figures.sum_period(first, TODAY, ALL, axis)
        for figure, total in wanted.items():
            counted = sum(
                n for part in parts.values() for (name, _), n in part.items() if name == figure
            )
            assert counted == total, (axis, figure)
    stock = await ledger.figures.sum_all(ALL)
    assert sum(n for (figure, _), n in stock.items() if figure == "stock") == 1000
    assert await ledger.figures.list_flawed(ALL, 10) == []
    assert await ledger.check_figures() == []


async def test_codes_are_counted_by_what_they_are_good_for(ledger: Ledger) -> None:
    codes = [
        RegisteredCode(f"VN-ĐLOR-000{n}", "growing_area", "Ea Kao", province=province, **dates)
        for n, province, dates in (
            (1, "66", {}),
            (2, "66", {"valid_until": "2026-09-20"}),
            (3, "66", {"valid_until": "2026-10-20"}),
            (4, "82", {"valid_until": "2027-09-20"}),
        )
    ]
    names = [code.code for code in codes]
    await ledger.registered_codes.change(names, lambda _: codes, action="add", actor="an")
    today, soon = date(2026, 9, 21), date(2026, 11, 20)
    whole = await ledger.figures.count_codes(None, today, soon)
    assert whole == {"valid": 2, "expired": 1, "expiring": 1}
    assert (await ledger.figures.count_codes("82", today, soon)) == {"valid": 1}
