"""No published count, and no difference of published counts, is under five."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.figures.suppression import SMALLEST, suppress_small_counts

COUNTS = st.lists(st.one_of(st.integers(0, 9), st.integers(0, 10_000)), min_size=0, max_size=6)


@given(COUNTS)
@example([4, 100])
@example([0, 0, 100])
@example([5, 5, 1])
@settings(max_examples=100)
def test_nothing_small_is_published(parts: list[int]) -> None:
    shown, total = suppress_small_counts(parts)
    published = [*shown, total]
    assert all(one is None or one >= SMALLEST for one in published)
    assert all(one in (None, part) for one, part in zip(shown, parts, strict=True))
    assert total in (None, sum(parts))


@given(COUNTS)
@settings(max_examples=100)
def test_the_hidden_parts_can_not_be_computed_from_the_total(parts: list[int]) -> None:
    shown, total = suppress_small_counts(parts)
    hidden = [part for part, one in zip(parts, shown, strict=True) if one is None]
    if total is None or not hidden:
        return
    # What a reader can compute: the sum of the hidden parts.
    assert total - sum(one for one in shown if one is not None) == sum(hidden)
    assert sum(hidden) >= SMALLEST
    assert len(hidden) >= 2


def test_large_counts_stay_as_they_are() -> None:
    assert suppress_small_counts([900, 40, 7]) == ([900, 40, 7], 947)
