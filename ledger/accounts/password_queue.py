"""The queue in which passwords are hashed: bounded, fair, with a reserved place.

A hash takes a core and 64 MiB for a fifth of a second, so a flood of sign-ins is a flood of work.
Rules, which every change must keep:

- At most `SLOTS` hashes run at once. Strangers use all but one of the slots; browsers that signed
  in before ("known") use them all, and go first.
- At most `MOST_WAITING` of each kind wait, and at most `MOST_OF_ONE` of one party (the network of
  strangers, the account of known browsers). Whoever comes then is refused at once.
- Hashing threads yield to the thread that serves pages: they run at a lower priority.

One event loop owns a queue; nothing here is shared between threads but the executor.
"""

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, NamedTuple, TypeVar

from ledger.staff_errors import SignInBusy

SLOTS: Final = 2
MOST_WAITING: Final = 48
MOST_OF_ONE: Final = 4
_RETRY_SECONDS: Final = 5
"""Estimate of the time that a full queue takes to empty."""
_NICENESS: Final = 5
"""A third of the share of a thread that serves pages, when both want the same core."""
T = TypeVar("T")


class QueueParty(NamedTuple):
    """The client for whom a password is hashed."""

    is_known: bool
    """Whether it is a person who is signed in, or a browser that signed in before."""
    key: str
    """Key of its share of the queue: an account, or the network of a stranger."""


STRANGER: Final = QueueParty(is_known=False, key="")
"""A caller without an account and without a network."""


class PasswordQueue:
    """Runs hashes in threads of its own, in the order of the rules above."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(
            SLOTS, thread_name_prefix="password", initializer=_lower_priority
        )
        self._is_closed = False
        self._running = 0
        self._waiting: dict[bool, deque[tuple[str, asyncio.Future[None]]]] = {
            True: deque(),
            False: deque(),
        }
        """Waiting parties, known ones under True."""

    async def run(self, party: QueueParty, work: Callable[..., T], *arguments: object) -> T:
        """Run `work` when it is the party's turn.

        Raises `SignInBusy` when the queue is full, or closed before the turn comes.
        """
        await self._take_slot(party)
        if self._is_closed:  # since the turn was given
            self._release_slot()
            raise SignInBusy(seconds=_RETRY_SECONDS)
        running = asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)
        # A hash cannot be stopped: its slot is free when it ends, whoever still waits for it.
        running.add_done_callback(lambda _: self._release_slot())
        return await asyncio.shield(running)

    def close(self) -> None:
        """Refuse those who wait, and end the threads once their hashes are done."""
        self._is_closed = True
        for waiting in self._waiting.values():
            for _, turn in waiting:
                if not turn.done():
                    turn.set_exception(SignInBusy(seconds=_RETRY_SECONDS))
            waiting.clear()
        self._executor.shutdown(wait=False)

    async def _take_slot(self, party: QueueParty) -> None:
        if self._has_slot(party.is_known):
            self._running += 1
        else:
            await self._wait(party)

    def _release_slot(self) -> None:
        self._running -= 1
        self._wake()

    def _has_slot(self, is_known: bool) -> bool:
        return self._running < (SLOTS if is_known else SLOTS - 1)

    async def _wait(self, party: QueueParty) -> None:
        """Wait for a slot; whoever gives one up takes it for the party."""
        waiting = self._waiting[party.is_known]
        of_one = sum(key == party.key for key, _ in waiting)
        if self._is_closed or len(waiting) >= MOST_WAITING or of_one >= MOST_OF_ONE:
            raise SignInBusy(seconds=_RETRY_SECONDS)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (party.key, turn)
        waiting.append(entry)
        try:
            await turn
        except asyncio.CancelledError:
            with suppress(ValueError):
                waiting.remove(entry)
            if turn.done() and not turn.cancelled():
                self._release_slot()
            raise

    def _wake(self) -> None:
        """Give free slots to those who wait, known ones first."""
        for is_known in (True, False):
            waiting = self._waiting[is_known]
            while waiting and self._has_slot(is_known):
                _, turn = waiting.popleft()
                if not turn.done():
                    self._running += 1
                    turn.set_result(None)


def _lower_priority() -> None:
    """Lower the priority of the calling thread; Linux has one per thread."""
    thread = threading.get_native_id()
    with suppress(OSError):
        usual = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, usual + _NICENESS)
