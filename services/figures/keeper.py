"""Keeper of figures: folds what happened into facts, and writes what the public is told.

It runs in each process of the desk. Several do no harm: a fold is one transaction with its
positions, and the public snapshot of a quarter is written once.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from ledger import Ledger
from services.figures.public import publish_figures
from stamps.errors import VeritemError

POLL_SECONDS: Final = 3.0
"""How long what happened waits to be counted."""
_PUBLISH_EVERY_MS: Final = 3_600_000

_log = structlog.get_logger(__name__)


class FigureKeeper:
    """Folds and publishes for one ledger."""

    def __init__(self, ledger: Ledger, clock: Callable[[], int]) -> None:
        self._ledger = ledger
        self._clock = clock

    async def run(self) -> None:
        """Fold and publish until cancelled; a ledger that fails is tried again."""
        published_at = -_PUBLISH_EVERY_MS
        while True:
            try:
                await self._ledger.figures.fold()
                if self._clock() - published_at >= _PUBLISH_EVERY_MS:
                    await publish_figures(self._ledger, self._clock())
                    published_at = self._clock()
            except VeritemError as error:
                _log.warning("figures wait", why=str(error))
            await asyncio.sleep(POLL_SECONDS)
