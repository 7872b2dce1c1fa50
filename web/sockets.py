"""Listening TCP sockets: bind one, and say its URL."""

import socket

from web.errors import AddressTaken


def bind_socket(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A bound TCP socket that does not listen yet.

    `shared` lets several processes listen on one port (SO_REUSEPORT). Port 0 takes a free one.
    Raises `AddressTaken`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise AddressTaken(address=f"{host}:{port}", why=error.strerror or str(error)) from error
    made.setblocking(False)
    return made


def socket_url(listening: socket.socket) -> str:
    """The URL of a bound socket: `http://host:port`."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
