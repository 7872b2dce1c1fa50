"""The part of systemd that a service sees: it starts, reloads, restarts and stops one process."""

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

_SECONDS = 60.0
_PASS_SOCKETS = """
import os, sys
given = [os.dup(int(number)) for number in sys.argv[1].split(",")]
for place, number in enumerate(given, 3):
    os.dup2(number, place)
    os.set_inheritable(place, True)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(given))}
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
"""What systemd does between its fork and the start of the command (sd_listen_fds(3))."""


class ManagedService:
    """One service under a manager. `sockets` are listened on by the manager, and given to it."""

    def __init__(
        self,
        *command: str,
        sockets: Sequence[socket.socket] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="manager")
        path = Path(self._directory.name)
        self._notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notices.bind(str(path / "notify"))
        self._notices.settimeout(_SECONDS)
        self._command = command
        self._sockets = sockets
        self._environment = {
            **os.environ,
            **(environment or {}),
            "NOTIFY_SOCKET": str(path / "notify"),
        }
        self.log = path / "log"
        self.states: list[str] = []
        """What the service told, one line each."""
        self.pid = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._notices.close()
        self._directory.cleanup()

    def start(self) -> None:
        """Start it and return when it is ready."""
        passed = [one.fileno() for one in self._sockets]
        start = ["-c", _PASS_SOCKETS, ",".join(map(str, passed))] if passed else []
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, *start, *self._command],
                pass_fds=passed,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        self.pid = child.pid
        self._wait_for("READY=1")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the main process."""
        os.kill(self.pid, number)

    def reload(self) -> None:
        """`systemctl reload`: another process is the main one when this returns, and the old ended.

        The signal is that of `ExecReload` in the units.
        """
        before = self.pid
        self.signal(signal.SIGUSR2)
        self._wait_for("MAINPID=")
        _wait_for_end(before)

    def restart(self) -> None:
        """`systemctl restart`: end it, then start it. Given sockets stay open meanwhile."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """SIGTERM, then wait for the end."""
        self.signal(signal.SIGTERM)
        _wait_for_end(self.pid)

    def _wait_for(self, wanted: str) -> None:
        while True:
            try:
                lines = self._notices.recv(4096).decode().splitlines()
            except TimeoutError:
                raise AssertionError(f"no {wanted}: {self.log.read_text()}") from None
            self.states += lines
            for line in lines:
                if line.startswith("MAINPID="):
                    self.pid = int(line.removeprefix("MAINPID="))
            if any(line.startswith(wanted) for line in lines):
                return


def _wait_for_end(pid: int) -> None:
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        poll = select.poll()
        poll.register(watched, select.POLLIN)
        assert poll.poll(_SECONDS * 1000), f"process {pid} does not end"
    finally:
        os.close(watched)
