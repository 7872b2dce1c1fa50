"""How much one network may ask of us: fixed windows, counted in a bounded table."""

from typing import Final

from resolver.clock import Clock
from web.errors import TooManyRequests

_WINDOW_MS: Final = 60_000


class NetworkLimit:
    """At most `most` a minute from one network; counts at most `networks` networks.

    When more networks come in one minute than there is room for, those that came last are not
    counted: a flood from everywhere is the front proxy's matter, and nobody honest is refused.
    """

    def __init__(self, clock: Clock, most: int, networks: int = 100_000) -> None:
        self._clock = clock
        self._most = most
        self._networks = networks
        self._window = 0
        self._counts: dict[str, int] = {}

    def take(self, network: str) -> None:
        """Count one request. Raises `TooManyRequests`, with the seconds left of the minute."""
        now = self._clock()
        window = now // _WINDOW_MS
        if window != self._window:
            self._window, self._counts = window, {}
        count = self._counts.get(network, 0)
        if count >= self._most:
            raise TooManyRequests(seconds=60 - now % _WINDOW_MS // 1000)
        if count or len(self._counts) < self._networks:
            self._counts[network] = count + 1
