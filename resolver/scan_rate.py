"""How common scanning is, measured from the ledger's counts: the share that the judge starts from.

Where few stamps are ever scanned, one with many scans is the likelier to be copied
(`Rules.scan_rate`). The ledger counts by product and day how many stamps were activated and how
many were scanned for the first time. Here that becomes one share for a product's stamps, always
erring to the careful side, which is the larger share: alerts later, and no more false ones.

- Scans count from the first day of the window to now, activations only once they have settled: who
  packs a season's fruit today has not made scanning rarer today.
- The configured share counts as so many stamps of its own (a Beta prior), so a product that was
  just begun is judged as configured.
- Of the product's share and the whole service's the larger counts. Growers whose customers scan
  much are not judged by others' customers; and nobody who can activate stamps of one product,
  however many, makes the judge of it hastier than of all the others.
- It is never above the configured share: whoever has thousands of real codes to scan can undo the
  measuring, and not the operator's own word.

>>> many = [ScanningDay(0, 1_000_000, 0), ScanningDay(20 * DAY_MS, 0, 10_000)]
>>> now = 40 * DAY_MS
>>> round(measured([many], now, 0.1), 4)
0.0105
>>> measured([many, []], now, 0.1)  # a product of which nothing is known yet
0.1
>>> measured([many], 10 * DAY_MS, 0.1)  # nothing has settled
0.1
"""

from collections.abc import Iterable, Mapping, Sequence
from math import floor, log2
from typing import Final, NamedTuple

from ledger import Ledger, ScanningDay

DAY_MS: Final = 86_400_000
WINDOW_DAYS: Final = 90
"""How far back is counted: a season of fruit, and not the year before."""
SETTLING_DAYS: Final = 14
"""How long after its activation a stamp must have been seen if ever: fresh fruit is eaten by then.
In a steady trade the share is too large by 90 / 76 for it, a sixth of a nat to the careful side."""
CONFIGURED_STAMPS: Final = 2_000
"""So many stamps' worth the configured share is believed; ten times as many outweigh it."""
_STEPS_A_HALVING: Final = 4


class Scanned(NamedTuple):
    """What the window holds: stamps activated and settled, stamps scanned for the first time."""

    activated: int
    scanned: int

    def share(self, configured: float) -> float:
        """The share that they and the configured one make together."""
        believed = CONFIGURED_STAMPS
        return (self.scanned + believed * configured) / (self.activated + believed)


def since(at: int) -> int:
    """When the window that ends at `at` began (both in ms)."""
    return at - WINDOW_DAYS * DAY_MS


def settled(days: Iterable[ScanningDay], at: int) -> Scanned:
    """What the days of the window that ends at `at` (ms) come to."""
    began, long_ago = since(at), at - SETTLING_DAYS * DAY_MS
    activated = scanned = 0
    for day in days:
        if began <= day.at <= at:
            scanned += day.scanned
            if day.at + DAY_MS <= long_ago:
                activated += day.activated
    return Scanned(activated, scanned)


def measured(units: Sequence[Iterable[ScanningDay]], at: int, configured: float) -> float:
    """The share to judge by at `at` (ms), of the days of a product and of the whole service.

    It is the configured one, or that halved so many quarter times: a few values, each of them not
    below what was measured.
    """
    share = max(settled(days, at).share(configured) for days in units)
    steps = floor(_STEPS_A_HALVING * log2(configured / min(share, configured)))
    return float(configured * 2.0 ** (-steps / _STEPS_A_HALVING))


def units_of(
    product: str | None, days: Mapping[str | None, Sequence[ScanningDay]]
) -> list[Sequence[ScanningDay]]:
    """The days that a product's share is measured by: its own, and the whole service's."""
    return [days.get(unit, []) for unit in {None, product}]


class ScanRates:
    """The measured shares of one process, by product; each is asked for once in so many ms."""

    def __init__(self, ledger: Ledger, kept_ms: int) -> None:
        self._ledger = ledger
        self._kept_ms = kept_ms
        self._known: dict[str | None, tuple[int, float]] = {}

    async def of(self, product: str | None, at: int, configured: float) -> float:
        """The share of a product's stamps (None: of no product) at `at` (ms).

        Raises `StorageFailed`.
        """
        until, share = self._known.get(product, (0, configured))
        if until <= at:
            days = await self._ledger.scanning.days(since(at), {None, product})
            share = measured(units_of(product, days), at, configured)
            self._known[product] = at + self._kept_ms, share
        return share
