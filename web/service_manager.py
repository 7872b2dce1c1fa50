"""Messages to systemd (sd_notify(3)): ready, replaced, alive. Nothing without systemd."""

import socket
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Self


class ServiceManager:
    """The service manager of one process. `watchdog_seconds` is 0 if it expects no heartbeats."""

    def __init__(self, address: str = "", watchdog_seconds: float = 0.0) -> None:
        self._address = address
        self.watchdog_seconds = watchdog_seconds

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str]) -> Self:
        """Read NOTIFY_SOCKET and WATCHDOG_USEC, which stay there for a successor."""
        expected = environment.get("WATCHDOG_USEC", "")
        seconds = int(expected) / 1e6 if expected.isdecimal() else 0.0
        return cls(environment.get("NOTIFY_SOCKET", ""), seconds)

    def tell_ready(self) -> None:
        """This process serves."""
        self._tell("READY=1\nSTATUS=serving")

    def tell_successor(self, process: int) -> None:
        """Another process has taken over and is the main one from now on."""
        self._tell(f"MAINPID={process}\nSTATUS=replaced by process {process}")

    def tell_alive(self) -> None:
        """The event loop runs."""
        if self.watchdog_seconds:
            self._tell("WATCHDOG=1")

    def tell_stopping(self) -> None:
        """This process ends, and no other has taken over."""
        self._tell("STOPPING=1")

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        # An abstract address begins with @ in the variable and with a null byte in the kernel.
        address = self._address.replace("@", "\0", 1) if self._address[0] == "@" else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.setblocking(False)
            # A manager that does not read must not stop a service.
            with suppress(OSError):
                channel.sendto(state.encode(), address)
