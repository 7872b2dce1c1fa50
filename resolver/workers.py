"""Several worker processes on one port, and the supervisor that replaces those that die.

The supervisor forks the workers and then waits for signals. It replaces a worker that dies: at
once, or after a pause when the worker dies soon after its start. It passes SIGHUP on. On SIGTERM
and SIGINT the workers drain; those that have not ended `drain_seconds` and a grace period later are
killed. Each worker listens on a socket of its own (SO_REUSEPORT), so the kernel spreads new
connections. The supervisor keeps these sockets open while a worker is replaced. On SIGUSR2 it
starts a successor with them, and ends once all workers of that one serve.

A worker that serves sends heartbeats from its event loop on a pipe. One that is silent for
`silent_seconds` is stopped or blocked, and the kernel still gives it a share of the connections, so
the supervisor kills and replaces it. Time in which the supervisor did not run does not count.

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
from dataclasses import dataclass
from typing import Final, NoReturn

import structlog

from stamps.errors import VeritemError
from web.service_process import SIGNALS, ServiceProcess
from web.successor import READY_SECONDS, Successor

_SIGNALS: Final = SIGNALS | {signal.SIGCHLD}
_GRACE_SECONDS: Final = 5.0
_YOUNG_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 1.0
_SUCCESSOR_LOOK_SECONDS: Final = 0.1
HEARTBEAT_SECONDS: Final = 1.0
"""Interval of a worker's heartbeats, and of the supervisor's look at them."""
SILENT_SECONDS: Final = 10.0

_log = structlog.get_logger(__name__)

Work = Callable[[int, Callable[[], None]], None]
"""`work(number, report)` runs in worker `number`. It calls `report` once it serves, and then every
`HEARTBEAT_SECONDS` from its event loop."""


class WorkerFailed(VeritemError):
    """A worker ended before it served; its own message says why."""

    code = "worker-failed"
    message = "worker {number} could not start"


@dataclass(slots=True)
class _Worker:
    """A worker process. Times are of the monotonic clock, in seconds."""

    number: int
    reports: int
    """The reading end of its pipe."""
    born: float
    heard: float | None = None
    """Its last heartbeat; None until it serves."""


class Supervisor:
    """Keeps `count` workers running until a signal stops it."""

    def __init__(
        self,
        count: int,
        work: Work,
        drain_seconds: float,
        *,
        silent_seconds: float = SILENT_SECONDS,
        process: ServiceProcess | None = None,
    ) -> None:
        self._count = count
        self._work = work
        self._drain = drain_seconds
        self._silent = silent_seconds
        self._process = process or ServiceProcess()
        self._successor: Successor | None = None
        self._successor_deadline = 0.0
        self._workers: dict[int, _Worker] = {}
        """Workers by process id."""
        self._lifeline = os.pipe()
        """A pipe on which nothing is written; its end of file says that the supervisor died."""

    def run(self, ready: Callable[[], None]) -> None:
        """Start all, call `ready` when all serve, and wait for SIGTERM. Raises `WorkerFailed`."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            for worker in [self._start(number) for number in range(self._count)]:
                if not os.read(worker.reports, 1):
                    raise WorkerFailed(number=worker.number)
                worker.heard = time.monotonic()
            ready()
            self._process.tell_ready()
            self._watch()
        finally:
            # Connections in the supervisor's copies would wait for nobody.
            self._process.sockets.close()
            if self._successor is not None:
                self._successor.kill()
            self._end()
            for end in self._lifeline:
                os.close(end)
            # One that has come meanwhile must not end this process as if it had failed.
            for name in (signal.SIGHUP, signal.SIGUSR2):
                signal.signal(name, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _watch(self) -> None:
        looked = time.monotonic()
        while True:
            pause = HEARTBEAT_SECONDS if self._successor is None else _SUCCESSOR_LOOK_SECONDS
            caught = signal.sigtimedwait(_SIGNALS, pause)
            match caught.si_signo if caught else None:
                case signal.SIGTERM | signal.SIGINT:
                    return
                case signal.SIGCHLD:
                    for number, lived in self._reap():
                        _log.error("worker died and is replaced", worker=number, lifetime=lived)
                        if lived < _YOUNG_SECONDS:
                            time.sleep(_PAUSE_SECONDS)
                        self._start(number)
                case signal.SIGHUP:
                    self._signal_all(signal.SIGHUP)
                case signal.SIGUSR2:
                    self._start_successor()
                case _:
                    # The time is up. After SIGSTOP, CPython then returns an unset number.
                    pass
            self._listen(time.monotonic() - looked)
            looked = time.monotonic()
            self._process.manager.tell_alive()
            if self._is_replaced():
                return

    def _start_successor(self) -> None:
        if self._successor is not None:
            _log.warning("SIGUSR2 changes nothing: a successor starts already")
            return
        try:
            self._successor = Successor.start(self._process.sockets.in_use)
        except OSError as error:
            _log.error("not replaced", why=str(error))
            return
        self._successor_deadline = time.monotonic() + READY_SECONDS
        _log.info("successor starts", process=self._successor.pid)

    def _is_replaced(self) -> bool:
        """Whether a successor was started and serves; one that failed is forgotten."""
        successor = self._successor
        if successor is None:
            return False
        is_ready = successor.poll()
        if is_ready:
            self._successor = None
            self._process.hand_over(successor)
            return True
        if is_ready is False or time.monotonic() > self._successor_deadline:
            self._successor = None
            successor.kill()
            _log.error("not replaced: the successor did not start; this process goes on")
        return False

    def _listen(self, passed: float) -> None:
        """Read the heartbeats of the last `passed` seconds, and kill who is silent for too long."""
        now = time.monotonic()
        for process, worker in self._workers.items():
            if _read_all(worker.reports):
                worker.heard = now
            elif worker.heard is None:
                continue  # it does not serve yet
            elif passed > HEARTBEAT_SECONDS + _PAUSE_SECONDS:
                worker.heard += passed  # the supervisor did not run, perhaps nobody did
            elif now - worker.heard > self._silent:
                silence = round(now - worker.heard, 1)
                _log.error("worker is silent and is killed", worker=worker.number, seconds=silence)
                worker.heard = now  # killed once
                os.kill(process, signal.SIGKILL)

    def _start(self, number: int) -> _Worker:
        """Fork worker `number`."""
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(reading)
            self._be_worker(number, writing)
        os.close(writing)
        started = self._workers[process] = _Worker(number, reading, time.monotonic())
        return started

    def _be_worker(self, number: int, reports: int) -> NoReturn:
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

            # A full pipe, or one whose reader died, must not stop a worker.
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
            os.set_blocking(reports, False)

            def report() -> None:
                with suppress(BrokenPipeError, BlockingIOError):
                    os.write(reports, b"1")

            self._work(number, report)
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
            worker = self._workers.pop(process, None)
            if worker is not None:  # otherwise a successor that failed
                os.close(worker.reports)
                ended.append((worker.number, time.monotonic() - worker.born))
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
            ended = self._workers.pop(process, None)
            if ended is not None:
                os.close(ended.reports)


def _drain_when_orphaned(pipe: int, seconds: float) -> None:
    """In a thread of a worker: wait until the supervisor dies, then drain the worker."""
    os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    with suppress(OSError):  # the reader of stderr may have died with the supervisor
        _log.error("the supervisor is gone; this worker drains", process=os.getpid())
    time.sleep(seconds)
    os._exit(1)  # an event loop that is blocked handles no signal


def _read_all(pipe: int) -> bool:
    """Read what is in the pipe without waiting; return whether there was anything."""
    os.set_blocking(pipe, False)
    with suppress(BlockingIOError):
        return bool(os.read(pipe, 65_536))
    return False
