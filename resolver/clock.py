"""The time of day that never runs backwards."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Answers the time: milliseconds since the Unix epoch, UTC."""


class SteadyClock:
    """The wall clock, except that it never goes back.

    When the system's clock is set back, this one goes on from the last time it told, at the
    monotonic clock's pace, until the system's clock has caught up. Sightings stay in order and
    tokens neither come back to life nor die early.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._told = wall()
        self._told_at = monotonic()

    def __call__(self) -> int:
        """The time now, in milliseconds since the Unix epoch."""
        wall, monotonic = self._wall(), self._monotonic()
        if wall < self._told:
            wall = self._told + (monotonic - self._told_at)
        self._told, self._told_at = wall, monotonic
        return int(wall * 1000)
