"""Suppression of small counts in a published column of parts with its total.

A count under `SMALLEST` is never published, and no difference of published counts gives one away:
in a column with its total, the hidden parts are at least two, and together at least `SMALLEST`;
where that cannot be had the total is hidden too.
"""

from collections.abc import Sequence
from typing import Final

SMALLEST: Final = 5
"""The smallest count that is published."""


def suppress_small_counts(parts: Sequence[int]) -> tuple[list[int | None], int | None]:
    """The parts and their total as they may be published; None is hidden.

    >>> suppress_small_counts([900, 40, 3])
    ([900, None, None], 943)
    >>> suppress_small_counts([3, 0]), suppress_small_counts([12])
    (([None, None], None), ([12], 12))
    """
    total = sum(parts)
    shown: list[int | None] = [part if part >= SMALLEST else None for part in parts]
    if total < SMALLEST:
        return [None] * len(parts), None
    while None in shown and not _is_safe(parts, shown):
        rest = [(part, at) for at, part in enumerate(parts) if shown[at] is not None]
        if not rest:
            return shown, None
        shown[min(rest)[1]] = None
    return shown, total


def _is_safe(parts: Sequence[int], shown: Sequence[int | None]) -> bool:
    hidden = [part for part, one in zip(parts, shown, strict=True) if one is None]
    return len(hidden) > 1 and sum(hidden) >= SMALLEST
