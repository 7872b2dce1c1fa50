"""The port: one small packed record a stamp, read and swapped.

Duties of every adapter, held to them by one contract suite (`tests/resolver/test_memory.py`):

- **What is missing is recalled.** Records are recalled from the ledger by the branch, 4,096 stamps
  of one batch, before anything is read from it or swapped in it; a stamp not named by the recall is
  unscanned, its record is `b""`. Reading never says "unscanned" because it could not look: it
  raises `HistoryUnavailable`.
- **Swapping is atomic.** Of swaps that race with the same `before`, one is `DONE`, the others
  are `CONFLICT` and have changed nothing. Whoever reads after a `DONE` sees its record or a later
  one, in every process that shares the memory.
- **A name is good once.** A swap with a `once` (16 bytes: the token's) that was part of a `DONE`
  swap within the last `once_seconds`, or is among the names of the recall, is `REPEATED` and has
  changed nothing, in every process.
- **Undoing** takes a swap back whose scan could not be made durable: the record becomes `before`
  again if nothing has changed it since, and the name is good again.
- **A guess asks nobody.** It is the record as this process saw it last, or None; it may be out of
  date. A swap that builds on a wrong guess is `CONFLICT`, so a guess spares a scan one reading.
- It is a cache: losing it loses no evidence.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from enum import Enum
from typing import Final, NamedTuple, Protocol

PARTITION_SIZE: Final = 4096
"""Stamps in one branch. Most stamps are never scanned: of smaller parts nearly every scan would be
the first, and ask the ledger."""


class Partition(NamedTuple):
    """What the ledger knows of a branch."""

    records: Mapping[int, bytes]
    """Packed dossiers by the stamp's index in the batch; unscanned stamps are not in it."""
    names: Collection[tuple[int, bytes]]
    """The one-time names used within the last `once_seconds`, each after its stamp's index."""


RebuildHistory = Callable[[int, int], Awaitable[Partition]]
"""`(batch, branch number)` → the branch, from the ledger. Raises `HistoryUnavailable` if it can not."""


class SwapResult(Enum):
    """What became of a swap."""

    DONE = "done"
    CONFLICT = "conflict"
    REPEATED = "repeated"


class HistoryStore(Protocol):
    """Dossiers of stamps, packed."""

    async def get(self, batch: int, index: int) -> bytes:
        """The stamp's record, `b""` for one never scanned. Raises `HistoryUnavailable`."""

    def peek(self, batch: int, index: int) -> bytes | None:
        """The stamp's record as it was last seen here, at no cost; None where it was not."""

    async def compare_and_swap(
        self, batch: int, index: int, before: bytes, after: bytes, once: bytes | None
    ) -> SwapResult:
        """Put `after` in the place of `before`, once. Raises `HistoryUnavailable`."""

    async def undo_swap(
        self, batch: int, index: int, before: bytes, after: bytes, once: bytes | None
    ) -> None:
        """Take back a swap that was `DONE`, as far as nothing has built on it; never raises."""

    async def check(self) -> None:
        """Raise `HistoryUnavailable` unless the memory answers (for `/health/ready`)."""

    async def close(self) -> None:
        """Let go of what the adapter holds."""
