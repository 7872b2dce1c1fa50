"""The clock of a service: the system's wall clock, unless it jumps (`stamps.steady_time`).

Every long-lived process has one and passes it to the ledger too. A command that ends within seconds
reads the wall clock itself (`ledger.ledger.now_ms`).
"""

import time
from collections.abc import Callable
from typing import Final

import structlog

from stamps.steady_time import CONFIRM_SECONDS, ClockEvent, SteadyTime

Clock = Callable[[], int]
"""Returns the time in milliseconds since the Unix epoch, UTC."""

_MESSAGES: Final = {
    ClockEvent.JUMPED: "the system's clock jumped and is not believed yet",
    ClockEvent.RETURNED: "the system's clock is right again",
    ClockEvent.CONFIRMED: "the system's clock kept its jump and is believed",
}

_LINES_A_MINUTE: Final = 10
"""Lines of the log about a clock that jumps all the time."""

_log = structlog.get_logger(__name__)


def read_boot_time() -> float:
    """The seconds since the machine started.

    Linux's `CLOCK_BOOTTIME` counts a suspend, so waking up is no jump of the wall clock. Other
    systems have a monotonic clock only.
    """
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class SteadyClock:
    """The time of one process, in milliseconds. It says each jump in one line of the log."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] | None = None,
        *,
        confirm_seconds: float = CONFIRM_SECONDS,
    ) -> None:
        if monotonic is None:
            monotonic = read_boot_time if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
        self._wall = wall
        self._monotonic = monotonic
        self._confirm_seconds = confirm_seconds
        self._time = SteadyTime(wall(), monotonic(), confirm_seconds)
        self._minute = monotonic()
        self._lines = 0
        """Lines of the log since `_minute` (monotonic)."""

    def __call__(self) -> int:
        """The time now, in milliseconds since the Unix epoch."""
        steady = self._time
        now = steady.advance(self._wall(), self._monotonic())
        if steady.event is not None:
            self._report(steady.event)
            steady.event = None
        return int(now * 1000)

    def read_offset(self) -> float:
        """Return the seconds by which the system's clock is ahead of this one; negative: behind."""
        self()
        return self._time.wall_ahead

    def _report(self, event: ClockEvent) -> None:
        if self._confirm_seconds == 0.0:
            return  # whoever believes every jump expects them
        now = self._monotonic()
        if now - self._minute >= 60.0:
            self._minute, self._lines = now, 0
        self._lines += 1
        if self._lines > _LINES_A_MINUTE:
            return
        write = _log.info if event is ClockEvent.RETURNED else _log.warning
        write(
            _MESSAGES[event],
            ahead_seconds=round(self._time.wall_ahead, 3),
            confirm_seconds=self._confirm_seconds,
        )
