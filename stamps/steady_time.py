"""Steady time: what a service believes of a wall clock that may jump, as a pure state machine.

`SteadyTime.advance` takes one reading of the wall clock and of the monotonic clock, and returns the
time. Rules that every change must keep:

- Time never goes back, and never stands still while the monotonic clock goes on.
- A difference of up to `JUMP_SECONDS` is drift: time approaches the wall clock at `SLEW` of the
  monotonic pace, as `adjtime` does.
- A larger difference is a jump. Time goes on by the monotonic clock until the wall clock has kept
  its offset to it for `confirm_seconds`. A jump that ends before that changes nothing.
- A confirmed jump forward is followed at once. A confirmed jump back is followed at half the pace:
  an hour takes two.

>>> time = SteadyTime(wall=1_000.0, monotonic=5.0, confirm_seconds=60.0)
>>> time.advance(2_000_000.0, 6.0)
1001.0
>>> time.advance(1_002.0, 7.0)
1002.0
"""

from enum import Enum
from typing import Final

CONFIRM_SECONDS: Final = 60.0
"""Time for which a wall clock that jumped must keep its offset before it is believed."""
JUMP_SECONDS: Final = 2.0
"""A larger difference between wall clock and time is a jump."""
SLEW: Final = 0.02
"""Share of its pace by which time speeds up or slows down while it approaches the wall clock."""
_SLEW_BACK: Final = 0.5
"""Share of its pace by which time slows down after a confirmed jump back."""
_AGREES_SECONDS: Final = 0.5
"""The offset of a clock that agrees with itself moves by less: drift and slow readings."""


class ClockEvent(Enum):
    """An event of the wall clock that a reading found; each is reported once."""

    JUMPED = "jumped"
    RETURNED = "returned"
    CONFIRMED = "confirmed"


class SteadyTime:
    """The time of one process, in seconds since the Unix epoch."""

    def __init__(self, wall: float, monotonic: float, confirm_seconds: float) -> None:
        self._confirm_seconds = confirm_seconds
        self._offset = wall - monotonic
        """Time minus monotonic clock."""
        self._last = monotonic
        self._seen: float | None = None
        """Wall clock minus monotonic clock since the jump; None: there is none."""
        self._seen_since = monotonic
        self._is_confirmed = False
        self.wall_ahead = 0.0
        """Seconds by which the wall clock is ahead of the time; negative: behind."""
        self.event: ClockEvent | None = None
        """The event of the last reading; the caller sets it to None."""

    def advance(self, wall: float, monotonic: float) -> float:
        """The time at these readings, in seconds since the Unix epoch."""
        passed = monotonic - self._last
        if passed < 0.0:  # of two threads, the other one read later
            passed, monotonic = 0.0, self._last
        self._last = monotonic
        offset = wall - monotonic
        ahead = offset - self._offset
        if -JUMP_SECONDS <= ahead <= JUMP_SECONDS:
            if self._seen is not None:
                self._seen = None
                if not self._is_confirmed:
                    self.event = ClockEvent.RETURNED
                self._is_confirmed = False
            self._slew(ahead, passed * SLEW)
        else:
            self._follow_jump(offset, ahead, passed)
        self.wall_ahead = offset - self._offset
        return monotonic + self._offset

    def _follow_jump(self, offset: float, ahead: float, passed: float) -> None:
        seen = self._seen
        if seen is None or not -_AGREES_SECONDS < offset - seen < _AGREES_SECONDS:
            self._seen, self._seen_since = offset, self._last
            self._is_confirmed = False
            self.event = ClockEvent.JUMPED
        if not self._is_confirmed:
            if self._last - self._seen_since < self._confirm_seconds:
                return
            self._is_confirmed = True
            self.event = ClockEvent.CONFIRMED
        self._seen = offset  # a wall clock that drifts on is still the one that was confirmed
        if ahead > 0.0:
            self._offset, self._seen, self._is_confirmed = offset, None, False
        else:
            self._slew(ahead, passed * _SLEW_BACK)

    def _slew(self, ahead: float, most: float) -> None:
        """Move the time towards the wall clock, by `most` seconds at most."""
        self._offset += min(most, max(-most, ahead))
