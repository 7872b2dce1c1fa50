"""The stream journal (`redis://…`): evidence goes into a Redis stream, a recorder writes it down.

`record` returns when Redis has taken the entry, so it is as durable as Redis' own setting says:
with `appendfsync always` it is on the disk; with `everysec` a crash of the machine (not of the
process) loses at most the last second or two; see `docs/failures.md`.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

from resolver.errors import NotRecorded, TooManyWaiting
from resolver.journal.encoding import encode_evidence
from resolver.journal.port import Evidence
from resolver.redis import NotSent, RedisRefused, RedisStore

STREAM: Final = b"veritem:{scans}"
FIELD: Final = b"e"
_LENGTH_SECONDS: Final = 1.0

T = TypeVar("T")


class StreamJournal:
    """Writes to the stream. At most `most` scans wait for Redis' reply in this process, and at
    most about `stream_most` for the recorder.
    """

    def __init__(self, store: RedisStore, *, most: int, stream_most: int) -> None:
        self._store = store
        self._most = most
        self._stream_most = stream_most
        self._length = 0
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False
        self._measuring = asyncio.create_task(self._measure(), name="stream length")

    @property
    def waiting(self) -> int:
        """Scans taken on that are not durable yet."""
        return self._under_way

    async def record(self, evidence: Evidence) -> None:
        """See the port."""
        await self.taken_on(self._append(evidence))

    async def taken_on(self, writing: Coroutine[Any, Any, T]) -> T:
        """What `writing` answers, which takes one scan to Redis; begun only if there is room.

        Raises `NotRecorded`, also for what Redis' connection raises in it.
        """
        if self._closing or self._under_way >= self._most or self._length >= self._stream_most:
            writing.close()
            raise self._no_room()
        self._under_way += 1
        self._idle.clear()
        try:
            return await writing
        except (NotSent, RedisRefused) as error:
            raise NotRecorded(why=str(error)) from error
        except ConnectionError as error:
            raise NotRecorded(why=str(error), unsure=True) from error
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    def _no_room(self) -> NotRecorded:
        if self._closing:
            return NotRecorded(why="the service is stopping")
        full = self._under_way >= self._most
        return TooManyWaiting(waiting=self._under_way if full else self._length)

    async def _append(self, evidence: Evidence) -> None:
        await self._store.call(STREAM, b"XADD", STREAM, b"*", FIELD, encode_evidence(evidence))

    async def check(self) -> None:
        """See the port."""
        try:
            await self._store.call(STREAM, b"PING")
        except (ConnectionError, RedisRefused) as error:
            raise NotRecorded(why=str(error)) from error
        if self._length >= self._stream_most:
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
                self._length = await self._store.call(STREAM, b"XLEN", STREAM)
            await asyncio.sleep(_LENGTH_SECONDS)
