"""The process that replaces a running one, and the channel between the two.

The running process starts its own command again with its listening sockets and one end of a
channel. The successor reads its settings, and says on the channel that it is ready. Only then does
its predecessor stop accepting connections, drain and end. A successor that cannot start says why,
ends, and changes nothing.

A successor that may not work beside its predecessor (`wait_for_end`) waits until the channel
closes, which the system does when the predecessor has ended, however it ends. Connections wait in
the sockets meanwhile.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, MutableMapping
from contextlib import suppress
from typing import Final, Self

from stamps.errors import VeritemError
from web.listening_sockets import SOCKETS

CHANNEL: Final = "SUCCESSOR_CHANNEL"
"""Environment variable: the descriptor of the successor's end of the channel."""
READY_SECONDS: Final = 60.0
"""Time that a successor may take to start."""
_READY: Final = b"1"


class PredecessorGone(VeritemError):
    """The process that this one was to replace died before; its service manager restarts it."""

    code = "predecessor-gone"
    message = "the process that was to be replaced has ended meanwhile"


class PredecessorStays(VeritemError):
    """The process that this one replaces does not end."""

    code = "predecessor-stays"
    message = "the process that is replaced has not ended after {seconds} seconds"


class Successor:
    """A successor that was started, as its predecessor sees it."""

    def __init__(self, process: subprocess.Popen[bytes], channel: socket.socket) -> None:
        self._process = process
        self._channel = channel

    @classmethod
    def start(cls, sockets: Iterable[socket.socket]) -> Self:
        """Start this process's command once more. Raises `OSError`."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        passed = [one.fileno() for one in sockets]
        added = {SOCKETS: ",".join(map(str, passed)), CHANNEL: str(theirs.fileno())}
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - the command of this process
                [sys.executable, *sys.orig_argv[1:]],
                pass_fds=(*passed, theirs.fileno()),
                env={**os.environ, **added},
            )
        return cls(process, ours)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def poll(self) -> bool | None:
        """Whether it is ready: None if it is not known yet, False if it ended."""
        try:
            return self._channel.recv(1) == _READY
        except BlockingIOError:
            return None
        except OSError:
            return False

    async def wait(self, seconds: float = READY_SECONDS) -> bool:
        """Whether it is ready within `seconds`."""
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(seconds):
                said = await asyncio.get_running_loop().sock_recv(self._channel, 1)
                return said == _READY
        return False

    def kill(self) -> None:
        """End it, if it has not ended."""
        self._channel.close()
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()


class Predecessor:
    """The process that this one replaces, if any, as the successor sees it."""

    def __init__(self, channel: socket.socket | None = None) -> None:
        self._channel = channel

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str]) -> Self:
        """Take the channel that this process was given; the variable is removed."""
        given = environment.pop(CHANNEL, "")
        if not given:
            return cls()
        channel = socket.socket(fileno=int(given))
        channel.set_inheritable(False)
        return cls(channel)

    def tell_ready(self) -> None:
        """Let it end. Raises `PredecessorGone` if it did already."""
        if self._channel is not None:
            self._say_ready(self._channel)
            self._channel.close()
            self._channel = None

    async def wait_for_end(self, seconds: float) -> None:
        """Let it end, and wait until it has. Raises `PredecessorGone`, `PredecessorStays`."""
        channel, self._channel = self._channel, None
        if channel is None:
            return
        with channel:
            self._say_ready(channel)
            channel.setblocking(False)
            try:
                async with asyncio.timeout(seconds):
                    with suppress(ConnectionError):
                        await asyncio.get_running_loop().sock_recv(channel, 1)
            except TimeoutError:
                raise PredecessorStays(seconds=round(seconds)) from None

    def _say_ready(self, channel: socket.socket) -> None:
        try:
            channel.send(_READY, socket.MSG_NOSIGNAL)
        except OSError:
            raise PredecessorGone from None
