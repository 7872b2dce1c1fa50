"""The wall clock of the service, which never runs backwards."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns the time in milliseconds since the Unix epoch, UTC."""


class SteadyClock:
    """The system's wall clock, except that it never goes back.

    When the system's clock is set back, this one continues from its last reading at the pace of the
    monotonic clock until the system's clock has caught up. So scans stay in order, and tokens
    neither become valid again nor expire early.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._last_wall = wall()
        self._last_monotonic = monotonic()

    def __call__(self) -> int:
        """The time now, in milliseconds since the Unix epoch."""
        wall, monotonic = self._wall(), self._monotonic()
        if wall < self._last_wall:
            wall = self._last_wall + (monotonic - self._last_monotonic)
        self._last_wall, self._last_monotonic = wall, monotonic
        return int(wall * 1000)
