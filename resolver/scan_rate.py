"""The measured scan rate: which share of the activated stamps is ever scanned, by product.

Where scanning is rare, a stamp with many scans is more likely to be copied (`Rules.scan_rate`). The
ledger counts by product and day the stamps that were activated and those that were scanned for the
first time. This module makes one rate of them. It errs to the higher rate, which means later alerts
and no more false ones:

- Scans count from the start of the window to now; activations count only once they have settled. So
  fruit packed today does not make scanning look rarer today.
- The configured rate weighs as much as `CONFIGURED_STAMPS` stamps (a Beta prior). A new product is
  judged by the configured rate.
- Uses the higher of the product's and the service's scan rate. So growers whose customers scan
  often are not judged by the customers of others, and nobody lowers the rate of one product below
  the service's by activating stamps of it.
- The result is never above the configured rate. Somebody with thousands of real codes can undo the
  measuring by scanning them, but cannot go beyond the operator's setting.

>>> days = [ProductDay(0, 1_000_000, 0), ProductDay(20 * DAY_MS, 0, 10_000)]
>>> now = 40 * DAY_MS
>>> round(measure_scan_rate([days], now, 0.1), 4)
0.0105
>>> measure_scan_rate([days, []], now, 0.1)  # a product without counts yet
0.1
>>> measure_scan_rate([days], 10 * DAY_MS, 0.1)  # nothing has settled
0.1
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log2
from typing import Final

from ledger import Ledger, ProductDay

DAY_MS: Final = 86_400_000
WINDOW_DAYS: Final = 90
"""Length of the window: one season of fruit."""
SETTLING_DAYS: Final = 14
"""Fresh fruit is eaten, and its stamp scanned if ever, so long after activation. In a steady trade
the rate is too high by 90 / 76 for it, which makes scores lower by a sixth of a nat."""
CONFIGURED_STAMPS: Final = 2_000
"""Weight of the configured rate, in stamps; ten times as many outweigh it."""
_STEPS_PER_HALVING: Final = 4


@dataclass(frozen=True, slots=True)
class ScanCounts:
    """Counts of a window: settled activated stamps, and stamps scanned for the first time."""

    activated: int
    scanned: int

    def estimate_rate(self, configured: float) -> float:
        """The scan rate, with the configured one as prior."""
        prior = CONFIGURED_STAMPS
        return (self.scanned + prior * configured) / (self.activated + prior)


def window_start(at: int) -> int:
    """The start of the window that ends at `at` (both ms)."""
    return at - WINDOW_DAYS * DAY_MS


def sum_settled_days(days: Iterable[ProductDay], at: int) -> ScanCounts:
    """The counts of the window that ends at `at` (ms)."""
    start, settled_before = window_start(at), at - SETTLING_DAYS * DAY_MS
    activated = scanned = 0
    for day in days:
        if start <= day.at <= at:
            scanned += day.scanned
            if day.at + DAY_MS <= settled_before:
                activated += day.activated
    return ScanCounts(activated, scanned)


def measure_scan_rate(units: Sequence[Iterable[ProductDay]], at: int, configured: float) -> float:
    """The scan rate at `at` (ms) from the days of the product and of the whole service.

    It is the configured rate halved in quarter steps: few distinct values, none below the estimate.
    """
    rate = max(sum_settled_days(days, at).estimate_rate(configured) for days in units)
    steps = floor(_STEPS_PER_HALVING * log2(configured / min(rate, configured)))
    return float(configured * 2.0 ** (-steps / _STEPS_PER_HALVING))


def select_units(
    product: str | None, days: Mapping[str | None, Sequence[ProductDay]]
) -> list[Sequence[ProductDay]]:
    """The days that a product's rate is measured by: its own and the whole service's (None)."""
    return [days.get(unit, []) for unit in {None, product}]


class ScanRates:
    """The measured rates of one process by product; each is measured once in `max_age_ms`."""

    def __init__(self, ledger: Ledger, max_age_ms: int) -> None:
        self._ledger = ledger
        self._max_age_ms = max_age_ms
        self._rates: dict[str | None, tuple[int, float]] = {}
        """Product → until when (ms) the rate is used, and the rate. Bounded by the registry."""

    async def get_rate(self, product: str | None, at: int, configured: float) -> float:
        """The rate of a product's stamps (None: of no product) at `at` (ms).

        Raises `StorageFailed`.
        """
        until, rate = self._rates.get(product, (0, configured))
        if until <= at:
            days = await self._ledger.product_days.list_since(window_start(at), {None, product})
            rate = measure_scan_rate(select_units(product, days), at, configured)
            self._rates[product] = at + self._max_age_ms, rate
        return rate
