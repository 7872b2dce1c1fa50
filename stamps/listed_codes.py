"""Listed codes: the codes that an inspector's phone must know without a network.

A phone holds no key that opens codes, so ranges of stamps are expanded to codes where those keys
live (`services.field.field_snapshots`), and the codes become 64-bit keys of a filter
(`stamps.fuse_filter`).

The key of a code is its last 64 bits: 17 of its body and the 47 of its tag, which no two stamps
are likely to share. What left the list since the filter was built is told by 40 bits of each mixed
key, sorted: of such a code 55 bits stay unknown, so nobody makes the code of it.

>>> make_keys(np.array([b"0D9FRH4K0121V8Q02M5T"]))
array([3459962819057897658], dtype=uint64)
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stamps.code import ALPHABET, LENGTH
from stamps.fuse_filter import mix_keys
from stamps.key_ring import KeyRing
from stamps.stamp_ranges import count_stamps

MARK_BYTES: Final = 5
"""Bytes of the mark of a code that left the list."""

_CHUNK: Final = 1 << 18
"""Codes that are expanded at a time."""
_DIGITS: Final = np.zeros(256, dtype=np.uint64)
_DIGITS[np.frombuffer(ALPHABET.encode(), dtype=np.uint8)] = np.arange(len(ALPHABET))
_WHOLE: Final = 12
"""The last characters that are in a key with all their bits."""


class CodeRange(NamedTuple):
    """The stamps `[lo, hi)` of a batch, and the epoch that sealed them."""

    batch: int
    epoch: int
    lo: int
    hi: int


def make_keys(codes: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    """Return the keys of canonical codes (`S20`)."""
    digits = _DIGITS[np.ascontiguousarray(codes).view(np.uint8).reshape(len(codes), LENGTH)]
    keys = digits[:, LENGTH - _WHOLE - 1] & np.uint64(15)
    for column in range(LENGTH - _WHOLE, LENGTH):
        keys = (keys << np.uint64(5)) | digits[:, column]
    return keys


def expand_ranges(ranges: Sequence[CodeRange], ring: KeyRing) -> NDArray[np.uint64]:
    """Return the keys of all codes of ranges. Raises `UnknownCode` for an epoch without keys."""
    keys = np.empty(count_stamps(ranges), dtype=np.uint64)
    at = 0
    for batch, epoch, lo, hi in _cut(ranges):
        keys[at : at + hi - lo] = make_keys(ring.seal(batch, lo, hi, epoch))
        at += hi - lo
    return keys


def make_marks(keys: NDArray[np.uint64]) -> bytes:
    """Return the marks of codes that left the list: five bytes each, sorted, big-endian."""
    marks = np.unique(mix_keys(keys) >> np.uint64(64 - 8 * MARK_BYTES))
    return marks.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - MARK_BYTES :].tobytes()


def find_marked(keys: NDArray[np.uint64], marks: bytes) -> NDArray[np.bool_]:
    """Which keys have a mark."""
    rows = np.frombuffer(marks, dtype=np.uint8).reshape(-1, MARK_BYTES)
    whole = np.zeros((len(rows), 8), dtype=np.uint8)
    whole[:, 8 - MARK_BYTES :] = rows
    known = whole.view(">u8").ravel().astype(np.uint64)
    return np.isin(mix_keys(keys) >> np.uint64(64 - 8 * MARK_BYTES), known)


def _cut(ranges: Sequence[CodeRange]) -> Iterator[CodeRange]:
    """The ranges, none longer than a chunk."""
    for one in ranges:
        for lo in range(one.lo, one.hi, _CHUNK):
            yield one._replace(lo=lo, hi=min(lo + _CHUNK, one.hi))
