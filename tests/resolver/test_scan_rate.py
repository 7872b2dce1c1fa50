"""The scan rate is measured, and errs to the higher rate."""

import asyncio
from math import exp, log
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.rules import Rules
from ledger import Ledger, ProductDay, ScanRow, open_ledger
from resolver.scan_rate import (
    CONFIGURED_STAMPS,
    DAY_MS,
    SETTLING_DAYS,
    ScanRates,
    measure_scan_rate,
)
from stamps.lifecycle import Transition
from tests.resolver.house import (
    HANOI,
    SAIGON,
    House,
    a_batch,
    a_house,
    code_of,
    save_lot,
    transition,
)

NOW = 1_000 * DAY_MS
CAREFUL = Rules().scan_rate  # its prior is nil


def day(ago: float, activated: int = 0, scanned: int = 0) -> ProductDay:
    return ProductDay(NOW - round(ago * DAY_MS), activated, scanned)


def trade(share: float, stamps: int = 10_000, days: int = 200, lag: int = 5) -> list[ProductDay]:
    """So many stamps activated each day, and their share scanned some days later."""
    return [day(ago, stamps, round(stamps * share)) for ago in range(days, lag, -1)] + [
        day(ago, stamps) for ago in range(lag, 0, -1)
    ]


@pytest.mark.parametrize("share", [0.002, 0.01, 0.05])
def test_a_steady_trade_is_measured_at_its_rate_or_a_little_above(share: float) -> None:
    found = measure_scan_rate([trade(share)], NOW, CAREFUL)
    assert share <= found < 1.6 * share


def test_a_new_product_is_judged_by_the_configured_rate() -> None:
    assert measure_scan_rate([[]], NOW, 0.1) == 0.1
    assert measure_scan_rate([[day(20, 100), day(15, 0, 1)]], NOW, 0.1) == 0.1
    assert measure_scan_rate([trade(0.01), []], NOW, 0.1) == 0.1


def test_stamps_packed_this_week_do_not_lower_the_rate() -> None:
    before = trade(0.05)
    season = [*before, day(SETTLING_DAYS - 1, 5_000_000)]
    assert measure_scan_rate([season], NOW, 0.1) == measure_scan_rate([before], NOW, 0.1)


def test_the_end_of_a_season_does_not_lower_the_rate() -> None:
    season = [day(80, 100_000, 0), day(75, 0, 5_000)]
    for ago in range(120):
        found = measure_scan_rate([season], NOW + ago * DAY_MS, 0.1)
        assert found >= 0.05


def test_scanning_thousands_of_codes_only_undoes_the_measuring() -> None:
    honest = trade(0.01, stamps=1_000)
    flooded = [*honest, day(1, 0, 70_000)]
    assert measure_scan_rate([honest], NOW, 0.1) < 0.02
    assert measure_scan_rate([flooded], NOW, 0.1) == 0.1


def test_activating_many_stamps_does_not_lower_the_rate_below_the_service() -> None:
    everything, product = trade(0.05), trade(0.05, stamps=100)
    before = measure_scan_rate([product, everything], NOW, 0.1)
    stuffed = [*product, day(30, 1_000_000)]
    assert measure_scan_rate([stuffed], NOW, 0.1) < 0.005
    assert measure_scan_rate([stuffed, everything], NOW, 0.1) >= 0.05 >= 0.6 * before


def test_a_product_with_many_scans_is_not_judged_by_others() -> None:
    rare, common = trade(0.005, stamps=1_000_000), trade(0.08, stamps=10_000)
    assert measure_scan_rate([common, rare], NOW, 0.1) >= 0.08


counts = st.integers(0, 10**7)
histories = st.lists(st.builds(day, st.floats(-10, 120), counts, counts), max_size=20)


@settings(deadline=None)
@given(histories, histories, st.floats(0.001, 1.0))
def test_the_rate_is_positive_and_never_above_the_configured_one(
    product: list[ProductDay], whole: list[ProductDay], configured: float
) -> None:
    found = measure_scan_rate([product, whole], NOW, configured)
    assert 0 < found <= configured
    assert found >= measure_scan_rate([whole], NOW, configured)
    assert Rules(scan_rate=found).prior >= Rules(scan_rate=configured).prior


@settings(deadline=None)
@given(st.integers(1, 10**6), st.floats(0.1, 2.0))
def test_lowering_the_rate_takes_a_matching_number_of_stamps(stuffed: int, nats: float) -> None:
    """Fewer than `e**nats - 1` times what is activated anyway do not reach it."""
    honest = [day(60, 1_000_000), day(50, 0, 50_000)]
    most = (exp(nats) - 1) * (1_000_000 + CONFIGURED_STAMPS)
    found = measure_scan_rate([[*honest, day(60, min(stuffed, int(most)))]], NOW, 0.1)
    assert log(measure_scan_rate([honest], NOW, 0.1) / found) <= nats + log(2) / 4 + 1e-9


async def traded(ledger: Ledger, at: int, share: float = 0.01, stamps: int = 50_000) -> None:
    """Stamps activated a month before `at` (ms), and their share scanned a week later."""
    batch = await a_batch(ledger, stamps)
    made = await save_lot(ledger)
    await transition(ledger, batch, Transition.PRINT, 0, stamps, at=at - 30 * DAY_MS)
    await transition(
        ledger, batch, Transition.ACTIVATE, 0, stamps, lot=made.code, at=at - 30 * DAY_MS
    )
    seen = ScanRow(bytes(16), batch, 0, at - 23 * DAY_MS, "page", "authentic", 0.0, first=True)
    await ledger.scans.append(
        [
            seen._replace(id=(batch << 32 | n).to_bytes(16, "big"), index=n)
            for n in range(round(stamps * share))
        ]
    )


async def test_a_product_is_asked_for_once_a_while(tmp_path: Path) -> None:
    async with await open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        await ledger.migrate()
        await traded(ledger, NOW)
        rates = ScanRates(ledger, 60_000)
        first = await rates.get_rate(None, NOW, 0.1)
        assert 0.01 <= first < 0.02
        assert await rates.get_rate("not traded yet", NOW, 0.1) == 0.1
        await traded(ledger, NOW, 0.05)
        assert await rates.get_rate(None, NOW + 59_000, 0.1) == first
        assert 0.03 <= await rates.get_rate(None, NOW + 60_000, 0.1) < 0.05


DA_LAT = {"lat": 11.94, "lon": 108.44, "accuracy_m": 30}


async def judged(directory: Path, *, measure: bool) -> tuple[float, float | None]:
    """The score of a scan one province on minutes later, and the share that was measured."""
    async with a_house(directory, measure_scan_rate=measure) as house:
        await traded(house.ledger, house.clock())
        code = code_of(house.batches.active, 2)
        await house.scan(code, DA_LAT)
        house.clock.pass_minutes(10)
        await house.scan(code, SAIGON)
        _, far = await house.ledger.scans.list_of_stamp(house.batches.active, 2)
        known = house.dependencies.batch_cache.get_cached(0, house.batches.active, 2)
        assert known is not None
        return far.score, known.scan_rate


async def test_a_scan_is_judged_by_the_measured_rate_unless_measuring_is_off(
    tmp_path: Path,
) -> None:
    measured_in, pinned_in = tmp_path / "measured", tmp_path / "pinned"
    for directory in (measured_in, pinned_in):
        await asyncio.to_thread(directory.mkdir)
    score, share = await judged(measured_in, measure=True)
    careful, none = await judged(pinned_in, measure=False)
    assert none is None
    assert share is not None
    assert 0.01 <= share < 0.02
    assert score - careful == pytest.approx(Rules(scan_rate=share).prior)


async def test_replaced_rules_apply_with_the_measured_rate(house: House) -> None:
    await traded(house.ledger, house.clock())
    code = code_of(house.batches.active, 2)
    await house.scan(code, HANOI)
    house.clock.pass_minutes(10)
    house.dependencies.current_rules.replace(Rules(alert=50.0, suspect=60.0))
    told = await (await house.scan(code, SAIGON)).json()
    assert told["verdict"] == "caution"
