"""A flood of connections that send nothing: `python -m benchmarks.idle_connections PORT SECONDS`.

They come from ten addresses of the loopback network, and each address holds as many as a service
allows it. Prints how many were opened.
"""

import socket
import sys
import time
from collections import deque
from contextlib import suppress
from typing import Final

NETWORKS: Final = tuple(f"127.0.1.{n}" for n in range(1, 11))
_HELD: Final = 400
"""Connections that each network holds; then its oldest makes room."""


def open_connections(port: int, seconds: float) -> int:
    """Open connections as fast as they are accepted; return how many."""
    held: deque[socket.socket] = deque()
    opened, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        for source in NETWORKS:
            with suppress(OSError):
                connection = socket.create_connection(("127.0.0.1", port), 5, (source, 0))
                held.append(connection)
                opened += 1
        while len(held) > _HELD * len(NETWORKS):
            held.popleft().close()
    for connection in held:
        connection.close()
    return opened


if __name__ == "__main__":
    print(open_connections(int(sys.argv[1]), float(sys.argv[2])))
