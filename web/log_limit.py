"""Bounded logs: a line that repeats is written once, then once a period with a count.

A fault that fails every request would write a line, often with a traceback, for each of them, and
a log on a full disk makes that worse. Lines are the same if their event, level, error type and the
fields in `_IDENTITY` are. Lines below a warning are not limited.

The last of the lines that were left out is written at the end of the period, with the number of
the others: the number is told also when the fault is over.
"""

import logging
import os
import sys
import threading
from collections.abc import MutableMapping
from typing import Any, Final, NamedTuple

import structlog

PERIOD_SECONDS: Final = 60.0
_IDENTITY: Final = ("dependency", "server", "place", "worker", "code")
"""Fields that make lines of one event differ. Each has few values, and no client chooses them."""
_RELEASED: Final = "_released"
_LIMITED: Final = {"warning", "error", "critical", "exception"}

EventDict = MutableMapping[str, Any]


class Kind(NamedTuple):
    """Common part of the lines of which one is written in a period."""

    method: str
    event: str
    error: str
    identity: tuple[str, ...]


class LogLimit:
    """A processor of structlog; used by several threads."""

    def __init__(self, seconds: float = PERIOD_SECONDS) -> None:
        self._seconds = seconds
        self._left_out: dict[Kind, tuple[int, EventDict | None]] = {}
        """For each kind of line of this period: how many were left out, and the last of them."""
        self._lock = threading.Lock()
        # A worker has no timers of its supervisor, and no use for a lock that one of them held.
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._left_out, self._lock = {}, threading.Lock()

    def __call__(self, _logger: Any, method: str, event: EventDict) -> EventDict:
        """Pass the event on. Raises `structlog.DropEvent` for a line that is left out."""
        if event.pop(_RELEASED, False) or method not in _LIMITED:
            return event
        identity = tuple(str(event.get(name, "")) for name in _IDENTITY)
        key = Kind(method, str(event.get("event")), _name_error(event), identity)
        with self._lock:
            if key in self._left_out:
                # Not the traceback: it would hold what the request held.
                kept = {name: value for name, value in event.items() if name != "exc_info"}
                self._left_out[key] = self._left_out[key][0] + 1, kept
                raise structlog.DropEvent
            self._begin_period(key)
        return event

    def _begin_period(self, key: Kind) -> None:
        self._left_out[key] = 0, None
        timer = threading.Timer(self._seconds, self._end_period, (key,))
        timer.daemon = True
        timer.start()

    def _end_period(self, key: Kind) -> None:
        """In a thread of its own: write the last line that was left out."""
        with self._lock:
            count, last = self._left_out.pop(key)
            if last is not None:
                self._begin_period(key)
        if last is not None:
            if key.error:
                last.setdefault("error", key.error)
            line = {**last, _RELEASED: True, "left_out": count - 1}
            getattr(structlog.get_logger(), key.method)(**line)


class StructlogHandler(logging.Handler):
    """Passes what libraries log by `logging` on to structlog, and so through `LogLimit`."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; its event is the first line of its text before values are put in."""
        event = str(record.msg).partition("\n")[0]
        structlog.get_logger().log(
            record.levelno,
            event,
            code=record.name,
            why=record.getMessage(),
            exc_info=record.exc_info or None,
        )


def _name_error(event: EventDict) -> str:
    error = event.get("exc_info")
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    return type(error).__name__ if isinstance(error, BaseException) else ""
