"""Sets of stamps as serial ranges: join, subtract, intersect.

A set is a list of ranges `[lo, hi)`, sorted by batch and index, none of which touches another.

>>> roll = join_ranges([StampRange(7, 0, 50), StampRange(7, 90, 100), StampRange(7, 50, 60)])
>>> roll
[StampRange(batch=7, lo=0, hi=60), StampRange(batch=7, lo=90, hi=100)]
>>> subtract_ranges(roll, [StampRange(7, 10, 95)])
[StampRange(batch=7, lo=0, hi=10), StampRange(batch=7, lo=95, hi=100)]
>>> intersect_ranges(roll, [StampRange(7, 10, 95)])
[StampRange(batch=7, lo=10, hi=60), StampRange(batch=7, lo=90, hi=95)]
>>> count_stamps(roll)
70
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, Self, TypeVar

from stamps.serial_range import format_serial_range


class StampRange(NamedTuple):
    """The stamps `[lo, hi)` of a batch."""

    batch: int
    lo: int
    hi: int

    @property
    def size(self) -> int:
        """Number of stamps."""
        return self.hi - self.lo

    @property
    def text(self) -> str:
        """The range as people write it: `7·0-4999`."""
        return format_serial_range(self.batch, self.lo, self.hi)


class IndexedStamps(Protocol):
    """Stamps `[lo, hi)` of a batch, with whatever else a row of this kind has."""

    @property
    def batch(self) -> int:
        """The number of the batch."""

    @property
    def lo(self) -> int:
        """The first index."""

    @property
    def hi(self) -> int:
        """The end, not included."""


class IndexRange(IndexedStamps, Protocol):
    """A range of which parts can be made."""

    def _replace(self, *, lo: int = ..., hi: int = ...) -> Self: ...
    def __lt__(self, other: Any, /) -> bool: ...


Range = TypeVar("Range", bound=IndexRange)
Indexed = TypeVar("Indexed", bound=IndexedStamps)


def count_stamps(ranges: Iterable[IndexedStamps]) -> int:
    """Return the number of stamps in ranges that do not overlap."""
    return sum(one.hi - one.lo for one in ranges)


def join_ranges(ranges: Iterable[Range]) -> list[Range]:
    """Return the set of all stamps of ranges, which may come in any order and overlap."""
    joined: list[Range] = []
    for one in sorted(ranges):
        if joined and joined[-1].batch == one.batch and joined[-1].hi >= one.lo:
            joined[-1] = joined[-1]._replace(hi=max(joined[-1].hi, one.hi))
        else:
            joined.append(one)
    return joined


def subtract_ranges(ranges: Sequence[Range], others: Sequence[Range]) -> list[Range]:
    """Return the stamps of one set that are not in the other."""
    left: list[Range] = []
    at = 0
    for one in ranges:
        lo = one.lo
        while at < len(others) and (others[at].batch, others[at].hi) <= (one.batch, lo):
            at += 1
        ahead = at
        while ahead < len(others) and (others[ahead].batch, others[ahead].lo) < (one.batch, one.hi):
            if others[ahead].lo > lo:
                left.append(one._replace(lo=lo, hi=others[ahead].lo))
            lo = max(lo, others[ahead].hi)
            ahead += 1
        if lo < one.hi:
            left.append(one._replace(lo=lo))
    return left


def find_overlaps(
    rows: Sequence[Indexed], ranges: Sequence[IndexedStamps]
) -> Iterator[tuple[Indexed, int, int]]:
    """Yield the parts `[lo, hi)` of rows, sorted as a set is, that are in a set."""
    at = 0
    for one in rows:
        while at < len(ranges) and (ranges[at].batch, ranges[at].hi) <= (one.batch, one.lo):
            at += 1
        ahead = at
        while ahead < len(ranges) and (ranges[ahead].batch, ranges[ahead].lo) < (one.batch, one.hi):
            yield one, max(one.lo, ranges[ahead].lo), min(one.hi, ranges[ahead].hi)
            ahead += 1


def intersect_ranges(ranges: Sequence[Range], others: Sequence[Range]) -> list[Range]:
    """Return the stamps that are in both sets."""
    return subtract_ranges(ranges, subtract_ranges(ranges, others))
