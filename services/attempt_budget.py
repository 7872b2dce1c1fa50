"""Budgets of attempts: how often somebody may try, and how fast the budget grows back.

A budget is a token bucket for each key. It lives in the process: a stranger's attempt must not
write to the ledger.

>>> now = 0
>>> budget = AttemptBudget(2, refill_ms=1000, clock=lambda: now)
>>> budget.take("a"), budget.take("a")
(None, None)
>>> budget.take("a")
Traceback (most recent call last):
    ...
services.errors.SignInLimited: too many sign-in attempts; try again in 1 seconds
>>> now = 1000
>>> budget.take("a")
"""

import math
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Final

from ledger.staff_errors import WrongCredentials
from services.errors import SignInLimited
from stamps.errors import VeritemError
from web.bounded_cache import BoundedCache

_KEYS: Final = 50_000


class AttemptBudget:
    """`most` attempts at once by each key, and one more every `refill_ms`.

    Past `keys` keys the least recently used is forgotten: the attempts of others bound how fast
    somebody can push a key out (`services.sign_in` has the figures).
    """

    def __init__(
        self,
        most: int,
        *,
        refill_ms: int,
        clock: Callable[[], int],
        refusal: type[VeritemError] = SignInLimited,
        keys: int = _KEYS,
    ) -> None:
        self._most = most
        self._refill_ms = refill_ms
        self._clock = clock
        self._refusal = refusal
        self._spent: Final = BoundedCache[Hashable, tuple[float, int]](keys)
        """Attempts spent by key, and when that was computed (ms)."""

    def has_left(self, key: Hashable) -> bool:
        """Whether `take` would succeed."""
        return self._missing(key) <= 0

    def take(self, key: Hashable) -> None:
        """Spend one attempt. Raises the `refusal`, with the seconds until there is one."""
        missing = self._missing(key)
        if missing > 0:
            raise self._refusal(seconds=math.ceil(missing * self._refill_ms / 1000))
        self._put(key, self._spent_now(key) + 1)

    @contextmanager
    def attempt(
        self, key: Hashable, wrong: type[VeritemError] = WrongCredentials
    ) -> Iterator[None]:
        """An attempt, which costs nothing when it is right or does not take place.

        It is wrong when the block raises `wrong`. Raises the `refusal`.
        """
        self.take(key)
        is_wrong = False
        try:
            yield
        except wrong:
            is_wrong = True
            raise
        finally:
            if not is_wrong:
                self._put(key, self._spent_now(key) - 1)

    def restore(self, key: Hashable) -> None:
        """Make the budget of a key whole again."""
        self._spent.remove(key)

    def _missing(self, key: Hashable) -> float:
        """Return the number of attempts that the key lacks for a further one."""
        return self._spent_now(key) + 1 - self._most

    def _spent_now(self, key: Hashable) -> float:
        spent, at = self._spent.peek(key) or (0.0, 0)
        return max(0.0, spent - max(0, self._clock() - at) / self._refill_ms)

    def _put(self, key: Hashable, spent: float) -> None:
        if spent <= 0:
            self._spent.remove(key)
        else:
            self._spent.put(key, (spent, self._clock()))
