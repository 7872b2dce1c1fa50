"""Budgets of reports: what one network, one code and everybody may send in a day.

A report over a soft budget is kept and marked as crowded; the inbox shows it apart, so whoever
sends many hides nobody else's. Over a hard budget it is refused, so nobody fills the disk. Networks
are counted as witnesses (an IPv4 address, the /48 of an IPv6 address).
"""

from typing import Final

from ledger.clock import Clock
from resolver.privacy.rate_limit import KeyedCounter
from web.errors import TooManyRequests
from web.request_counter import RequestCounter

_DAY_MS: Final = 86_400_000
_OF_NETWORK: Final = 10
"""Reports of one network in a day that count as those of single persons. Thousands of people share
an address behind a carrier's NAT; few of them report."""
_OF_CODE: Final = 50
"""Reports about one code in a day that count as those of single persons."""
_MOST_OF_NETWORK: Final = 100
_PHOTOS_OF_NETWORK: Final = 5
"""Photos of one network in a day; further ones are left out, and their reports are kept."""
_PHOTOS_OF_CODE: Final = 20
_PHOTOS_OF_ALL: Final = 500
_MOST_OF_ALL: Final = 20_000


class ReportBudget:
    """Counts reports."""

    def __init__(self, counter: RequestCounter, clock: Clock, *, secret: bytes) -> None:
        self._networks = KeyedCounter(counter, clock, secret, "report network", _DAY_MS)
        self._codes = KeyedCounter(counter, clock, secret, "report code", _DAY_MS)
        self._all = KeyedCounter(counter, clock, secret, "reports", _DAY_MS)
        self._network_photos = KeyedCounter(counter, clock, secret, "photo network", _DAY_MS)
        self._code_photos = KeyedCounter(counter, clock, secret, "photo code", _DAY_MS)
        self._photos = KeyedCounter(counter, clock, secret, "photos", _DAY_MS)

    async def count_report(self, network: str, code: str) -> bool:
        """Count a report; return whether it is crowded. Raises `TooManyRequests`."""
        network_count, seconds = await self._networks.increment(network)
        if network_count > _MOST_OF_NETWORK:
            raise TooManyRequests(seconds=seconds)
        total, seconds = await self._all.increment("")
        if total > _MOST_OF_ALL:
            raise TooManyRequests(seconds=seconds)
        of_code, _ = await self._codes.increment(code)
        return network_count > _OF_NETWORK or of_code > _OF_CODE

    async def count_photo(self, network: str, code: str) -> bool:
        """Count a photo; return whether it may be taken."""
        of_network, _ = await self._network_photos.increment(network)
        if of_network > _PHOTOS_OF_NETWORK:
            return False
        of_code, _ = await self._code_photos.increment(code)
        if of_code > _PHOTOS_OF_CODE:
            return False
        total, _ = await self._photos.increment("")
        return total <= _PHOTOS_OF_ALL
