"""The bounded cache against a plain model, and its expiry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.bounded_cache import BoundedCache


@given(st.lists(st.tuples(st.sampled_from("pgdk"), st.integers(0, 6))), st.integers(1, 4))
def test_it_keeps_the_most_recently_used_entries(steps: list[tuple[str, int]], size: int) -> None:
    cache = BoundedCache[int, int](size)
    model: list[tuple[int, int]] = []  # least recently used first
    for number, (step, key) in enumerate(steps):
        known = dict(model).get(key)
        rest = [entry for entry in model if entry[0] != key]
        match step:
            case "p":
                cache.put(key, number)
                model = [*rest, (key, number)][-size:]
            case "g":
                assert cache.get(key) == known
                model = rest if known is None else [*rest, (key, known)]
            case "d":
                assert cache.remove(key) == known
                model = rest
            case _:
                assert cache.peek(key) == known
        assert list(cache) == [entry[0] for entry in model]


def test_an_entry_expires_after_its_put_and_not_after_its_use() -> None:
    now = 0
    cache = BoundedCache[str, int](10, ttl_ms=100, clock=lambda: now)
    cache.put("a", 1)
    now = 60
    assert cache.get("a") == 1
    cache.update("a", 2)
    now = 99
    assert "a" in cache
    now = 100
    assert "a" not in cache
    cache.put("a", 3)
    assert cache.get("a") == 3


def test_a_cache_without_size_or_with_half_an_expiry_is_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        BoundedCache[str, int](0)
    with pytest.raises(ValueError, match="ttl_ms"):
        BoundedCache[str, int](1, ttl_ms=5)
