"""Retry times: when a failed message is tried again, and how long its webhook rests.

Waits grow fourfold, from five seconds to six hours, and are spread by a quarter, so that receivers
that fail together are not tried together.

>>> [find_retry_wait(attempts, 0.5) // 1000 for attempts in (1, 2, 3, 5, 9)]
[5, 20, 80, 1280, 21600]
>>> [find_rest(failures, 0.5) // 1000 for failures in (1, 4, 20)]
[2, 16, 300]
"""

from typing import Final

_FIRST_MS: Final = 5_000
_LONGEST_MS: Final = 6 * 3_600_000
_LONGEST_REST_MS: Final = 300_000
_MOST_DOUBLINGS: Final = 20


def find_retry_wait(attempts: int, chance: float) -> int:
    """Milliseconds until a message is tried again that failed `attempts` times.

    `chance` is a random number of [0, 1).
    """
    wait: int = _FIRST_MS * 4 ** min(attempts - 1, _MOST_DOUBLINGS)
    return _spread(min(wait, _LONGEST_MS), chance)


def find_rest(failures: int, chance: float) -> int:
    """Milliseconds for which a webhook rests that failed `failures` times in a row."""
    rest: int = 1_000 * 2 ** min(failures, _MOST_DOUBLINGS)
    return _spread(min(rest, _LONGEST_REST_MS), chance)


def _spread(wait: int, chance: float) -> int:
    return round(wait * (0.75 + chance / 2))
