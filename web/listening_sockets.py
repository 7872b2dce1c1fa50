"""The listening sockets of a process: given at its start, or bound.

systemd gives sockets by LISTEN_FDS (sd_listen_fds(3)), a predecessor by `SOCKETS`. A given socket
is found by its address, so the settings alone say where a service listens. Whoever passes a socket
on keeps it open: connections that wait to be accepted are not reset when one of the two processes
ends. With SO_REUSEPORT alone they would be.
"""

import os
import socket
from collections.abc import Iterable, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from stamps.errors import VeritemError
from web.sockets import bind_socket

SOCKETS: Final = "SUCCESSOR_SOCKETS"
"""Environment variable: the descriptors that a predecessor passes on, separated by commas."""
_FIRST_OF_SYSTEMD: Final = 3


class SocketUnused(VeritemError):
    """systemd listens at an address that no setting names; its connections would wait for ever."""

    code = "socket-unused"
    message = (
        "systemd passes a socket at {address}, but no setting of this service has that address"
    )


class ListeningSockets:
    """Finds or binds the sockets of one process, and knows those in use, to pass them on."""

    def __init__(self, given: Iterable[socket.socket] = (), *, from_systemd: bool = False) -> None:
        self._given = list(given)
        self._from_systemd = from_systemd
        self._used: list[socket.socket] = []

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str]) -> Self:
        """Take the sockets that this process was given; the variables are removed."""
        passed = environment.pop(SOCKETS, "")
        pid, count = environment.pop("LISTEN_PID", ""), environment.pop("LISTEN_FDS", "")
        environment.pop("LISTEN_FDNAMES", None)
        if passed:
            return cls(map(_open, map(int, passed.split(","))))
        if pid != str(os.getpid()) or not count.isdecimal():
            return cls()
        numbers = range(_FIRST_OF_SYSTEMD, _FIRST_OF_SYSTEMD + int(count))
        return cls(map(_open, numbers), from_systemd=True)

    @property
    def in_use(self) -> list[socket.socket]:
        """The sockets that were taken or bound, and are open."""
        return [used for used in self._used if used.fileno() >= 0]

    def listen(self, host: str, port: int) -> socket.socket:
        """The socket of one process at an address. Raises `AddressTaken`."""
        found = self._take(_resolve(host, port))
        made = found or [bind_socket(host, port)]
        self._used += made
        return made[0]

    def listen_shared(self, host: str, port: int, workers: int) -> list[list[socket.socket]]:
        """The sockets of each worker at one address. Raises `AddressTaken`.

        Each worker has one of its own (SO_REUSEPORT), so the kernel spreads new connections. Given
        sockets are all used, as connections wait in each: a worker has several, or shares one.
        """
        found = self._take(_resolve(host, port))
        if not found:
            found = [bind_socket(host, port, shared=workers > 1)]
            fixed = found[0].getsockname()[1]
            found += [bind_socket(host, fixed, shared=True) for _ in range(workers - 1)]
        self._used += found
        return [found[number::workers] or [found[number % len(found)]] for number in range(workers)]

    def find_unix(self, path: Path) -> socket.socket | None:
        """The given Unix socket at a path."""
        found = self._take(path.as_posix())
        self._used += found
        return found[0] if found else None

    def add(self, bound: socket.socket) -> None:
        """Count a socket that was bound elsewhere among those in use."""
        self._used.append(bound)

    def close_unused(self) -> None:
        """Close the given sockets that nobody took. Raises `SocketUnused` for one of systemd."""
        unused, self._given = self._given, []
        for given in unused:
            address = given.getsockname()
            given.close()
            if self._from_systemd:
                where = address if isinstance(address, str) else f"{address[0]}:{address[1]}"
                raise SocketUnused(address=where)

    def close(self) -> None:
        """Close this process's sockets; those of other processes that have them stay open."""
        for used in self._used:
            used.close()

    def _take(self, address: object) -> list[socket.socket]:
        found = [given for given in self._given if _address_of(given) == address]
        self._given = [given for given in self._given if given not in found]
        return found


def _open(descriptor: int) -> socket.socket:
    made = socket.socket(fileno=descriptor)
    made.set_inheritable(False)
    made.setblocking(False)
    return made


def _address_of(given: socket.socket) -> object:
    name = given.getsockname()
    return tuple(name[:2]) if isinstance(name, tuple) else name


def _resolve(host: str, port: int) -> object:
    """The address that a socket bound to `host` and `port` has; None for a port to be chosen."""
    if not port:
        return None
    with suppress(OSError):  # `bind_socket` says what is wrong with it
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        flags = socket.AI_PASSIVE
        found = socket.getaddrinfo(host or None, port, family, socket.SOCK_STREAM, flags=flags)
        return tuple(found[0][4][:2])
    return None
