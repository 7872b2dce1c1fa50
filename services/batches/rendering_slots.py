"""Rendering slots: a bounded number of threads that render at once, in turns.

A job holds a slot while it renders and offers it whenever it reports progress. A slot that was
held for `slice_seconds` goes to the job that has waited longest, and its holder waits in line
again. So a job of millions of stamps delays another by one turn, not by its length.

`BundleStore` brings one job of each print house at a time, so turns go round over print houses.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class RenderingStopped(Exception):
    """The service is stopping; what was rendered so far is kept and resumed later."""


class RenderingSlots:
    """The slots of one process; every method may be called from any thread."""

    def __init__(self, count: int, slice_seconds: float = 1.0) -> None:
        self._slice_seconds = slice_seconds
        self._changed = threading.Condition()
        """Guards the fields below."""
        self._free = count
        self._waiting: deque[object] = deque()
        """One entry for each waiting job, the longest-waiting first."""
        self._stopped = False

    @contextmanager
    def hold(self) -> Iterator["HeldSlot"]:
        """Hold a slot for one job; blocks until it is the job's turn.

        Raises `RenderingStopped`.
        """
        slot = HeldSlot(self)
        slot.acquire()
        try:
            yield slot
        finally:
            slot.release()

    def stop(self) -> None:
        """Make every job raise `RenderingStopped` at its next turn or progress report."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def acquire(self) -> None:
        """Take a slot in turn; blocks until one is free. Raises `RenderingStopped`."""
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                self._changed.wait_for(lambda: self._stopped or self._is_turn_of(ticket))
                if self._stopped:
                    raise RenderingStopped
                self._free -= 1
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def _is_turn_of(self, ticket: object) -> bool:
        return self._free > 0 and self._waiting[0] is ticket

    def release(self) -> None:
        """Give a slot back."""
        with self._changed:
            self._free += 1
            self._changed.notify_all()

    def is_wanted(self, held_since: float) -> bool:
        """Whether another job waits for a slot that was held since then.

        Raises `RenderingStopped`.
        """
        with self._changed:
            if self._stopped:
                raise RenderingStopped
            is_due = time.monotonic() - held_since >= self._slice_seconds
            return is_due and bool(self._waiting)


class HeldSlot:
    """The slot of one job; only the job's thread calls its methods."""

    def __init__(self, slots: RenderingSlots) -> None:
        self._slots = slots
        self._held_since: float | None = None

    def acquire(self) -> None:
        """Wait for the slot. Raises `RenderingStopped`."""
        self._slots.acquire()
        self._held_since = time.monotonic()

    def release(self) -> None:
        """Give the slot back, if it is held."""
        if self._held_since is not None:
            self._held_since = None
            self._slots.release()

    def offer(self) -> None:
        """Let another job have its turn, if one waits and this one had its own.

        Raises `RenderingStopped`.
        """
        if self._held_since is not None and self._slots.is_wanted(self._held_since):
            self.release()
            self.acquire()
