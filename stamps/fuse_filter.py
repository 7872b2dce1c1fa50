"""Binary fuse filter with 8-bit fingerprints: a set of 64-bit keys in about nine bits a key.

Graf and Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters" (ACM JEA 27, 2022), with
three hashes. A key of the set is always found; any other key is found once in 256. The bytes are
those that `binary_fuse8_serialize` of FastFilter/xor_singleheader writes on little-endian machines,
so that each implementation reads the filters of the others:

    seed u64 ‖ size u32 ‖ segment length u32 ‖ segment count u32 ‖ segment count × length u32
    ‖ array length u32 ‖ one byte for each slot

Each key has three slots, in three neighbouring segments. A filter is built by peeling: a key that
is alone in a slot is taken away until none is left, and slots are filled in the reverse order. The
rounds of peeling work on numpy arrays, all lonely keys at once.

>>> built = build_filter(np.array([3, 5, 8], dtype=np.uint64))
>>> parse_filter(built).contains(np.array([3, 5, 8], dtype=np.uint64)).tolist()
[True, True, True]
>>> len(build_filter(np.array([], dtype=np.uint64)))
40
"""

import math
import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stamps.errors import VeritemError

FALSE_RATE: Final = 1 / 256
"""Share of keys outside the set that are found."""

_Keys = NDArray[np.uint64]
_Slots = NDArray[np.int64]

_HEADER: Final = struct.Struct("<QIIIII")
_MOST_TRIES: Final = 100
_LONGEST_SEGMENT: Final = 1 << 18
_FIRST_SEED: Final = 0x726B2B9D438B9D4D
"""The state from which xor_singleheader draws its seeds."""
_WORD: Final = (1 << 64) - 1
_CHUNK: Final = 1 << 20
"""Keys that are hashed at a time."""


class MalformedFilter(VeritemError):
    """The bytes are not a filter."""

    code = "malformed-filter"
    message = "not a filter: {why}"


def mix_keys(keys: _Keys) -> _Keys:
    """Mix the bits of 64-bit numbers (the finalizer of MurmurHash3), one to one."""
    mixed = keys ^ (keys >> np.uint64(33))
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> np.uint64(33)
    return mixed


@dataclass(frozen=True, slots=True)
class FuseFilter:
    """A filter that can be asked."""

    seed: int
    size: int
    segment_length: int
    segment_count: int
    fingerprints: NDArray[np.uint8]

    def contains(self, keys: _Keys) -> NDArray[np.bool_]:
        """Whether each key may be in the set; False is certain."""
        if not self.size:
            return np.zeros(len(keys), dtype=bool)
        hashes = mix_keys(keys + np.uint64(self.seed))
        found = (hashes ^ (hashes >> np.uint64(32))).astype(np.uint8)
        for slots in self.find_slots(hashes):
            found ^= self.fingerprints[slots]
        missed: NDArray[np.bool_] = found != 0
        return ~missed

    def to_bytes(self) -> bytes:
        """The filter as it is stored."""
        length, count = self.segment_length, self.segment_count
        header = (self.seed, self.size, length, count, count * length, (count + 2) * length)
        return _HEADER.pack(*header) + self.fingerprints.tobytes()

    def find_slots(self, hashes: _Keys) -> tuple[_Slots, _Slots, _Slots]:
        """The three slots of each hash."""
        reach = np.uint64(self.segment_count * self.segment_length)
        mask, half = np.uint64(self.segment_length - 1), np.uint64(32)
        # The high word of hash × reach, in halves that fit 64 bits.
        low = (hashes & np.uint64(0xFFFFFFFF)) * reach >> half
        first = ((hashes >> half) * reach + low) >> half
        second = first + np.uint64(self.segment_length)
        third = second + np.uint64(self.segment_length)
        second ^= (hashes >> np.uint64(18)) & mask
        third ^= hashes & mask
        return first.astype(np.int64), second.astype(np.int64), third.astype(np.int64)


def build_filter(keys: _Keys) -> bytes:
    """Return the filter of a set of keys; keys that come twice count once."""
    keys = np.sort(keys)
    keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))[: len(keys)]]
    length, count = _choose_segments(len(keys))
    draw = _FIRST_SEED
    for _ in range(_MOST_TRIES):
        draw, seed = _draw_seed(draw)
        slots = np.zeros((count + 2) * length, dtype=np.uint8)
        made = FuseFilter(seed, len(keys), length, count, slots)
        if not len(keys) or _fill(made, keys):
            return made.to_bytes()
    raise AssertionError("no seed of a hundred peels the keys")  # each fails once in thousands


def parse_filter(data: bytes) -> FuseFilter:
    """Return the filter that bytes hold. Raises `MalformedFilter`."""
    try:
        seed, size, length, count, reach, slots = _HEADER.unpack_from(data)
    except struct.error:
        raise MalformedFilter(why="it is shorter than its header") from None
    if length.bit_count() != 1 or not 1 <= length <= _LONGEST_SEGMENT or count < 1:
        raise MalformedFilter(why="its segments have an impossible length")
    if (reach, slots) != (count * length, (count + 2) * length):
        raise MalformedFilter(why="its lengths contradict each other")
    if len(data) != _HEADER.size + slots:
        raise MalformedFilter(why=f"it has {len(data)} bytes, not {_HEADER.size + slots}")
    fingerprints = np.frombuffer(data, dtype=np.uint8, offset=_HEADER.size)
    return FuseFilter(seed, size, length, count, fingerprints)


def _choose_segments(size: int) -> tuple[int, int]:
    """Length and count of the segments, as xor_singleheader chooses them."""
    if size == 0:
        return 4, 1
    length = 1 << math.floor(math.log(size) / math.log(3.33) + 2.25)
    length = min(length, _LONGEST_SEGMENT)
    factor = max(1.125, 0.875 + 0.25 * math.log(1_000_000) / math.log(size)) if size > 1 else 0
    count = (round(size * factor) + length - 1) // length
    return length, max(1, count - 2 if count > 2 else 1)


def _draw_seed(state: int) -> tuple[int, int]:
    """The next state of SplitMix64, and the number that it draws."""
    state = (state + 0x9E3779B97F4A7C15) & _WORD
    drawn = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & _WORD
    drawn = (drawn ^ (drawn >> 27)) * 0x94D049BB133111EB & _WORD
    return state, drawn ^ (drawn >> 31)


def _fill(made: FuseFilter, keys: _Keys) -> bool:
    """Fill the slots of a new filter; False where its seed cannot peel the keys."""
    slot_count = len(made.fingerprints)
    slots = np.empty((3, len(keys)), dtype=np.int32)
    wanted = np.empty(len(keys), dtype=np.uint8)
    for at in range(0, len(keys), _CHUNK):
        part = slice(at, at + _CHUNK)
        hashes = mix_keys(keys[part] + np.uint64(made.seed))
        wanted[part] = hashes ^ (hashes >> np.uint64(32))
        for row, found in enumerate(made.find_slots(hashes)):
            slots[row, part] = found
    # How many keys each slot has, and the sum of their numbers: of a lonely key, its number.
    counts = np.zeros(slot_count, dtype=np.int32)
    sums = np.zeros(slot_count, dtype=np.int64)
    for at in range(0, len(keys), _CHUNK):
        numbers = np.arange(at, min(at + _CHUNK, len(keys)), dtype=np.int64)
        for row in slots[:, at : at + _CHUNK].astype(np.int64):
            np.add.at(counts, row, np.int32(1))
            np.add.at(sums, row, numbers)
    peeled: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    scratch = np.empty(slot_count, dtype=np.int32)
    lonely = np.flatnonzero(counts == 1)
    left = len(keys)
    while len(lonely):
        # A key may be alone in two or three slots; it is taken by one of them.
        taken, own = sums[lonely], lonely
        chosen = _choose_once(taken, scratch)
        taken, own = taken[chosen], own[chosen]
        peeled.append((taken, own))
        left -= len(taken)
        touched = slots[:, taken].astype(np.int64)  # ufunc.at is fast for this type alone
        for row in touched:
            np.subtract.at(counts, row, np.int32(1))
            np.subtract.at(sums, row, taken)
        candidates = touched.ravel()
        candidates = candidates[counts[candidates] == 1]
        lonely = candidates[_choose_once(candidates, scratch)]
    if left:
        return False
    fingerprints = made.fingerprints
    for taken, own in reversed(peeled):
        value = wanted[taken]
        for row in slots[:, taken]:
            value ^= fingerprints[row]  # a slot of its own is still zero
        fingerprints[own] = value
    return True


def _choose_once(
    numbers: NDArray[np.integer[Any]], scratch: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Which places of an array to keep so that each of its numbers is there once."""
    places = np.arange(len(numbers), dtype=np.int32)
    scratch[numbers] = places
    kept: NDArray[np.bool_] = scratch[numbers] == places
    return kept
