"""Exchange of scan weights between processes, through a Redis that keeps nothing on disk.

    w:k{DAY}          the key of a day, made by the first process that needs it
    w:s{DAY}          the networks that the processes tell each other about: handles
    w:n{DAY}.{HANDLE} hash: process → its counts `minute minute_scans stamps accused`

Every second each process writes its own counts of the networks that are busy or that accuse, and
reads those of the others. A scan waits for no exchange, so all processes together may take more
than the budget for about a second. While Redis does not answer, every process counts for itself.
The key of a day is made a few minutes before it; every key expires at the end of its day (UTC).
"""

import asyncio
import secrets
from typing import Any, Final

import structlog

from detection.scan_weight import DAY_MS
from ledger.clock import Clock
from resolver.redis import RedisRefused, RedisStore
from resolver.scan_weights.weigher import KEY_BYTES, ScanWeigher

_SECONDS: Final = 1.0
_AHEAD_MS: Final = 600_000
"""Time before its day at which all processes have the day's key."""
_MOST: Final = 1_000
"""Networks that are exchanged in one turn at most."""

_log = structlog.get_logger(__name__)


class WeightExchange:
    """Exchanges the weights of this process with the others' until it is cancelled."""

    def __init__(self, store: RedisStore, weigher: ScanWeigher, clock: Clock) -> None:
        self._store = store
        self._weigher = weigher
        self._clock = clock
        self._process = secrets.token_hex(6).encode()
        self._fails = False

    async def run(self) -> None:
        """Exchange every second."""
        while True:
            try:
                await self.exchange()
            except (ConnectionError, RedisRefused) as error:
                if not self._fails:
                    _log.warning("scan weights are counted per process", why=str(error))
                self._fails = True
            else:
                if self._fails:
                    _log.info("scan weights are shared again")
                self._fails = False
            await asyncio.sleep(_SECONDS)

    async def exchange(self) -> None:
        """Write the counts of this process, read the others'. Raises as Redis does."""
        at = self._clock()
        self._weigher.forget_keys_before(at // DAY_MS)
        for day in sorted({at // DAY_MS, (at + _AHEAD_MS) // DAY_MS}):
            await self._share_key(day, at)
        await self._exchange_networks(at)

    async def _share_key(self, day: int, at: int) -> None:
        name, made = b"w:k%d" % day, secrets.token_bytes(KEY_BYTES)
        await self._call(b"SET", name, made, b"NX", b"PX", _left_of_day(day, at))
        key = await self._call(b"GET", name)
        if key is not None and key != self._weigher.get_key(day):
            self._weigher.set_key(day, key)

    async def _exchange_networks(self, at: int) -> None:
        day, weigher = at // DAY_MS, self._weigher
        changed = _take(weigher.changed_networks)
        members = b"w:s%d" % day

        async def write_counts(handle: int) -> None:
            found = weigher.find_network(handle, at)
            counts = found.minute, found.minute_scans, found.stamps, found.accused
            key = b"w:n%d.%d" % (day, handle)
            await self._call(b"HSET", key, self._process, b"%d %d %d %d" % counts)
            await self._call(b"PEXPIRE", key, _left_of_day(day, at))

        async def read_counts(handle: int) -> None:
            found = weigher.find_network(handle, at)
            others = await self._read_others(b"w:n%d.%d" % (day, handle))
            counts = [[int(count) for count in one.split()] for one in others]
            found.minute_elsewhere = sum(one[1] for one in counts if one[0] == found.minute)
            found.stamps_elsewhere = sum(one[2] for one in counts)
            found.accused_elsewhere = sum(one[3] for one in counts)

        if changed:
            await self._call(b"SADD", members, *changed)
            await self._call(b"PEXPIRE", members, _left_of_day(day, at))
        known = [int(one) for one in await self._call(b"SRANDMEMBER", members, _MOST)]
        await asyncio.gather(*(write_counts(handle) for handle in {*known, *changed}))
        await asyncio.gather(*(read_counts(handle) for handle in known))
        weigher.assess_networks(known, at)

    async def _read_others(self, key: bytes) -> list[bytes]:
        told = await self._call(b"HGETALL", key)
        pairs = zip(told[::2], told[1::2], strict=True)
        return [counts for process, counts in pairs if process != self._process]

    async def _call(self, *words: bytes | int) -> Any:
        return await self._store.call(words[1] if isinstance(words[1], bytes) else b"", *words)


def _left_of_day(day: int, at: int) -> int:
    """Milliseconds from `at` to the end of a day; the clock of Redis may be another."""
    return (day + 1) * DAY_MS - at


def _take(changed: set[int]) -> list[int]:
    taken = list(changed)[:_MOST]
    changed.difference_update(taken)
    return taken
