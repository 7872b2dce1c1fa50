"""Keeper of figures: folds what happened into facts, and writes what the public is told.

It runs in each process of the desk. Several do no harm: a fold is one transaction with its
positions, and the public snapshot of a quarter is written once.
"""

from collections.abc import Callable
from typing import Final

import structlog

from ledger import Ledger
from services.figures.public import publish_figures
from services.repetition import repeat_forever

POLL_SECONDS: Final = 3.0
"""How long what happened waits to be counted."""
_PUBLISH_EVERY_MS: Final = 3_600_000

_log = structlog.get_logger(__name__)


class FigureKeeper:
    """Folds and publishes for one ledger."""

    def __init__(self, ledger: Ledger, clock: Callable[[], int]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._published_at = -_PUBLISH_EVERY_MS

    async def run(self) -> None:
        """Fold and publish until cancelled; a ledger that fails is tried again."""
        await repeat_forever(
            self._fold_and_publish, seconds=POLL_SECONDS, log=_log, trouble="figures wait"
        )

    async def _fold_and_publish(self) -> None:
        await self._ledger.figures.fold()
        if self._clock() - self._published_at >= _PUBLISH_EVERY_MS:
            await publish_figures(self._ledger, self._clock())
            self._published_at = self._clock()
