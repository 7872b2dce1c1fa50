"""Budgets of PIN tries: guessing stays infeasible, and no stranger can lock an owner out.

A PIN has eight digits, so a try is right with a probability of 10⁻⁸. Tries are counted for each
network at each stamp, not for the stamp alone: what strangers spend is their own.

- A network has `FIRST_TRIES` a day at a stamp at once, then one every `LATER_MS`. These later tries
  also come out of a budget of the stamp, `STAMP_PER_MINUTE`, that all networks share.
- The first tries of all networks at a stamp are at most `FIRST_TRIES_OF_STAMP` a day; further ones
  are counted as later ones. So a stamp has a bound that holds for any number of networks.
- A network has `per_minute` tries a minute at all stamps together.
- All networks together have `wrong_per_minute` wrong tries a minute at all stamps (`WrongPins`).
  This bound holds whatever the asking service says of networks.

A try that is over a budget is not compared with the PIN, so its answer says nothing about it. ADR
0047 has the odds, ADR 0057 those of the last bound.

A network is a label that the asking service made of an IPv4 address or the /48 of an IPv6 address:
whoever has a /48 has 65,536 times /64. The counter sees keyed hashes of stamp, network and window,
which cannot be linked across stamps.
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import Final

from stamps.code import StampId
from web.claim_exchange import ClaimAnswer, ClaimResult
from web.request_counter import RequestCounter

FIRST_TRIES: Final = 5
LATER_MS: Final = 10 * 60_000
STAMP_PER_MINUTE: Final = 10
FIRST_TRIES_OF_STAMP: Final = 10_000

_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 86_400_000


class PinBudget:
    """The budgets of one service; processes that share the counter share them."""

    def __init__(
        self,
        counter: RequestCounter,
        clock: Callable[[], int],
        *,
        secret: bytes,
        per_minute: int,
    ) -> None:
        self._counter = counter
        self._clock = clock
        self._keyed = blake2b(key=secret, digest_size=12, person=b"veritem pins v1")
        self._per_minute = per_minute

    async def count_try(self, stamp: StampId, network: str) -> ClaimAnswer | None:
        """Count a try before its PIN is compared; the answer if a budget is spent, else None."""
        of_network = await self._increment(b"all stamps", _MINUTE_MS, None, network)
        if of_network > self._per_minute:
            return self._refuse(ClaimResult.TOO_MANY, _MINUTE_MS)
        by_network = await self._increment(b"first", _DAY_MS, stamp, network)
        if by_network <= FIRST_TRIES:
            by_stamp = await self._increment(b"first of stamp", _DAY_MS, stamp, "")
            if by_stamp <= FIRST_TRIES_OF_STAMP:
                return None
        elif await self._increment(b"later", LATER_MS, stamp, network) > 1:
            return self._refuse(ClaimResult.PIN_LOCKED, LATER_MS)
        if await self._increment(b"later of stamp", _MINUTE_MS, stamp, "") > STAMP_PER_MINUTE:
            return self._refuse(ClaimResult.PIN_LOCKED, _MINUTE_MS)
        return None

    async def _increment(
        self, kind: bytes, window_ms: int, stamp: StampId | None, network: str
    ) -> int:
        """Count in the present window of `window_ms`; how many there are."""
        now = self._clock()
        hashed = self._keyed.copy()
        id_ = b"" if stamp is None else ((stamp.batch << 24) | stamp.index).to_bytes(6, "big")
        window = (now // window_ms).to_bytes(8, "big")
        hashed.update(b"%b\0%b%b%b" % (kind, window, id_, network.encode()))
        return await self._counter.increment(hashed.digest(), window_ms - now % window_ms)

    def _refuse(self, result: ClaimResult, window_ms: int) -> ClaimAnswer:
        now = self._clock()
        return ClaimAnswer(result=result, until=now + window_ms - now % window_ms)


class WrongPins:
    """The wrong tries of this minute, at all stamps and from everybody, in one process."""

    def __init__(self, clock: Callable[[], int], per_minute: int) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._minute = 0
        self._count = 0

    def refuse(self) -> ClaimAnswer | None:
        """The answer if the budget of this minute is spent, else None."""
        now = self._clock()
        if now // _MINUTE_MS != self._minute or self._count < self._per_minute:
            return None
        return ClaimAnswer(result=ClaimResult.BUSY, until=(self._minute + 1) * _MINUTE_MS)

    def count_wrong(self) -> None:
        """Count a wrong try."""
        minute = self._clock() // _MINUTE_MS
        if minute != self._minute:
            self._minute, self._count = minute, 0
        self._count += 1
