"""PIN attempts of consumers."""

import asyncio

from ledger import Claimant, Ledger, OtherClaims, PinAttempts
from tests.ledger.conftest import NOW, Clock


async def test_a_right_first_attempt_stores_no_row(ledger: Ledger) -> None:
    assert await ledger.claims.record_attempt(1, 2, ok=True) == PinAttempts(0)
    assert await ledger.claims.get_attempts(1, 2) == PinAttempts(0)


async def test_wrong_pins_are_counted_by_stamp_and_lock_nothing(ledger: Ledger) -> None:
    tries = [await ledger.claims.record_attempt(1, 2, ok=False) for _ in range(20)]
    assert [t.count for t in tries] == list(range(1, 21))
    claimed = await ledger.claims.record_attempt(1, 2, ok=True, claimant=A)
    assert claimed == PinAttempts(20, A)
    assert await ledger.claims.get_attempts(1, 3) == PinAttempts(0)


async def test_concurrent_attempts_are_all_counted(ledger: Ledger) -> None:
    await asyncio.gather(*(ledger.claims.record_attempt(1, 2, ok=False) for _ in range(4)))
    assert await ledger.claims.get_attempts(1, 2) == PinAttempts(4)


A, B, C, D = (Claimant(2**64 - n, n) for n in range(1, 5))
"""Four people on networks of their own."""


async def test_the_first_two_others_who_know_the_pin_are_counted(
    ledger: Ledger, clock: Clock
) -> None:
    async def right(who: Claimant) -> PinAttempts:
        clock.now += 1000
        return await ledger.claims.record_attempt(1, 2, ok=True, claimant=who)

    assert await right(A) == PinAttempts(0, A, 0)
    for same in (A, Claimant(A.device, None), Claimant(A.device, 9), Claimant(77, A.net)):
        assert await right(same) == PinAttempts(0, A, 0)
    assert await ledger.claims.list_unreported() == []
    for who, others in ((B, 1), (B, 1), (Claimant(78, B.net), 1), (C, 2), (A, 2), (D, 2)):
        assert await right(who) == PinAttempts(0, A, others)
    assert await ledger.claims.list_others(1) == {2: 2}
    assert await ledger.claims.list_others(2) == {}


async def test_another_device_on_an_unknown_network_is_another_one(ledger: Ledger) -> None:
    for device, others in ((1, 0), (1, 0), (2, 1)):
        found = await ledger.claims.record_attempt(1, 2, ok=True, claimant=Claimant(device, None))
        assert found.others == others


async def test_others_are_listed_until_they_are_reported(ledger: Ledger, clock: Clock) -> None:
    for who in (A, B):
        await ledger.claims.record_attempt(1, 2, ok=True, claimant=who)
    seen = await ledger.claims.list_unreported()
    assert seen == [OtherClaims(1, 2, 1, NOW)]
    clock.now += 1000
    await ledger.claims.record_attempt(1, 2, ok=True, claimant=C)
    await ledger.claims.mark_reported(seen)
    assert await ledger.claims.list_unreported() == [OtherClaims(1, 2, 2, NOW + 1000)]
    await ledger.claims.mark_reported(await ledger.claims.list_unreported())
    assert await ledger.claims.list_unreported() == []


async def test_wrong_pins_leave_no_claimant(ledger: Ledger) -> None:
    await ledger.claims.record_attempt(1, 2, ok=False, claimant=A)
    assert (await ledger.claims.record_attempt(1, 2, ok=True, claimant=B)).first == B
    assert await ledger.claims.list_others(1) == {}
