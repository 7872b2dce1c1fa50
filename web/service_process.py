"""Process of a service: signals, listening sockets, replacement without a gap.

| signal | meaning |
|---|---|
| SIGTERM, SIGINT | finish the requests under way, then end |
| SIGHUP | reload what can be reloaded (detection rules); otherwise one line of the log |
| SIGUSR2 | start the same command beside this process, with its sockets, and end once it serves |

No service dies of SIGHUP, which a closed terminal sends. SIGUSR2 changes nothing when the new
process cannot start: its reason is in the log.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from web.listening_sockets import ListeningSockets
from web.service_manager import ServiceManager
from web.successor import Predecessor, Successor

SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2})
"""The signals that have a meaning."""
_OVERLAP_SECONDS: Final = 20.0
"""Added to the time for draining, until a predecessor counts as stuck."""

_log = structlog.get_logger(__name__)


class ServiceProcess:
    """One process of a service, from its start to its end."""

    def __init__(
        self,
        sockets: ListeningSockets | None = None,
        predecessor: Predecessor | None = None,
        manager: ServiceManager | None = None,
        *,
        is_replaceable: bool = True,
    ) -> None:
        """`is_replaceable` is False for a worker: its supervisor is replaced."""
        self.sockets = sockets or ListeningSockets()
        self.manager = manager or ServiceManager()
        self._predecessor = predecessor or Predecessor()
        self._is_replaceable = is_replaceable
        self._stop = asyncio.Event()
        self._is_serving = False
        self._successor: Successor | None = None
        """The process that has taken over. Its channel stays open until this process has ended."""
        self._reload: Callable[[], None] | None = None
        self._replacement: asyncio.Task[None] | None = None
        self._beats: asyncio.Task[None] | None = None

    @classmethod
    def from_environment(cls) -> "ServiceProcess":
        """This process, with what systemd or a predecessor gave it. Call it once."""
        # A predecessor that is a supervisor has blocked them, and a process inherits that.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS | {signal.SIGCHLD})
        return cls(
            ListeningSockets.from_environment(os.environ),
            Predecessor.from_environment(os.environ),
            ServiceManager.from_environment(os.environ),
        )

    def handle_signals(self, reload: Callable[[], None] | None = None) -> None:
        """Handle the signals in the running event loop; SIGHUP calls `reload`."""
        self._reload = reload
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._on_hangup)
        loop.add_signal_handler(signal.SIGUSR2, self._on_replace)
        if self._beats is None:
            # From the first moment: a successor can be the main process before it serves. They go
            # on while the process drains; the loop's end cancels them.
            self._beats = asyncio.create_task(self._beat(), name="service manager")

    async def wait_for_predecessor(self, drain_seconds: float) -> None:
        """Wait until the process that this one replaces has ended, if the two cannot overlap.

        Call it as late as possible: nobody answers meanwhile. Raises `PredecessorGone`,
        `PredecessorStays`.
        """
        await self._predecessor.wait_for_end(drain_seconds + _OVERLAP_SECONDS)

    def tell_ready(self) -> None:
        """Tell predecessor and systemd that this process serves; the predecessor then ends.

        Raises `PredecessorGone`, `SocketUnused`.
        """
        self.sockets.close_unused()
        self._predecessor.tell_ready()
        self.manager.tell_ready()

    async def serve_until_stopped(self) -> None:
        """Say that this process serves, and wait for a signal or a successor to end it."""
        async with self.serving() as stop:
            await stop.wait()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[asyncio.Event]:
        """Say that this process serves; yields the event that is set when it is to end."""
        self.tell_ready()
        self._is_serving = True
        try:
            yield self._stop
        finally:
            self._is_serving = False
            if self._replacement is not None:
                self._replacement.cancel()
                with suppress(asyncio.CancelledError):
                    await self._replacement
            if self._successor is None:
                self.manager.tell_stopping()

    async def _beat(self) -> None:
        if not self.manager.watchdog_seconds:
            return
        while True:
            self.manager.tell_alive()
            await asyncio.sleep(self.manager.watchdog_seconds / 3)

    def _on_hangup(self) -> None:
        if self._reload is None:
            _log.warning("SIGHUP changes nothing: this service has nothing to reload")
        else:
            self._reload()
            _log.info("reloaded")

    def _on_replace(self) -> None:
        if not (self._is_replaceable and self._is_serving):
            _log.warning("SIGUSR2 changes nothing: this process is a worker, starts or ends")
        elif self._replacement is None or self._replacement.done():
            self._replacement = asyncio.create_task(self._replace(), name="successor")
        else:
            _log.warning("SIGUSR2 changes nothing: a successor starts already")

    async def _replace(self) -> None:
        try:
            successor = Successor.start(self.sockets.in_use)
        except OSError as error:
            _log.error("not replaced", why=str(error))
            return
        _log.info("successor starts", process=successor.pid)
        is_ready = False
        try:
            is_ready = await successor.wait()
        finally:
            if not is_ready:
                successor.kill()
        if is_ready:
            self.hand_over(successor)
            self._stop.set()
        else:
            _log.error("not replaced: the successor did not start; this process goes on")

    def hand_over(self, successor: Successor) -> None:
        """Tell the service manager which process is the main one now."""
        self._successor = successor
        _log.info("replaced", process=successor.pid)
        self.manager.tell_successor(successor.pid)
