"""Which copies are kept: grandfather, father, son.

Of each period the newest copy of the last N periods that have one is kept, in UTC. The newest copy
is always kept, and a gap in the copies does not shorten what is kept.

>>> day = 86_400_000
>>> sorted(choose_kept([0, 1, day, 2 * day], {"daily": 2}))
[86400000, 172800000]
"""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Final

_PERIODS: Final[Mapping[str, Callable[[datetime], str]]] = {
    "hourly": lambda at: f"{at:%Y-%m-%dT%H}",
    "daily": lambda at: f"{at:%Y-%m-%d}",
    "weekly": lambda at: f"{at:%G-W%V}",
    "monthly": lambda at: f"{at:%Y-%m}",
    "yearly": lambda at: f"{at:%Y}",
}
PERIODS: Final = tuple(_PERIODS)


def choose_kept(moments: Collection[int], counts: Mapping[str, int]) -> dict[int, tuple[str, ...]]:
    """Return the moments (milliseconds since the epoch) to keep, each with its reasons.

    `counts` has the number of copies of each period of `PERIODS`; a missing one is 0.
    """
    newest_first = sorted(moments, reverse=True)
    reasons: dict[int, list[str]] = {at: ["newest"] for at in newest_first[:1]}
    for period, name_period in _PERIODS.items():
        seen: set[str] = set()
        for at in newest_first:
            name = name_period(datetime.fromtimestamp(at / 1000, UTC))
            if len(seen) == counts.get(period, 0) and name not in seen:
                break
            if name not in seen:
                seen.add(name)
                reasons.setdefault(at, []).append(period)
    return {at: tuple(found) for at, found in reasons.items()}
