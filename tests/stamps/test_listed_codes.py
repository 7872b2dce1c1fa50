"""Listed codes: keys of codes, and ranges that joined or left a list."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stamps.key_ring import EpochKeys, KeyRing
from stamps.listed_codes import (
    MARK_BYTES,
    CodeRange,
    expand_ranges,
    find_marked,
    make_keys,
    make_marks,
)
from stamps.stamp_ranges import join_ranges, subtract_ranges

RING = KeyRing([EpochKeys.derive(0, b"m" * 32), EpochKeys.derive(3, b"n" * 32)])
RANGES = st.lists(st.tuples(st.integers(1, 2), st.integers(0, 30), st.integers(1, 9)), max_size=8)


def make_ranges(drawn: list[tuple[int, int, int]]) -> list[CodeRange]:
    return join_ranges(sorted(CodeRange(batch, 0, lo, lo + n) for batch, lo, n in drawn))


def list_stamps(ranges: list[CodeRange]) -> set[tuple[int, int]]:
    return {(one.batch, index) for one in ranges for index in range(one.lo, one.hi)}


def test_the_key_of_a_code_is_its_last_64_bits() -> None:
    assert make_keys(np.array([b"ZZZZZZZZZZZZZZZZZZZZ"])).tolist() == [2**64 - 1]
    assert make_keys(np.array([b"00000000000000000010"])).tolist() == [32]


def test_ranges_expand_to_the_keys_of_their_codes_by_the_epoch_of_each() -> None:
    ranges = [CodeRange(7, 0, 5, 9), CodeRange(8, 3, 0, 2)]
    codes = [*RING.seal(7, 5, 9, 0).tolist(), *RING.seal(8, 0, 2, 3).tolist()]
    assert expand_ranges(ranges, RING).tolist() == make_keys(np.array(codes)).tolist()


@given(RANGES, RANGES)
@settings(max_examples=60, deadline=None)
def test_what_joined_and_left_is_the_difference_of_stamps(first: list, second: list) -> None:
    before, after = make_ranges(first), make_ranges(second)
    left = subtract_ranges(before, after)
    assert list_stamps(left) == list_stamps(before) - list_stamps(after)
    assert join_ranges(left) == left


def test_what_left_is_found_by_its_marks() -> None:
    keys = expand_ranges([CodeRange(7, 0, 0, 500)], RING)
    marks = make_marks(keys[:200])
    assert len(marks) == 200 * MARK_BYTES
    assert find_marked(keys, marks).tolist() == [True] * 200 + [False] * 300
    assert not find_marked(keys, b"").any()
