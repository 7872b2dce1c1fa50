"""Budgets of PIN tries: guessing stays infeasible, and no stranger can lock an owner out.

A PIN has eight digits, so a try is right with a probability of 10⁻⁸. Tries are counted for each
network at each stamp, not for the stamp alone: what strangers spend is their own.

- A network has `FIRST_TRIES` a day at a stamp at once, then one every `LATER_MS`. These later tries
  also come out of a budget of the stamp, `STAMP_PER_MINUTE`, that all networks share.
- The first tries of all networks at a stamp are at most `FIRST_TRIES_OF_STAMP` a day; further ones
  are counted as later ones. So a stamp has a bound that holds for any number of networks.
- A network has `per_minute` tries a minute at all stamps together.

A try that is over a budget is not compared with the PIN, so its answer says nothing about it. ADR
0047 has the odds.

A network is an IPv4 address or the /48 of an IPv6 address: whoever has a /48 has 65,536 times /64.
The counter sees keyed hashes of stamp, network and window, which can not be linked across stamps.
"""

from hashlib import blake2b
from typing import Final

from resolver.clock import Clock
from resolver.errors import PinLocked
from resolver.privacy.rate_limit import NetworkLimit
from resolver.privacy.request_counter import RequestCounter
from stamps.code import StampId
from web.client_address import witness_of

FIRST_TRIES: Final = 5
LATER_MS: Final = 10 * 60_000
STAMP_PER_MINUTE: Final = 10
FIRST_TRIES_OF_STAMP: Final = 10_000

_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 86_400_000


class PinBudget:
    """The budgets of one service; processes that share the counter share them."""

    def __init__(
        self, counter: RequestCounter, clock: Clock, *, secret: bytes, per_minute: int
    ) -> None:
        self._counter = counter
        self._clock = clock
        self._keyed = blake2b(key=secret, digest_size=12, person=b"veritem pins v1")
        self._all_stamps = NetworkLimit(
            counter, clock, secret=secret, name="pins", per_minute=per_minute
        )

    async def count_try(self, stamp: StampId, network: str) -> None:
        """Count a try before its PIN is compared.

        Raises `TooManyRequests` (the network, at all stamps), and `PinLocked` with the time at
        which the next try of this network at this stamp may be compared.
        """
        network = witness_of(network)
        await self._all_stamps.count_request(network)
        by_network = await self._increment(b"first", _DAY_MS, stamp, network)
        if by_network <= FIRST_TRIES:
            by_stamp = await self._increment(b"first of stamp", _DAY_MS, stamp, "")
            if by_stamp <= FIRST_TRIES_OF_STAMP:
                return
        elif await self._increment(b"later", LATER_MS, stamp, network) > 1:
            raise self._locked(LATER_MS)
        if await self._increment(b"later of stamp", _MINUTE_MS, stamp, "") > STAMP_PER_MINUTE:
            raise self._locked(_MINUTE_MS)

    async def _increment(self, kind: bytes, window_ms: int, stamp: StampId, network: str) -> int:
        """Count in the present window of `window_ms`; how many there are."""
        now = self._clock()
        hashed = self._keyed.copy()
        id_ = (stamp.batch << 24) | stamp.index
        hashed.update(
            b"%b\0%b%b%b"
            % (
                kind,
                (now // window_ms).to_bytes(8, "big"),
                id_.to_bytes(6, "big"),
                network.encode(),
            )
        )
        return await self._counter.increment(hashed.digest(), window_ms - now % window_ms)

    def _locked(self, window_ms: int) -> PinLocked:
        now = self._clock()
        left_ms = window_ms - now % window_ms
        return PinLocked(locked_until=now + left_ms, seconds=-(-left_ms // 1000))
