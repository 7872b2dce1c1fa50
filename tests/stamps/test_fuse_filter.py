"""Fuse filters: the reference's bytes are read, no key is missed, few others are found."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamps.fuse_filter import MalformedFilter, build_filter, mix_keys, parse_filter

GOLDEN = json.loads((Path(__file__).parents[1] / "vectors" / "fuse8-v1.json").read_text())


def make_numbers(first: int, count: int) -> np.ndarray:
    return mix_keys(np.arange(first, first + count, dtype=np.uint64))


@pytest.mark.parametrize("golden", GOLDEN["filters"], ids=lambda one: str(one["keys"]))
def test_the_filters_of_the_reference_answer_as_they_do_there(golden: dict) -> None:
    data = base64.b64decode(golden["filter"])
    filter_ = parse_filter(data)
    keys = make_numbers(1, golden["keys"])
    assert filter_.contains(keys).all()
    found = np.flatnonzero(filter_.contains(make_numbers(1_000_000, 2000)))
    assert found.tolist() == golden["hits"]
    assert filter_.to_bytes() == data
    assert len(build_filter(keys)) == len(data)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=200))
@settings(max_examples=60, deadline=None)
def test_no_key_of_the_set_is_missed(numbers: list[int]) -> None:
    keys = np.array(numbers, dtype=np.uint64)
    assert parse_filter(build_filter(keys)).contains(keys).all()


def test_one_other_key_in_256_is_found_at_nine_bits_a_key() -> None:
    keys = make_numbers(1, 100_000)
    data = build_filter(keys)
    others = parse_filter(data).contains(make_numbers(2**40, 400_000))
    assert 0.9 < others.mean() * 256 < 1.1
    assert len(data) * 8 / len(keys) < 9.6


def test_an_empty_set_has_nothing() -> None:
    empty = parse_filter(build_filter(np.array([], dtype=np.uint64)))
    assert not empty.contains(make_numbers(1, 1000)).any()


@pytest.mark.parametrize("cut", [0, 10, 28, 475])
def test_a_damaged_filter_is_refused(cut: int) -> None:
    data = base64.b64decode(GOLDEN["filters"][-1]["filter"])
    with pytest.raises(MalformedFilter):
        parse_filter(data[:cut])
    with pytest.raises(MalformedFilter):
        parse_filter(data[:12] + b"\xff" + data[13:])
