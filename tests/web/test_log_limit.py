"""A fault that fails every request writes a few lines, and their number is told."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

from web.log_limit import LogLimit, StructlogHandler

_SECONDS = 0.2


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """The lines that are written while periods last `_SECONDS`."""
    before, capture = structlog.get_config(), LogCapture()
    structlog.configure(
        processors=[LogLimit(_SECONDS), capture],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    yield capture.entries
    until(no_period_runs)
    structlog.configure(**before)


def no_period_runs() -> bool:
    return not any(isinstance(thread, threading.Timer) for thread in threading.enumerate())


def until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise TimeoutError


def fail(error: Exception, **fields: Any) -> None:
    try:
        raise error
    except type(error):
        structlog.get_logger().exception("request failed", **fields)


def test_a_storm_of_failures_is_one_line_and_then_one_a_period_with_their_number(
    lines: list[Any],
) -> None:
    def send() -> None:
        for number in range(500):
            fail(OSError("full"), target=number)

    threads = [threading.Thread(target=send) for _ in range(4)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: sum(1 + line.get("left_out", 0) for line in lines) == 2_000)
    assert len(lines) <= 2 + (time.monotonic() - began) / _SECONDS
    assert "left_out" not in lines[0]
    assert lines[0]["exc_info"] is True
    # The others tell the kind of the error; a traceback would keep a request alive.
    assert {(line["error"], "exc_info" in line) for line in lines[1:]} == {("OSError", False)}


def test_lines_that_differ_are_written_each(lines: list[Any]) -> None:
    log = structlog.get_logger()
    for _ in range(2):
        for error in (OSError(), ValueError()):
            fail(error)
        for name in ("history", "journal"):
            log.error("dependency fails", dependency=name)
            log.warning("dependency works again", dependency=name)
        log.info("not limited")
    assert len(lines) == 6 + 2


def test_after_a_quiet_period_a_line_is_written_at_once(lines: list[Any]) -> None:
    log = structlog.get_logger()
    log.error("once", why="first")
    until(no_period_runs)
    log.error("once", why="second")
    assert [(line["why"], line.get("left_out")) for line in lines] == [
        ("first", None),
        ("second", None),
    ]


def test_what_libraries_log_is_limited_too(lines: list[Any]) -> None:
    handler, library = StructlogHandler(), logging.getLogger("sqlalchemy.pool.test")
    library.addHandler(handler)
    library.propagate = False
    try:
        for number in range(100):
            library.error("Exception terminating connection %s\nhere", number)
    finally:
        library.removeHandler(handler)
    assert [(line["event"], line["code"], line["why"]) for line in lines] == [
        (
            "Exception terminating connection %s",
            "sqlalchemy.pool.test",
            "Exception terminating connection 0\nhere",
        )
    ]
    assert sys.exc_info() == (None, None, None)
