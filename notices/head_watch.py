"""The watch over chain heads: says when signed heads do not reach the place that services check.

The signer lies where the database's owner has no access, and may be dead; so whoever can read the
folder (`heads.folder`) compares. If the ledger has rows for `LATE_MS` that no head there covers, an
audit entry says so, and webhooks and mails follow from it. The entry is itself not covered while
the outage lasts, so it is written once for each outage, whichever process comes first.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from ledger import Ledger
from ledger.audit.head_statement import AUDIT, SignedHead
from ledger.notices.notice_sources import UNPUSHED
from stamps.errors import VeritemError

LATE_MS: Final = 15 * 60_000
_EVERY_SECONDS: Final = 60.0
_MINUTE_MS: Final = 60_000

_log = structlog.get_logger(__name__)

FindHead = Callable[[], SignedHead | None]
"""Finds the newest head of the folder; None before the first. Raises `VeritemError`."""


class HeadWatch:
    """Compares the ledger with the newest head outside, until it is stopped."""

    def __init__(self, ledger: Ledger, find_head: FindHead, clock: Callable[[], int]) -> None:
        self._ledger = ledger
        self._find_head = find_head
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Compare once a minute until `stop` is set."""
        while not stop.is_set():
            try:
                await self.compare()
            except VeritemError as refusal:
                _log.warning("chain heads not compared", why=str(refusal))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _EVERY_SECONDS)

    async def compare(self) -> bool:
        """Compare once; return whether an outage was recorded. Raises `VeritemError`."""
        head = await asyncio.to_thread(self._find_head)
        covered = head.statement.heads[AUDIT][0] if head is not None else 0
        audit, now = self._ledger.audit, self._clock()
        first = await audit.list_after(covered, 1)
        if not first or now - first[0].at < LATE_MS:
            return False
        known = await audit.find_last(UNPUSHED)
        if known is not None and known.seq > covered:
            return False
        minutes = (now - first[0].at) // _MINUTE_MS
        details = {"minutes": minutes}
        await audit.append(
            actor="notices", action=UNPUSHED, subject="chain_heads:audit", details=details
        )
        _log.error("chain heads are not pushed", minutes=minutes)
        return True
