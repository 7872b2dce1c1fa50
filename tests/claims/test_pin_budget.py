"""Budgets of PIN tries, with counters in the process and in Redis."""

import pytest

from claims import pin_budget
from claims.pin_budget import FIRST_TRIES, LATER_MS, STAMP_PER_MINUTE, PinBudget, WrongPins
from stamps.code import StampId
from tests.resolver.house import Clock
from tests.resolver.privacy.test_request_counter import clock, counter, store
from web.claim_exchange import ClaimResult
from web.request_counter import MemoryRequestCounter, RequestCounter

__all__ = ["clock", "counter", "store"]

SECRET = b"s" * 32
STAMP, OTHER = StampId(0, 7, 1), StampId(0, 7, 2)


def make_budget(counter: RequestCounter, clock: Clock, per_minute: int = 1000) -> PinBudget:
    return PinBudget(counter, clock, secret=SECRET, per_minute=per_minute)


async def count_allowed(budget: PinBudget, network: str, tries: int, stamp: StampId = STAMP) -> int:
    allowed = 0
    for _ in range(tries):
        allowed += await budget.count_try(stamp, network) is None
    return allowed


async def test_a_network_has_five_tries_at_a_stamp_and_then_one_every_ten_minutes(
    counter: RequestCounter, clock: Clock
) -> None:
    budget = make_budget(counter, clock)
    assert await count_allowed(budget, "203.0.113.1", 20) == FIRST_TRIES + 1
    refusal = await budget.count_try(STAMP, "203.0.113.1")
    assert refusal is not None
    assert refusal.result is ClaimResult.PIN_LOCKED
    until = refusal.until or 0
    assert clock() < until <= clock() + LATER_MS
    clock.now = until
    assert await count_allowed(budget, "203.0.113.1", 20) == 1
    clock.pass_minutes(10)
    assert await count_allowed(budget, "203.0.113.1", 20) == 1


async def test_budgets_of_networks_and_stamps_are_apart(
    counter: RequestCounter, clock: Clock
) -> None:
    budget = make_budget(counter, clock)
    await count_allowed(budget, "203.0.113.1", 50)
    assert await count_allowed(budget, "203.0.113.2", 5) == 5
    assert await count_allowed(budget, "203.0.113.1", 5, OTHER) == 5


async def test_later_tries_of_all_networks_at_a_stamp_are_bounded(
    counter: RequestCounter, clock: Clock
) -> None:
    budget = make_budget(counter, clock)
    networks = [f"203.0.113.{n}" for n in range(30)]
    for network in networks:
        assert await count_allowed(budget, network, FIRST_TRIES) == FIRST_TRIES
    later = sum([await count_allowed(budget, network, 1) for network in networks])
    assert later == STAMP_PER_MINUTE
    # A network that has not tried yet is not kept waiting by them.
    assert await count_allowed(budget, "198.51.100.1", 1) == 1


async def test_first_tries_at_a_stamp_are_bounded_for_any_number_of_networks(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(pin_budget, "FIRST_TRIES_OF_STAMP", 50)
    budget = make_budget(MemoryRequestCounter(clock), clock)
    networks = [f"203.0.{n // 256}.{n % 256}" for n in range(500)]
    assert sum([await count_allowed(budget, network, 1) for network in networks]) == 60
    clock.pass_minutes(1)
    assert await count_allowed(budget, "198.51.100.1", 1) == 1


async def test_a_network_has_so_many_tries_a_minute_at_all_stamps(
    counter: RequestCounter, clock: Clock
) -> None:
    budget = make_budget(counter, clock, per_minute=20)
    for index in range(20):
        assert await budget.count_try(StampId(0, 7, index), "203.0.113.1") is None
    refusal = await budget.count_try(StampId(0, 7, 99), "203.0.113.1")
    assert refusal is not None
    assert refusal.result is ClaimResult.TOO_MANY
    clock.pass_minutes(1)
    assert await budget.count_try(StampId(0, 7, 99), "203.0.113.1") is None


def test_wrong_pins_of_everybody_have_a_bound_for_each_minute(clock: Clock) -> None:
    clock.now = clock.now // 60_000 * 60_000
    wrong = WrongPins(clock, per_minute=3)
    for _ in range(3):
        assert wrong.refuse() is None
        wrong.count_wrong()
    refusal = wrong.refuse()
    assert refusal is not None
    assert (refusal.result, refusal.until) == (ClaimResult.BUSY, clock.now + 60_000)
    clock.pass_minutes(1)
    assert wrong.refuse() is None
    wrong.count_wrong()
    assert wrong.refuse() is None


async def test_a_flood_of_other_limits_does_not_reset_a_budget(clock: Clock) -> None:
    memory = MemoryRequestCounter(clock, size=10)
    budget = make_budget(memory, clock)
    await count_allowed(budget, "203.0.113.1", 20)
    for number in range(1000):
        await memory.increment(b"unknown code %d" % number, 60_000)
    assert await count_allowed(budget, "203.0.113.1", 5) == 0
