"""Exchange of scan weights between processes, through a Redis that keeps nothing on disk.

    w:k{DAY}          the key of a day, made by the first process that needs it
    w:s{DAY}          the networks that the processes tell each other about: handles
    w:n{DAY}.{HANDLE} hash: process → its counts `minute minute_scans stamps accused`
    w:c{HOUR}         the stamps that the processes tell each other about
    w:h{HOUR}.{STAMP} hash: process → its scans

Every second each process writes its own counts of the networks and stamps that are busy or that
accuse, and reads those of the others. So a budget that all share is exceeded by what the processes
take in a second, and a scan waits for no exchange. While Redis does not answer, every process
counts for itself. All keys end with their day or hour.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

from resolver.clock import Clock
from resolver.errors import MemoryPersists
from resolver.redis import RedisRefused, RedisStore
from resolver.scan_weights.weigher import DAY_MS, HOUR_MS, KEY_BYTES, ScanWeigher

_SECONDS: Final = 1.0
_KEY_SECONDS: Final = 2 * 86_400
_MOST: Final = 1_000
"""Networks and stamps that are exchanged in one turn at most."""

_log = structlog.get_logger(__name__)


async def check_volatile(store: RedisStore) -> None:
    """Raise `MemoryPersists` if the Redis server says that it writes to disk.

    A server that does not tell, or does not answer yet, is believed.
    """
    try:
        told = await store.call(b"", b"CONFIG", b"GET", b"save")
        told += await store.call(b"", b"CONFIG", b"GET", b"appendonly")
    except (ConnectionError, RedisRefused):
        return
    settings = dict(zip(told[::2], told[1::2], strict=True))
    if settings.get(b"save") or settings.get(b"appendonly") == b"yes":
        raise MemoryPersists


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
        for day in (at // DAY_MS, at // DAY_MS + 1):
            await self._share_key(day)
        await self._exchange_networks(at)
        await self._exchange_stamps(at)

    async def _share_key(self, day: int) -> None:
        name = b"w:k%d" % day
        await self._call(b"SET", name, secrets.token_bytes(KEY_BYTES), b"NX", b"EX", _KEY_SECONDS)
        key = await self._call(b"GET", name)
        if key is not None and key != self._weigher.get_key(day):
            self._weigher.set_key(day, key)

    async def _exchange_networks(self, at: int) -> None:
        day, weigher = at // DAY_MS, self._weigher
        changed = _take(weigher.changed_networks)
        members = b"w:s%d" % day

        async def write(handle: int) -> None:
            found = weigher.find_network(handle, at)
            counts = found.minute, found.minute_scans, found.stamps, found.accused
            await self._write(b"w:n%d.%d" % (day, handle), b"%d %d %d %d" % counts, DAY_MS)

        async def read(handle: int) -> None:
            found = weigher.find_network(handle, at)
            others = await self._read_others(b"w:n%d.%d" % (day, handle))
            counts = [[int(count) for count in one.split()] for one in others]
            found.minute_elsewhere = sum(one[1] for one in counts if one[0] == found.minute)
            found.stamps_elsewhere = sum(one[2] for one in counts)
            found.accused_elsewhere = sum(one[3] for one in counts)

        handles = await self._exchange_members(members, changed, DAY_MS, write, read)
        weigher.assess_networks(handles, at)

    async def _exchange_stamps(self, at: int) -> None:
        hour, weigher = at // HOUR_MS, self._weigher
        changed = _take(weigher.changed_stamps)

        async def write(stamp: int) -> None:
            scans = b"%d" % weigher.find_stamp(stamp, at).scans
            await self._write(b"w:h%d.%d" % (hour, stamp), scans, HOUR_MS)

        async def read(stamp: int) -> None:
            others = await self._read_others(b"w:h%d.%d" % (hour, stamp))
            weigher.find_stamp(stamp, at).elsewhere = sum(map(int, others))

        await self._exchange_members(b"w:c%d" % hour, changed, HOUR_MS, write, read)

    async def _exchange_members(
        self,
        members: bytes,
        changed: list[int],
        life_ms: int,
        write: Callable[[int], Coroutine[Any, Any, None]],
        read: Callable[[int], Coroutine[Any, Any, None]],
    ) -> list[int]:
        if changed:
            await self._call(b"SADD", members, *changed)
            await self._call(b"PEXPIRE", members, life_ms)
        known = [int(one) for one in await self._call(b"SRANDMEMBER", members, _MOST)]
        await asyncio.gather(*(write(name) for name in {*known, *changed}))
        await asyncio.gather(*(read(name) for name in known))
        return known

    async def _write(self, key: bytes, counts: bytes, life_ms: int) -> None:
        await self._call(b"HSET", key, self._process, counts)
        await self._call(b"PEXPIRE", key, life_ms)

    async def _read_others(self, key: bytes) -> list[bytes]:
        told = await self._call(b"HGETALL", key)
        pairs = zip(told[::2], told[1::2], strict=True)
        return [counts for process, counts in pairs if process != self._process]

    async def _call(self, *words: bytes | int) -> Any:
        return await self._store.call(words[1] if isinstance(words[1], bytes) else b"", *words)


def _take(changed: set[int]) -> list[int]:
    taken = list(changed)[:_MOST]
    changed.difference_update(taken)
    return taken
