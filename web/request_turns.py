"""Turns of requests: a few are worked on at once, and callers take turns.

The fewer requests a process works on, the sooner each is answered, because each step of a request
waits for a step of every other one. Every change must keep these rules:

- At most `at_once` requests have a turn. The others wait before any work is done for them.
- One request begins its turn in each pass of the event loop. A refusal that waits for nothing ends
  in the same pass.
- Callers take turns, however many requests of each are waiting. Staff and strangers take turns too,
  so staff wait no longer however many networks strangers have.
- At most `MOST_OF_ONE` requests of one caller wait, and at most `MOST_WAITING` of each kind of
  caller. One more is refused at once.
- A request that waits for its client gives up its turn (`Turn.pause`).
- A turn ends after `seconds`, and its request goes on without one. So a password's hash, a slow
  database or a slow reader delays no other request.

    async with turns.take(caller) as turn:
        async with turn.pause():
            body = await read()

One event loop owns an object; nothing here is shared between threads.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, NamedTuple, Self

from web.errors import ServiceBusy

MOST_WAITING: Final = 512
MOST_OF_ONE: Final = 64
_RETRY_SECONDS: Final = 2
"""Estimate of the time that a full queue takes to empty."""


class Caller(NamedTuple):
    """The client for whom a request is answered."""

    is_known: bool
    """Whether it is somebody who is signed in."""
    key: str
    """Key of the client's turn: an account, or the network of a stranger."""


class RequestTurns:
    """The turns of one process."""

    def __init__(self, at_once: int, *, seconds: float = 0.05) -> None:
        self.refused = 0
        """Requests refused because too many waited."""
        self._at_once = at_once
        self._seconds = seconds
        self._running = 0
        self._has_begun = False
        """Whether a turn began in this pass of the event loop."""
        self._waiting = {True: _FairQueue(), False: _FairQueue()}
        """Waiting requests, those of known callers under True."""
        self._known_had_last = False

    @property
    def running(self) -> int:
        """Requests that have a turn."""
        return self._running

    @property
    def waiting(self) -> int:
        """Requests that wait for a turn."""
        return sum(map(len, self._waiting.values()))

    def take(self, caller: Caller) -> "Turn":
        """A turn for an `async with`, which raises `ServiceBusy` when too many wait."""
        return Turn(self, caller, self._seconds)

    async def begin(self, caller: Caller, *, is_admitted: bool) -> None:
        """Wait for a turn. Raises `ServiceBusy`, unless the request was admitted before."""
        if self._has_free_turn() and not self.waiting:
            self._occupy()
            return
        queue = self._waiting[caller.is_known]
        if not is_admitted and (
            len(queue) >= MOST_WAITING or queue.count(caller.key) >= MOST_OF_ONE
        ):
            self.refused += 1
            raise ServiceBusy(seconds=_RETRY_SECONDS)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(caller.key, turn)
        try:
            await turn
        except asyncio.CancelledError:
            queue.remove(caller.key, turn)
            if turn.done() and not turn.cancelled():
                self.end()
            raise

    def end(self) -> None:
        """End a turn and give it to whoever is next."""
        self._running -= 1
        self._give_turn()

    def _has_free_turn(self) -> bool:
        return self._running < self._at_once and not self._has_begun

    def _occupy(self) -> None:
        self._running += 1
        self._has_begun = True
        asyncio.get_running_loop().call_soon(self._begin_pass)

    def _begin_pass(self) -> None:
        self._has_begun = False
        self._give_turn()

    def _give_turn(self) -> None:
        """Give a free turn to whoever is next; known callers and strangers take turns."""
        if not self._has_free_turn():
            return
        for is_known in (not self._known_had_last, self._known_had_last):
            turn = self._waiting[is_known].pop()
            if turn is not None:
                self._known_had_last = is_known
                self._occupy()
                turn.set_result(None)
                return


class Turn:
    """The turn of one request."""

    def __init__(self, turns: RequestTurns, caller: Caller, seconds: float) -> None:
        self._turns = turns
        self._caller = caller
        self._seconds = seconds
        self._deadline: asyncio.TimerHandle | None = None
        """The timer that passes the turn on; None without a turn."""

    async def __aenter__(self) -> Self:
        await self._begin(is_admitted=False)
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._end()

    @asynccontextmanager
    async def pause(self) -> AsyncIterator[None]:
        """Give the turn up while the block waits for the client, and wait for the next one."""
        self._end()
        try:
            yield
        except asyncio.CancelledError:
            raise
        except Exception:
            await self._begin(is_admitted=True)  # the refusal is work too
            raise
        await self._begin(is_admitted=True)

    async def _begin(self, *, is_admitted: bool) -> None:
        await self._turns.begin(self._caller, is_admitted=is_admitted)
        self._deadline = asyncio.get_running_loop().call_later(self._seconds, self._end)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
            self._turns.end()


class _FairQueue:
    """Futures by caller; callers take turns, and each one's futures keep their order."""

    def __init__(self) -> None:
        self._callers: dict[str, deque[asyncio.Future[None]]] = {}
        """In the order in which callers are next; each has futures."""
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def count(self, key: str) -> int:
        """The futures of one caller."""
        return len(self._callers.get(key, ()))

    def append(self, key: str, future: asyncio.Future[None]) -> None:
        """Add a future behind the others of its caller."""
        self._callers.setdefault(key, deque()).append(future)
        self._size += 1

    def pop(self) -> asyncio.Future[None] | None:
        """Take the first future that still waits of the next caller; None when there is none."""
        while self._callers:
            key = next(iter(self._callers))
            futures = self._callers.pop(key)
            future = futures.popleft()
            self._size -= 1
            if futures:
                self._callers[key] = futures  # behind the other callers
            if not future.done():
                return future
        return None

    def remove(self, key: str, future: asyncio.Future[None]) -> None:
        """Remove a future, if it is here."""
        futures = self._callers.get(key)
        if futures is None or future not in futures:
            return
        futures.remove(future)
        self._size -= 1
        if not futures:
            del self._callers[key]
