"""Errors of the Redis client, beside ConnectionError for a connection that was lost.

`REACTIONS` decides what an error reply means for the connection. A code that is not in it concerns
one command: the connection stays, and the caller gets `RedisRefused`. Among those are

- `OOM` (memory is full) and `MISCONF` (the disk does not take the data): it is still the right
  server, and its answers to reads are right.
- `NOPERM`, `BUSY`, `NOSCRIPT`, `TRYAGAIN`, `ERR`: another connection would get the same reply.
"""

import re
from enum import Enum
from typing import Final


class Reaction(Enum):
    """Reaction of the client's connection to an error reply."""

    RECONNECT = "reconnect"
    """The server is not the primary, or knows no current data. The connection is dropped and opened
    anew, so that a DNS name or a proxy can lead to the right server."""
    RELOAD_SLOTS = "reload the slots"
    """The node does not serve the slot. The map of slots is read again."""


REACTIONS: Final[dict[str, Reaction]] = {
    # A primary that became a replica: its writes are refused, its reads may be old.
    "READONLY": Reaction.RECONNECT,
    # A replica that has lost its primary and may not answer with old data.
    "MASTERDOWN": Reaction.RECONNECT,
    # The server reads its file after a start.
    "LOADING": Reaction.RECONNECT,
    # A primary without the replicas that it must have: perhaps another one was elected meanwhile.
    "NOREPLICAS": Reaction.RECONNECT,
    # The password changed and this connection did not give it, or not the new one.
    "NOAUTH": Reaction.RECONNECT,
    # Slots have no owner: a fail-over is under way, or this node is on the minority's side.
    "CLUSTERDOWN": Reaction.RELOAD_SLOTS,
}

# Before Redis 7 the error of a command within a script is in the middle of the script's.
_IN_SCRIPT: Final = re.compile(r"ERR Error running script .*?-([A-Z]+) ")


class RedisRefused(Exception):
    """The server answered with an error; `args[0]` is its text, which begins with a code."""

    @property
    def code(self) -> str:
        """The code: the first word, `READONLY` for example.

        >>> RedisRefused("ERR Error running script (f_1): @user_script: 7: -READONLY You …").code
        'READONLY'
        """
        text = str(self)
        found = _IN_SCRIPT.match(text)
        return found[1] if found is not None else text.partition(" ")[0]


class NotRun(ConnectionError):
    """There was no connection to send the command on: the server has not run it."""


class UnfitServer(NotRun):
    """The server refused the command by its role or state (`REACTIONS`); it has not run it."""
