"""Open-loop load generator: requests are sent at predetermined times, however slow the server is.

Gaps between requests are exponential. A latency starts when the request is *due*, not when a
connection is free, so that a stall of one second delays all requests of that second. Clients that
wait for an answer before the next request omit those delays ("coordinated omission").

A few connections on uvloop and a minimal parser take about 30 µs a request, which leaves the cores
to the service. `lag` is the delay of the generator itself.
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

OnAnswer = Callable[[int, int, bytes], None]
"""`on_answer(number, status, body)`: called when request `number` has its answer."""


@dataclass
class LoadResult:
    """Result of a run: latencies in seconds, answers by status, requests without an answer."""

    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    dues: "array[float]" = field(default_factory=lambda: array("d"))
    """When the request of each latency was due, in seconds since the start."""
    statuses: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    """Requests whose connection was lost or that had no answer at the end."""
    lag: "array[float]" = field(default_factory=lambda: array("d"))
    """Delay of each request because the generator was busy, in seconds."""
    seconds: float = 0.0


class _Connection(asyncio.Protocol):
    """One connection with at most one request in flight."""

    def __init__(self, load: "OpenLoop") -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._got = bytearray()
        self.number = -1
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have asyncio's methods without its base class.
        self._transport = cast(asyncio.Transport, transport)
        self._load.release(self)

    def send(self, number: int, due: float, request: bytes) -> None:
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
        self._load.complete(self, int(head[9:12]), body)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._load.replace(self)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class OpenLoop:
    """Sends `request(number)` at `rate` a second for `seconds` over `connections`."""

    def __init__(
        self,
        host: str,
        port: int,
        request: Callable[[int], bytes],
        on_answer: OnAnswer,
        *,
        rate: float,
        connections: int = 256,
        seed: int = 1,
    ) -> None:
        self._host, self._port = host, port
        self._request, self._on_answer = request, on_answer
        self._rate = rate
        self._connections = connections
        self._chance = random.Random(seed)
        self._free: deque[_Connection] = deque()
        self._due: deque[tuple[int, float]] = deque()
        self._running = False
        self._all: set[_Connection] = set()
        self._began = 0.0
        self.outcome = LoadResult()

    async def run(self, seconds: float) -> LoadResult:
        """Run the load; wait at most ten seconds for the last answers."""
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
            self._send_due()
            await asyncio.sleep(max(next_due - time.perf_counter(), _SPIN_SECONDS))
        self.outcome.seconds = time.perf_counter() - began
        until = time.perf_counter() + 10
        while self._count_open() and time.perf_counter() < until:  # noqa: ASYNC110 - many connections
            await asyncio.sleep(0.05)
        self._running = False
        self.outcome.unanswered += self._count_open()
        for connection in list(self._all):
            connection.close()
        return self.outcome

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: _Connection(self), self._host, self._port
        )
        self._all.add(connection)

    def _count_open(self) -> int:
        return len(self._due) + sum(connection.number >= 0 for connection in self._all)

    def _send_due(self) -> None:
        while self._due and self._free:
            number, due = self._due.popleft()
            self._free.popleft().send(number, due, self._request(number))

    def release(self, connection: _Connection) -> None:
        """Take back a connection that can send a request."""
        self._free.append(connection)
        self._send_due()

    def complete(self, connection: _Connection, status: int, body: bytes) -> None:
        """Record the answer of a request."""
        self.outcome.latencies.append(time.perf_counter() - connection.due)
        self.outcome.dues.append(connection.due - self._began)
        self.outcome.statuses[status] += 1
        self._on_answer(connection.number, status, body)
        connection.number = -1
        self.release(connection)

    def replace(self, connection: _Connection) -> None:
        """Open a connection in place of a closed one."""
        self._all.discard(connection)
        if connection in self._free:
            self._free.remove(connection)
        if not self._running:
            return
        self.outcome.unanswered += connection.number >= 0
        task = asyncio.ensure_future(self._connect())
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
