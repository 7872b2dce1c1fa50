"""Intake of reports: files what arrived, and erases what has been kept long enough.

It runs in each process of the desk. Several do no harm: the ledger files a report once, and
erasing twice erases once. A killed one leaves what it did not do to the next.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from ledger import Ledger
from stamps.errors import VeritemError

POLL_SECONDS: Final = 2.0
"""How long a report waits to be filed."""
_ERASE_EVERY_MS: Final = 3_600_000
_DAY_MS: Final = 86_400_000

_log = structlog.get_logger(__name__)


class ReportIntake:
    """Files and erases for one ledger.

    `erase_days` after its group is closed a contact is erased, and after `most_days` in any case.
    """

    def __init__(
        self, ledger: Ledger, clock: Callable[[], int], *, erase_days: int, most_days: int
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._erase_ms = erase_days * _DAY_MS
        self._most_ms = most_days * _DAY_MS

    async def run(self) -> None:
        """File and erase until cancelled; a ledger that fails is tried again."""
        erased_at = -_ERASE_EVERY_MS
        while True:
            try:
                await self.file()
                if self._clock() - erased_at >= _ERASE_EVERY_MS:
                    await self.erase()
                    erased_at = self._clock()
            except VeritemError as error:
                _log.warning("reports wait", why=str(error))
            await asyncio.sleep(POLL_SECONDS)

    async def file(self) -> int:
        """File all reports that arrived; return how many."""
        filed = 0
        while await self._ledger.report_groups.has_arrivals():
            filed += await self._ledger.report_groups.file_arrivals()
        return filed

    async def erase(self) -> int:
        """Erase the contacts that are due; return how many."""
        now = self._clock()
        return await self._ledger.report_groups.erase_contacts(
            closed_before=now - self._erase_ms, left_before=now - self._most_ms
        )
