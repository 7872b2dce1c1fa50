"""The stream journal (`redis://…`): scans into a Redis stream, from which a recorder takes them.

`record` returns when Redis has accepted the entry. How durable it is then is Redis' own setting:
with `appendfsync always` it is on disk; with `everysec` a crash of the machine (not of the process)
loses the last second or two at most (`docs/failures.md`).
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

from resolver.errors import NotRecorded, TooManyWaiting
from resolver.journal.encoding import encode_evidence
from resolver.journal.port import Evidence
from resolver.redis import NotRun, RedisRefused, RedisStore, load_script
from resolver.redis.write_check import run_write_check

STREAM: Final = b"veritem:{scans}"
"""The stream of a ledger that was never restored; see `make_stream_key`."""
FIELD: Final = b"e"
_CHECKED: Final = STREAM + b":check"
"""A stream that `check` writes and removes."""
_CHECKED_BYTES: Final = 512
"""Estimate of the bytes of a scan's evidence."""
_CHECK_APPEND: Final = load_script("resolver.journal", "check_append")
_LENGTH_SECONDS: Final = 1.0
"""Time between two readings of the stream's length."""

T = TypeVar("T")


class StreamJournal:
    """Writes scans to the stream.

    At most `capacity` scans wait for Redis in this process, and about `stream_capacity` in the
    stream for the recorder. `generation` is the id of the ledger's generation.
    """

    def __init__(
        self, store: RedisStore, *, capacity: int, stream_capacity: int, generation: str = ""
    ) -> None:
        self.stream: Final = make_stream_key(generation)
        self._store = store
        self._capacity = capacity
        self._stream_capacity = stream_capacity
        self._length = 0
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False
        self._measuring = asyncio.create_task(self._measure(), name="stream length")

    @property
    def waiting(self) -> int:
        """See the port."""
        return self._in_flight

    async def record(self, evidence: Evidence) -> None:
        """See the port."""
        await self.run_bounded(self._append(evidence))

    async def run_bounded(self, write: Coroutine[Any, Any, T]) -> T:
        """Await `write`, which sends one scan to Redis, if the journal has capacity for it.

        Raises `NotRecorded`, also for the errors of the Redis connection.
        """
        if (
            self._closing
            or self._in_flight >= self._capacity
            or self._length >= self._stream_capacity
        ):
            write.close()
            raise self._refuse()
        self._in_flight += 1
        self._idle.clear()
        try:
            return await write
        except (NotRun, RedisRefused) as error:
            raise NotRecorded(why=str(error)) from error
        except ConnectionError as error:
            raise NotRecorded(why=str(error), unsure=True) from error
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._idle.set()

    def _refuse(self) -> NotRecorded:
        if self._closing:
            return NotRecorded(why="the service is stopping")
        is_full = self._in_flight >= self._capacity
        return TooManyWaiting(waiting=self._in_flight if is_full else self._length)

    async def _append(self, evidence: Evidence) -> None:
        await self._store.call(
            self.stream, b"XADD", self.stream, b"*", FIELD, encode_evidence(evidence)
        )

    async def find(self, evidence: Evidence) -> bool | None:
        """See the port. Entries are not found by their scan, and the recorder removes them."""
        return None

    async def report_claims(self) -> None:
        """See the port: the recorder reports them."""

    async def check(self) -> None:
        """See the port."""
        try:
            await check_stream(self._store)
        except (ConnectionError, RedisRefused) as error:
            raise NotRecorded(why=str(error)) from error
        if self._length >= self._stream_capacity:
            raise TooManyWaiting(waiting=self._length)

    async def close(self) -> None:
        """See the port."""
        self._closing = True
        await self._idle.wait()
        self._measuring.cancel()
        with suppress(asyncio.CancelledError):
            await self._measuring
        await self._store.close()

    async def _measure(self) -> None:
        while True:
            with suppress(ConnectionError, RedisRefused):
                self._length = await self._store.call(self.stream, b"XLEN", self.stream)
            await asyncio.sleep(_LENGTH_SECONDS)


def make_stream_key(generation: str) -> bytes:
    """The key of a generation's stream; all of them are on one server of a cluster.

    >>> make_stream_key("1f3a9c02"), make_stream_key("")
    (b'veritem:{scans}:1f3a9c02', b'veritem:{scans}')
    """
    return STREAM + f":{generation}".encode() if generation else STREAM


def make_refused_key(stream: bytes) -> bytes:
    """The key of the refused entries of a stream."""
    return stream + b":refused"


async def check_stream(store: RedisStore) -> None:
    """Raise ConnectionError or `RedisRefused` unless scans can be appended; leaves nothing."""
    await run_write_check(store, b"scans", _CHECK_APPEND, (_CHECKED,), FIELD, bytes(_CHECKED_BYTES))
