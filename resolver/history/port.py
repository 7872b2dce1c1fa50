"""The port of the scan history store: one small packed history a stamp, read and swapped.

The store is a cache: losing it loses no evidence. Duties of every adapter (contract suite:
`tests/resolver/history/test_history.py`):

- **Missing histories are rebuilt from the ledger** before anything in their partition (4,096 stamps
  of one batch) is read or swapped. A stamp that the rebuilt partition does not name is unscanned;
  its history is `b""`. A store that cannot look raises `HistoryUnavailable`, it never says
  "unscanned".
- **Swaps are atomic.** Of swaps that race with the same `before`, one is `DONE`; the others are
  `CONFLICT` and change nothing. After a `DONE`, every process that shares the store reads that
  history or a later one.
- **A token counts once.** A swap with a `token` (16 bytes) that was part of a `DONE` swap within
  `token_seconds`, or is among the used tokens of the rebuilt partition, is `REPEATED` and changes
  nothing, in every process.
- **`undo_swap`** takes back a swap whose scan could not be made durable: the history becomes
  `before` again unless it has changed since, and the token may be used again.
- **`peek` asks nobody.** It returns the history as this process saw it last, or None, and may be
  out of date. A swap that builds on an outdated history is `CONFLICT`. So most scans need no read.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from enum import Enum
from typing import Final, NamedTuple, Protocol

PARTITION_SIZE: Final = 4096
"""Stamps in a partition. Most stamps are never scanned: with smaller partitions nearly every scan
would be the first of its partition and ask the ledger."""


class Partition(NamedTuple):
    """A partition as the ledger knows it."""

    histories: Mapping[int, bytes]
    """Packed histories by the stamp's index in the batch; unscanned stamps are left out."""
    used_tokens: Collection[tuple[int, bytes]]
    """Index of the stamp and token of each scan within the last `token_seconds`."""


RebuildPartition = Callable[[int, int], Awaitable[Partition]]
"""Returns the partition of `(batch, partition number)`. Raises `HistoryUnavailable`."""


class SwapResult(Enum):
    """The result of a swap."""

    DONE = "done"
    CONFLICT = "conflict"
    REPEATED = "repeated"


class HistoryStore(Protocol):
    """Keeps the packed scan histories of stamps."""

    async def get(self, batch: int, index: int) -> bytes:
        """The stamp's history, `b""` if it was never scanned. Raises `HistoryUnavailable`."""

    def peek(self, batch: int, index: int) -> bytes | None:
        """The stamp's history as this process saw it last; None if it did not."""

    async def compare_and_swap(
        self, batch: int, index: int, before: bytes, after: bytes, token: bytes | None
    ) -> SwapResult:
        """Replace the history `before` by `after`. Raises `HistoryUnavailable`."""

    async def undo_swap(
        self, batch: int, index: int, before: bytes, after: bytes, token: bytes | None
    ) -> None:
        """Take back a swap that was `DONE`; never raises."""

    async def check(self) -> None:
        """Raise `HistoryUnavailable` unless histories can be swapped now (for `/health/ready`)."""

    async def close(self) -> None:
        """Release resources."""
