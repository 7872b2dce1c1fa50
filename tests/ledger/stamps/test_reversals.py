"""Reversals: a wrong activation is taken back, or bound to another lot, in time and unseen."""

import pytest

from ledger import Ledger
from ledger.stamps.reversals import (
    LIMITS,
    ActivationHandled,
    ActivationTooOld,
    StampsScanned,
)
from stamps.lifecycle import State, Transition
from stamps.spans import TransitionConflict
from tests.insider import open_insider
from tests.ledger.scans.test_scans import SCAN
from tests.ledger.world import a_key, a_lot, activated, printed

DEACTIVATE, REBIND = Transition.DEACTIVATE, Transition.REBIND
HOUR = 3_600_000


async def step(
    ledger: Ledger, batch: int, lo: int, hi: int, transition: Transition, **more: object
) -> None:
    await ledger.transitions.apply(batch, lo, hi, transition, actor="packer", key=a_key(), **more)  # type: ignore[arg-type]


async def spans(ledger: Ledger, batch: int) -> list[tuple[int, int, State, str | None, int | None]]:
    listed = await ledger.transitions.list_spans(batch)
    return [(s.lo, s.hi, s.state, s.lot, s.activated_at) for s in listed]


async def count_today(ledger: Ledger) -> int:
    days = await ledger.product_days.list_since(0)
    return sum(day.activated for day in days.get(None, ()))


async def test_a_deactivated_stamp_is_printed_again_and_bound_to_nothing(ledger: Ledger) -> None:
    batch = await activated(ledger)
    await step(ledger, batch, 20, 30, DEACTIVATE)
    assert (20, 30, State.PRINTED, None, None) in await spans(ledger, batch)
    assert await count_today(ledger) == 90
    balance = await ledger.transitions.compute_balance(batch)
    assert (balance.activated, balance.balances) == (90, True)
    assert (await ledger.audit.verify()).ok
    await step(ledger, batch, 20, 30, Transition.ACTIVATE, lot="L1")
    assert await count_today(ledger) == 100


async def test_a_rebound_stamp_keeps_its_activation_and_has_the_other_lot(ledger: Ledger) -> None:
    batch = await activated(ledger)
    await a_lot(ledger, "L2")
    [(_, _, _, _, activated_at)] = await spans(ledger, batch)
    await step(ledger, batch, 0, 50, REBIND, lot="L2", reason="wrong-lot")
    assert (0, 50, State.ACTIVATED, "L2", activated_at) in await spans(ledger, batch)
    assert await count_today(ledger) == 100
    assert (await ledger.audit.verify()).ok
    await step(ledger, batch, 0, 50, DEACTIVATE)  # a rebinding does not begin the time again


@pytest.mark.parametrize("transition", [DEACTIVATE, REBIND])
async def test_after_its_time_nothing_is_reversed(ledger: Ledger, transition: Transition) -> None:
    batch = await activated(ledger)
    await a_lot(ledger, "L2")
    more = {"lot": "L2", "reason": "mistake"} if transition is REBIND else {}
    now = ledger.clock()
    with pytest.raises(ActivationTooOld) as refusal:
        await step(ledger, batch, 0, 9, transition, at=now + LIMITS[transition] + 1000, **more)
    assert refusal.value.evidence["last"] == 8
    await step(ledger, batch, 0, 9, transition, at=now + LIMITS[transition] - 1000, **more)


@pytest.mark.parametrize("transition", [DEACTIVATE, REBIND])
async def test_after_the_first_scan_nothing_is_reversed(
    ledger: Ledger, transition: Transition
) -> None:
    batch = await activated(ledger)
    await a_lot(ledger, "L2")
    more = {"lot": "L2", "reason": "mistake"} if transition is REBIND else {}
    await ledger.scans.append([SCAN._replace(batch=batch, index=7, at=ledger.clock())])
    with pytest.raises(StampsScanned) as refusal:
        await step(ledger, batch, 0, 9, transition, **more)
    assert refusal.value.evidence["index"] == 7
    await step(ledger, batch, 8, 20, transition, **more)


async def test_what_an_inspector_released_stays_as_it_is(ledger: Ledger) -> None:
    batch = await activated(ledger)
    await step(ledger, batch, 5, 6, Transition.SUSPEND, reason="inspection")
    with pytest.raises(TransitionConflict):
        await step(ledger, batch, 0, 9, DEACTIVATE)
    await step(ledger, batch, 5, 6, Transition.RELEASE, reason="cleared")
    with pytest.raises(ActivationHandled):
        await step(ledger, batch, 0, 9, DEACTIVATE)


async def test_only_activated_stamps_are_reversed(ledger: Ledger) -> None:
    batch = await printed(ledger)
    with pytest.raises(TransitionConflict):
        await step(ledger, batch, 0, 9, DEACTIVATE)


async def test_an_activation_keeps_the_time_of_the_act_and_of_its_record(ledger: Ledger) -> None:
    batch = await printed(ledger)
    await a_lot(ledger)
    now = ledger.clock()
    await step(
        ledger, batch, 0, 50, Transition.ACTIVATE, lot="L1", at=now, acted_at=now - 40 * HOUR
    )
    [first, _] = await ledger.transitions.list_spans(batch)
    assert (first.activated_at, first.changed_at) == (now - 40 * HOUR, now)
    recorded = (await ledger.transitions.list_history(batch))[-1]
    assert (recorded.acted_at, recorded.at) == (now - 40 * HOUR, now)
    assert (await ledger.audit.verify()).ok
    await step(ledger, batch, 0, 50, DEACTIVATE, at=now + 60_000)  # by the time of the record


async def test_a_changed_time_of_an_act_is_found(ledger: Ledger, url: str) -> None:
    batch = await printed(ledger)
    await a_lot(ledger)
    now = ledger.clock()
    await step(ledger, batch, 0, 50, Transition.ACTIVATE, lot="L1", acted_at=now - HOUR)
    with open_insider(url) as insider:
        insider.sql("UPDATE transitions SET acted_at = acted_at - 1 WHERE acted_at IS NOT NULL")
        insider.sql("UPDATE spans SET activated_at = activated_at - 1 WHERE lo = 0")
    assert not (await ledger.audit.verify()).ok
