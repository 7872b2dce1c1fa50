"""One contract suite for the claim service: in the process, over TCP and over a Unix socket."""

from pathlib import Path

import pytest

from claims.pin_budget import FIRST_TRIES
from ledger import Claimant
from stamps.lifecycle import State
from tests.claims.conftest import Counter
from web.claim_exchange import ClaimResult, ClaimsUnavailable

WRONG = "00000000"


async def test_the_first_with_the_right_pin_claims_and_is_known_again(counter: Counter) -> None:
    first = await counter.service.claim(counter.question())
    assert (first.result, first.claimed_at) == (ClaimResult.CLAIMED, counter.clock())
    span = await counter.ledger.transitions.get_span(counter.batches.active, 1)
    assert (span.state, span.lo, span.hi) == (State.CLAIMED, 1, 2)
    counter.clock.pass_minutes(90)
    again = await counter.service.claim(counter.question())
    assert (again.result, again.claimed_at) == (ClaimResult.REPEATED, first.claimed_at)
    family = await counter.service.claim(counter.question(device=2))
    assert (family.result, family.claimed_at) == (ClaimResult.ALREADY_CLAIMED, first.claimed_at)
    assert not family.is_suspicious
    other = await counter.service.claim(counter.question(device=3, net=3))
    assert (other.result, other.is_suspicious) == (ClaimResult.ALREADY_CLAIMED, True)


async def test_a_claim_that_a_crash_cut_off_is_made_by_the_next_question(counter: Counter) -> None:
    asked = counter.question()
    await counter.ledger.claims.record_attempt(
        asked.batch, asked.index, ok=True, claimant=Claimant(asked.device, asked.net)
    )  # and then kill -9, before the transition
    answer = await counter.service.claim(asked)
    assert (answer.result, answer.is_suspicious) == (ClaimResult.CLAIMED, False)


async def test_a_wrong_pin_is_recorded_and_claims_nothing(counter: Counter) -> None:
    answer = await counter.service.claim(counter.question(pin=WRONG))
    assert (answer.result, answer.claimed_at) == (ClaimResult.WRONG_PIN, None)
    assert (await counter.ledger.claims.get_attempts(counter.batches.active, 1)).count == 1
    span = await counter.ledger.transitions.get_span(counter.batches.active, 1)
    assert span.state is State.ACTIVATED


async def test_what_can_not_be_claimed_is_not_whatever_the_resolver_says(counter: Counter) -> None:
    batches = counter.batches
    asked = {
        "sealed": counter.question(batch=batches.sealed),
        "printed": counter.question(batch=batches.printed),
        "void": counter.question(batch=batches.void),
        "suspended": counter.question(batch=batches.suspended),
        "recalled": counter.question(batch=batches.recalled),
        "no batch": counter.question(batch=9_999),
        "no stamp": counter.question(index=100),
        "no epoch": counter.question(epoch=1, pin=WRONG),
    }
    answers = {name: await counter.service.claim(question) for name, question in asked.items()}
    assert {name: answer.result for name, answer in answers.items()} == {
        "sealed": ClaimResult.NO_PIN,
        "printed": ClaimResult.NOT_CLAIMABLE,
        "void": ClaimResult.NOT_CLAIMABLE,
        "suspended": ClaimResult.NOT_CLAIMABLE,
        "recalled": ClaimResult.NOT_CLAIMABLE,
        "no batch": ClaimResult.UNKNOWN,
        "no stamp": ClaimResult.UNKNOWN,
        "no epoch": ClaimResult.UNKNOWN,
    }
    assert answers["recalled"].state == "recalled"


async def test_tries_are_counted_by_the_service_and_the_right_pin_waits(counter: Counter) -> None:
    wrong, right = counter.question(pin=WRONG), counter.question()
    results = [(await counter.service.claim(wrong)).result for _ in range(FIRST_TRIES + 2)]
    assert results == [ClaimResult.WRONG_PIN] * (FIRST_TRIES + 1) + [ClaimResult.PIN_LOCKED]
    locked = await counter.service.claim(right)
    assert (locked.result, locked.until is None) == (ClaimResult.PIN_LOCKED, False)
    assert (await counter.service.claim(counter.question(network="n2"))).result == "claimed"


async def test_wrong_pins_have_a_bound_that_no_number_of_networks_moves(counter: Counter) -> None:
    counter.clock.now = counter.clock.now // 60_000 * 60_000
    results = []
    for number in range(60):
        question = counter.question(number % 50, pin=WRONG, network=f"n{number}", device=number)
        results.append((await counter.service.claim(question)).result)
    assert results == [ClaimResult.WRONG_PIN] * 30 + [ClaimResult.BUSY] * 30
    assert (await counter.service.claim(counter.question(60))).result is ClaimResult.BUSY
    counter.clock.pass_minutes(1)
    assert (await counter.service.claim(counter.question(60))).result is ClaimResult.CLAIMED


def damage(directory: Path) -> None:
    for file in directory.glob("ledger.db*"):
        file.write_bytes(b"no database" * 1_000)


async def test_without_the_ledger_it_says_so(counter: Counter, tmp_path: Path) -> None:
    await counter.service.check()
    await counter.ledger.close()
    damage(tmp_path)
    with pytest.raises(ClaimsUnavailable):
        await counter.service.claim(counter.question())
    with pytest.raises(ClaimsUnavailable):
        await counter.service.check()
