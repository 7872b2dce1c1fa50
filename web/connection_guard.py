"""Deadlines and caps for the connections of an HTTP server.

`ConnectionGuard` counts the connections of a process, refuses those above its caps, and ends those
that are past their deadline. One task looks at all connections a few times a second, so a deadline
costs a request one assignment. When all connections of the process are taken, those that wait for
their client (for a head, the next request, a body, or for what was sent to be read) make room for
new ones, the oldest deadline first: idle connections shut nobody out.

`GuardedProtocol` gives any asyncio protocol (aiohttp's server has neither caps nor a deadline for
a client that does not read) both:

    guard = ConnectionGuard(ConnectionLimits())
    async with guard:
        await loop.create_server(lambda: GuardedProtocol(server(), guard), sock=socket)

The server says when a request begins and ends (`begin_request`, `end_request`); the middleware
that does is in `web.aiohttp_server`. A request under way has no deadline here: its body is read
under `web.request_parsing.body_deadline`.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import Any, Final, Protocol, Self, cast

from web.client_address import network_of

OVERLOADED: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nServer: veritem\r\nRetry-After: 5\r\n"
    b"Cache-Control: no-store\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)
"""The response to a connection above a cap."""
_EVICTED_SHARE: Final = 8
"""Divisor of the connections that are cut when room is made."""
_EVICTION_SECONDS: Final = 0.1
"""Time to the next look for room after one that found little."""
_LAST_SECONDS: Final = 1.0
"""Time for which a process that ends waits for requests on its open connections."""


@dataclass(frozen=True)
class ConnectionLimits:
    """Deadlines of clients, and caps on connections."""

    head_seconds: float = 10.0
    """Time from the first byte of a request, or from the connection, to the end of its head."""
    idle_seconds: float = 20.0
    """Time from a response to the next request."""
    write_seconds: float = 20.0
    """Time for which a client may read nothing while responses wait for it."""
    connections: int = 10_000
    """Connections of this process."""
    connections_per_network: int = 500
    """Connections of one network (IPv4 address, IPv6 /64); many phones share a carrier's NAT."""


class GuardedConnection(Protocol):
    """A connection as the guard sees it."""

    deadline: float
    """Loop time at which it expires; infinite for never."""

    def expire(self) -> None:
        """End the connection, or set a new deadline."""

    def abort(self) -> None:
        """Cut the connection."""


class ConnectionGuard:
    """The connections of one process. `is_exempt` says which addresses have no cap of their own."""

    def __init__(
        self,
        limits: ConnectionLimits,
        is_exempt: Callable[[str], bool] = lambda _address: False,
    ) -> None:
        self.limits: Final = limits
        self.is_draining = False
        """Whether responses close their connections, because the process ends."""
        self.refused = 0
        """Connections refused because of a cap."""
        self.expired = 0
        """Connections that passed a deadline."""
        self.evicted = 0
        """Waiting connections that were cut to make room for new ones."""
        self._is_exempt = is_exempt
        self._next_eviction = -math.inf
        self._networks: dict[GuardedConnection, str] = {}
        self._counts: Counter[str] = Counter()
        self._watcher: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._networks)

    async def __aenter__(self) -> Self:
        self._watcher = asyncio.create_task(self._watch(), name="connection deadlines")
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher

    @property
    def connections(self) -> list[GuardedConnection]:
        """The connections that are open now."""
        return list(self._networks)

    def admit(self, connection: GuardedConnection, address: str) -> bool:
        """Count a new connection from `address`; False when it is above a cap and must end."""
        limits = self.limits
        network = "" if not address or self._is_exempt(address) else network_of(address)
        if network and self._counts[network] >= limits.connections_per_network:
            self.refused += 1
            return False
        if len(self._networks) >= limits.connections and not self._make_room():
            self.refused += 1
            return False
        self._networks[connection] = network
        if network:
            self._counts[network] += 1
        return True

    def release(self, connection: GuardedConnection) -> None:
        """Forget a connection that has ended; one that was not admitted changes nothing."""
        network = self._networks.pop(connection, "")
        if network:
            self._counts[network] -= 1
            if not self._counts[network]:
                del self._counts[network]

    def expire_overdue(self, now: float) -> None:
        """End the connections whose deadline has passed at loop time `now`."""
        for connection in [one for one in self._networks if one.deadline <= now]:
            self.expired += 1
            connection.expire()

    def _make_room(self) -> bool:
        """Cut the connections that have waited longest for their client, if enough wait.

        Somebody who has just come has sent the request before a flood of others makes them the
        oldest. Looking at all connections costs a millisecond for a thousand, so an eighth is cut
        at once. Where fewer wait, those have just come: none is cut, and the next look has to wait.
        """
        now = monotonic()
        if now < self._next_eviction:
            return False
        waiting = [one for one in self._networks if one.deadline < math.inf]
        waiting.sort(key=lambda one: one.deadline)
        share = max(1, self.limits.connections // _EVICTED_SHARE)
        if len(waiting) < share:
            self._next_eviction = now + _EVICTION_SECONDS
            return False
        for connection in waiting[:share]:
            self.release(connection)
            self.evicted += 1
            connection.abort()
        return True

    async def _watch(self) -> None:
        loop, limits = asyncio.get_running_loop(), self.limits
        shortest = min(limits.head_seconds, limits.idle_seconds, limits.write_seconds)
        pause = min(1.0, max(0.02, shortest / 10))
        while True:
            await asyncio.sleep(pause)
            self.expire_overdue(loop.time())


async def wait_for_last_requests(guard: ConnectionGuard, seconds: float) -> None:
    """Wait until all connections have ended, for a second at most and `seconds` at most.

    A service that ends calls it after it has stopped listening, while its responses close their
    connections. Who uses a connection often is not cut off in the middle of sending.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + min(_LAST_SECONDS, seconds)
    # Connections that were accepted just now are counted in the next turns of the loop.
    for _ in range(3):
        await asyncio.sleep(0)
    while len(guard) and loop.time() < end:  # noqa: ASYNC110 - a guard has no event for it
        await asyncio.sleep(0.01)


class GuardedProtocol(asyncio.Protocol):
    """An asyncio protocol behind a guard; calls go through to `inner`."""

    def __init__(self, inner: asyncio.Protocol, guard: ConnectionGuard) -> None:
        self.deadline = math.inf
        self._inner = inner
        self._guard = guard
        self._limits = guard.limits
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._is_admitted = False
        self._requests: list[asyncio.Task[Any] | None] = []
        """The tasks of requests that have begun and not ended."""
        self._is_in_head = False
        self._read_deadline = math.inf
        self._write_deadline = math.inf

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the connection, or refuse it with 503."""
        # uvloop's transports have the interface of asyncio.Transport without being one.
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._is_admitted = self._guard.admit(self, peer[0] if isinstance(peer, tuple) else "")
        if not self._is_admitted:
            self._transport.write(OVERLOADED)
            self._transport.close()
            return
        self._expect_head()
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._guard.release(self)
        if self._is_admitted:
            self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hand on what was received; between requests its first byte starts a head."""
        if not self._is_admitted:
            return
        if not self._requests and not self._is_in_head:
            self._expect_head()
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Hand on the client's end of stream."""
        return self._inner.eof_received() if self._is_admitted else None

    def pause_writing(self) -> None:
        """The client does not read: more than the high-water mark waits for it."""
        self._write_deadline = self._loop.time() + self._limits.write_seconds
        self._update()
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._write_deadline = math.inf
        self._update()
        self._inner.resume_writing()

    def begin_request(self) -> None:
        """The server has read a head; the calling task answers the request."""
        self._requests.append(asyncio.current_task())
        self._is_in_head = False
        self._read_deadline = math.inf
        self._update()

    def end_request(self) -> None:
        """The server has answered; the next request begins or the connection ends in time.

        This deadline also ends a connection that the server has closed and whose client does not
        read the rest of the response.
        """
        self._requests.remove(asyncio.current_task())
        if not self._requests:
            self._read_deadline = self._loop.time() + self._limits.idle_seconds
            self._update()

    @property
    def is_draining(self) -> bool:
        """Whether the response to this request is to close the connection."""
        return self._guard.is_draining

    def cancel_requests(self) -> None:
        """Cancel the requests that have begun and not ended."""
        for task in self._requests:
            if task is not None:
                task.cancel()

    def expire(self) -> None:
        """End the connection."""
        self.abort()

    def abort(self) -> None:
        """Cut the connection."""
        self.deadline = math.inf
        if self._transport is not None:
            self._transport.abort()

    def _expect_head(self) -> None:
        self._is_in_head = True
        self._read_deadline = self._loop.time() + self._limits.head_seconds
        self._update()

    def _update(self) -> None:
        self.deadline = min(self._read_deadline, self._write_deadline)
