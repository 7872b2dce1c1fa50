"""Several processes on one port, and one that looks after them.

The supervisor forks the workers and then only waits for signals: a worker that dies is replaced
(at once, and slower when it dies as soon as it starts), SIGHUP is passed on, SIGTERM and SIGINT
tell the workers to drain; one that has not ended `drain_seconds` and a little later is killed.
Each worker has a listening socket of its own on the shared port (SO_REUSEPORT), so the kernel
spreads new connections evenly and nobody waits for another's accept.

Nobody lives on unsupervised: the supervisor alone holds the writing end of a pipe, and a worker
that reads its end (the supervisor was killed) drains as it would at SIGTERM, and is gone when that
takes longer than it may. A supervisor that is started again meanwhile takes the port beside them.
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
"""`work(number, ready)` runs in worker `number`; it calls `ready` once it serves."""


class WorkerFailed(VeritemError):
    """A worker ended before it served for the first time; its own words say why."""

    code = "worker-failed"
    message = "worker {number} could not start"


class Supervisor:
    """Keeps `count` workers running until it is told to stop."""

    def __init__(self, count: int, work: Work, drain_seconds: float) -> None:
        self._count = count
        self._work = work
        self._drain = drain_seconds
        self._born: dict[int, tuple[int, float]] = {}
        """Process → its number and when it was started."""
        self._alive = os.pipe()
        """Nothing is ever written: its end is the word."""

    def run(self, ready: Callable[[], None]) -> None:
        """Start all, call `ready` when all serve, and stay until SIGTERM. Raises `WorkerFailed`."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            pipes = [(number, self._start(number)) for number in range(self._count)]
            for number, pipe in pipes:
                if not _told(pipe):
                    raise WorkerFailed(number=number)
            ready()
            self._watch()
        finally:
            self._end()
            for end in self._alive:
                os.close(end)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _watch(self) -> None:
        while True:
            match signal.sigwait(_SIGNALS):
                case signal.SIGCHLD:
                    for number, lived in self._reap():
                        _log.error("worker died and is replaced", worker=number, lived=lived)
                        if lived < _YOUNG_SECONDS:
                            time.sleep(_PAUSE_SECONDS)
                        os.close(self._start(number))
                case signal.SIGHUP:
                    self._tell(signal.SIGHUP)
                case _:
                    return

    def _start(self, number: int) -> int:
        """Fork worker `number`; answers the pipe on which it says that it serves."""
        listen, tell = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(listen)
            self._be_worker(number, tell)
        os.close(tell)
        self._born[process] = number, time.monotonic()
        return listen

    def _be_worker(self, number: int, tell: int) -> NoReturn:
        status = 1
        try:
            listen, hold = self._alive
            os.close(hold)  # or the workers would keep each other's pipe open
            threading.Thread(
                target=_drain_at_the_end_of,
                args=(listen, self._drain + _GRACE_SECONDS),
                daemon=True,
            ).start()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

            def ready() -> None:
                # Nobody listens to a replacement's word; it serves all the same.
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
            # Not sys.exit: what is above us on the stack is the supervisor's.
            os._exit(status)

    def _reap(self) -> list[tuple[int, float]]:
        """Workers that have ended: number, and how many seconds they lived."""
        ended = []
        while self._born:
            process, _ = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                break
            number, born = self._born.pop(process)
            ended.append((number, time.monotonic() - born))
        return ended

    def _tell(self, what: signal.Signals) -> None:
        for process in self._born:
            os.kill(process, what)

    def _end(self) -> None:
        self._tell(signal.SIGTERM)
        until = time.monotonic() + self._drain + _GRACE_SECONDS
        while self._born and time.monotonic() < until:
            signal.sigtimedwait({signal.SIGCHLD}, 0.2)
            self._reap()
        self._tell(signal.SIGKILL)
        while self._born:
            process, _ = os.waitpid(-1, 0)
            self._born.pop(process)


def _drain_at_the_end_of(pipe: int, seconds: float) -> None:
    """In a worker's own thread: wait for the supervisor's end, then bring about the worker's."""
    os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    with suppress(OSError):  # who read our words may have died with the supervisor
        _log.error("the supervisor is gone; this worker drains", process=os.getpid())
    time.sleep(seconds)
    os._exit(1)  # a loop that stands still hears no signal


def _told(pipe: int) -> bool:
    try:
        return os.read(pipe, 1) == b"1"
    finally:
        os.close(pipe)
