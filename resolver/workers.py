"""Several worker processes on one port, and the supervisor that replaces those that die.

The supervisor forks the workers and then waits for signals. It replaces a worker that dies: at
once, or after a pause when the worker dies soon after its start. It passes SIGHUP on. On SIGTERM
and SIGINT the workers drain; those that have not ended `drain_seconds` and a grace period later are
killed. Each worker listens on a socket of its own (SO_REUSEPORT), so the kernel spreads new
connections.

Workers drain, with a deadline, when the supervisor dies: only it holds the writing end of a pipe,
and a thread of each worker reads until that end closes. A new supervisor can start meanwhile on the
same port.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NoReturn

import structlog

from stamps.errors import VeritemError

_SIGNALS: Final = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
_GRACE_SECONDS: Final = 5.0
_YOUNG_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)

Work = Callable[[int, Callable[[], None]], None]
"""`work(number, ready)` runs in worker `number` and calls `ready` once it serves."""


class WorkerFailed(VeritemError):
    """A worker ended before it served; its own message says why."""

    code = "worker-failed"
    message = "worker {number} could not start"


class Supervisor:
    """Keeps `count` workers running until a signal stops it."""

    def __init__(self, count: int, work: Work, drain_seconds: float) -> None:
        self._count = count
        self._work = work
        self._drain = drain_seconds
        self._workers: dict[int, tuple[int, float]] = {}
        """Number and start time of each worker, by process id."""
        self._lifeline = os.pipe()
        """A pipe on which nothing is written; its end of file says that the supervisor died."""

    def run(self, ready: Callable[[], None]) -> None:
        """Start all, call `ready` when all serve, and wait for SIGTERM. Raises `WorkerFailed`."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            pipes = [(number, self._start(number)) for number in range(self._count)]
            for number, pipe in pipes:
                if not _is_serving(pipe):
                    raise WorkerFailed(number=number)
            ready()
            self._watch()
        finally:
            self._end()
            for end in self._lifeline:
                os.close(end)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _watch(self) -> None:
        while True:
            match signal.sigwait(_SIGNALS):
                case signal.SIGCHLD:
                    for number, lived in self._reap():
                        _log.error("worker died and is replaced", worker=number, lifetime=lived)
                        if lived < _YOUNG_SECONDS:
                            time.sleep(_PAUSE_SECONDS)
                        os.close(self._start(number))
                case signal.SIGHUP:
                    self._signal_all(signal.SIGHUP)
                case _:
                    return

    def _start(self, number: int) -> int:
        """Fork worker `number`; return the pipe on which it reports that it serves."""
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(reading)
            self._be_worker(number, writing)
        os.close(writing)
        self._workers[process] = number, time.monotonic()
        return reading

    def _be_worker(self, number: int, tell: int) -> NoReturn:
        status = 1
        try:
            listen, hold = self._lifeline
            os.close(hold)  # otherwise the workers would keep the pipe open
            threading.Thread(
                target=_drain_when_orphaned,
                args=(listen, self._drain + _GRACE_SECONDS),
                daemon=True,
            ).start()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

            def ready() -> None:
                # Nobody reads the report of a replacement.
                signal.signal(signal.SIGPIPE, signal.SIG_IGN)
                with suppress(BrokenPipeError):
                    os.write(tell, b"1")
                os.close(tell)

            self._work(number, ready)
            status = 0
        except VeritemError as refusal:
            sys.stderr.write(f"worker {number}: {refusal}\n")
        except BaseException:
            _log.exception("worker failed", worker=number)
        finally:
            sys.stderr.flush()
            # sys.exit would unwind the supervisor's stack, which fork has copied.
            os._exit(status)

    def _reap(self) -> list[tuple[int, float]]:
        """Collect the workers that have ended: number and lifetime in seconds."""
        ended = []
        while self._workers:
            process, _ = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                break
            number, born = self._workers.pop(process)
            ended.append((number, time.monotonic() - born))
        return ended

    def _signal_all(self, what: signal.Signals) -> None:
        for process in self._workers:
            os.kill(process, what)

    def _end(self) -> None:
        self._signal_all(signal.SIGTERM)
        until = time.monotonic() + self._drain + _GRACE_SECONDS
        while self._workers and time.monotonic() < until:
            signal.sigtimedwait({signal.SIGCHLD}, 0.2)
            self._reap()
        self._signal_all(signal.SIGKILL)
        while self._workers:
            process, _ = os.waitpid(-1, 0)
            self._workers.pop(process)


def _drain_when_orphaned(pipe: int, seconds: float) -> None:
    """In a thread of a worker: wait until the supervisor dies, then drain the worker."""
    os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    with suppress(OSError):  # the reader of stderr may have died with the supervisor
        _log.error("the supervisor is gone; this worker drains", process=os.getpid())
    time.sleep(seconds)
    os._exit(1)  # an event loop that is blocked handles no signal


def _is_serving(pipe: int) -> bool:
    try:
        return os.read(pipe, 1) == b"1"
    finally:
        os.close(pipe)
