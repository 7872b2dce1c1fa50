"""A load generator that keeps its pace whatever the server does (an open loop).

Requests are due at times drawn beforehand (exponential gaps, as people come), and a latency is
counted from when the request was *due*, not from when a connection was free to send it: a server
that stalls for a second has then made two thousand requests late, not one. Clients that wait for
an answer before they ask again leave those out ("coordinated omission").

A few connections on uvloop and answers parsed by hand: about 30 µs a request, so that the
generator leaves the cores to what is measured. `lag` says how late it was itself.
"""

import asyncio
import random
import time
from array import array
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, cast

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"
_SPIN_SECONDS: Final = 0.0005

Answered = Callable[[int, int, bytes], None]
"""`answered(number, status, body)`: request `number` has its answer."""


@dataclass
class Outcome:
    """What came of a run: latencies of answers in seconds, by status how many, what was lost."""

    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    dues: "array[float]" = field(default_factory=lambda: array("d"))
    """When each of them was due, in seconds since the start."""
    statuses: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    """Requests whose connection was lost, or that had no answer at the end."""
    lag: "array[float]" = field(default_factory=lambda: array("d"))
    """How late each request left because the generator was busy (not: because all waited)."""
    seconds: float = 0.0


class _Link(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, load: "OpenLoop") -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._got = bytearray()
        self.number = -1
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's in all but name.
        self._transport = cast(asyncio.Transport, transport)
        self._load.free(self)

    def ask(self, number: int, due: float, request: bytes) -> None:
        self.number, self.due = number, due
        if self._transport is not None:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        got = self._got
        got += data
        end = got.find(_HEAD_END)
        if end < 0:
            return
        head = bytes(got[:end]).lower()
        at = head.find(_LENGTH)
        length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(got) < end + 4 + length:
            return
        body = bytes(got[end + 4 : end + 4 + length])
        got.clear()
        self._load.done(self, int(head[9:12]), body)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._load.lost(self)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class OpenLoop:
    """Sends `request(number)` at `rate` a second for `seconds`, over `connections`."""

    def __init__(
        self,
        host: str,
        port: int,
        request: Callable[[int], bytes],
        answered: Answered,
        *,
        rate: float,
        connections: int = 256,
        seed: int = 1,
    ) -> None:
        self._host, self._port = host, port
        self._request, self._answered = request, answered
        self._rate = rate
        self._connections = connections
        self._chance = random.Random(seed)
        self._free: deque[_Link] = deque()
        self._due: deque[tuple[int, float]] = deque()
        self._running = False
        self._links: set[_Link] = set()
        self._began = 0.0
        self.outcome = Outcome()

    async def run(self, seconds: float) -> Outcome:
        """Run; waits at most ten seconds for the last answers."""
        self._running = True
        for _ in range(self._connections):
            await self._connect()
        began = self._began = time.perf_counter()
        next_due, number = began, 0
        while True:
            now = time.perf_counter()
            if now - began >= seconds:
                break
            while next_due <= now:
                self.outcome.lag.append(now - next_due)
                self._due.append((number, next_due))
                number += 1
                next_due += self._chance.expovariate(self._rate)
            self._send()
            await asyncio.sleep(max(next_due - time.perf_counter(), _SPIN_SECONDS))
        self.outcome.seconds = time.perf_counter() - began
        until = time.perf_counter() + 10
        while self._under_way() and time.perf_counter() < until:  # noqa: ASYNC110 - many connections
            await asyncio.sleep(0.05)
        self._running = False
        self.outcome.unanswered += self._under_way()
        for link in list(self._links):
            link.close()
        return self.outcome

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, link = await loop.create_connection(lambda: _Link(self), self._host, self._port)
        self._links.add(link)

    def _under_way(self) -> int:
        return len(self._due) + sum(link.number >= 0 for link in self._links)

    def _send(self) -> None:
        while self._due and self._free:
            number, due = self._due.popleft()
            self._free.popleft().ask(number, due, self._request(number))

    def free(self, link: _Link) -> None:
        """A connection can take a request."""
        self._free.append(link)
        self._send()

    def done(self, link: _Link, status: int, body: bytes) -> None:
        """A request has its answer."""
        self.outcome.latencies.append(time.perf_counter() - link.due)
        self.outcome.dues.append(link.due - self._began)
        self.outcome.statuses[status] += 1
        self._answered(link.number, status, body)
        link.number = -1
        self.free(link)

    def lost(self, link: _Link) -> None:
        """A connection is gone; another takes its place."""
        self._links.discard(link)
        if link in self._free:
            self._free.remove(link)
        if not self._running:
            return
        self.outcome.unanswered += link.number >= 0
        task = asyncio.ensure_future(self._connect())
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
