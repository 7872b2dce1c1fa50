"""The direct journal (`direct://`): into the ledger, many waiting scans in one transaction.

One writer takes all that waits, appends it and only then lets the callers answer; while it
writes, the next group gathers. So a quiet service commits each scan by itself and a busy one
hundreds at once, with nothing to tune.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog

from detection.rules import Rules
from ledger import Ledger, Suspicion
from ledger.errors import StorageBusy, StorageFailed, StorageFull, StorageReadOnly
from resolver.batch_anomaly import find_leaked_batches
from resolver.current_rules import CurrentRules
from resolver.errors import NotRecorded, TooManyWaiting
from resolver.journal.port import Evidence

_GROUP: Final = 1_000
"""Scans in one transaction at most: keeps a commit within tens of milliseconds."""

_log = structlog.get_logger(__name__)

_Waiting = tuple[Evidence, "asyncio.Future[None]"]


class DirectJournal:
    """Writes to the ledger; at most `most` scans wait."""

    def __init__(self, ledger: Ledger, current_rules: CurrentRules, most: int) -> None:
        self._ledger = ledger
        self._current_rules = current_rules
        self._most = most
        self._waiting: deque[_Waiting] = deque()
        self._called = asyncio.Event()
        self._closing = False
        self._under_way = 0
        self._alerts: list[Evidence] = []
        self._writer = asyncio.create_task(self._write(), name="direct journal")

    @property
    def waiting(self) -> int:
        """Scans taken on that are not durable yet."""
        return len(self._waiting) + self._under_way

    async def record(self, evidence: Evidence) -> None:
        """See the port."""
        if self._closing:
            raise NotRecorded(why="the service is stopping")
        if self.waiting >= self._most:
            raise TooManyWaiting(waiting=self.waiting)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((evidence, done))
        self._called.set()
        # The scan is taken on: it is written even if the caller goes away meanwhile.
        await asyncio.shield(done)

    async def check(self) -> None:
        """See the port."""
        if self._closing or self._writer.done():
            raise NotRecorded(why="the journal is closed")
        if self.waiting >= self._most:
            raise TooManyWaiting(waiting=self.waiting)

    async def close(self) -> None:
        """Write what waits, then stop."""
        self._closing = True
        self._called.set()
        await self._writer

    async def _write(self) -> None:
        while True:
            await self._called.wait()
            self._called.clear()
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(_GROUP, len(self._waiting)))]
                self._under_way = len(group)
                await self._commit(group)
                self._under_way = 0
            if self._closing:
                return

    async def _commit(self, group: list[_Waiting]) -> None:
        try:
            await self._ledger.scans.append([evidence.scan for evidence, _ in group])
        except (StorageFull, StorageReadOnly, StorageBusy) as error:  # surely rolled back
            _log.error("scans not recorded", scans=len(group), why=str(error))
            self._tell(group, NotRecorded(why=str(error)))
        except Exception as error:  # whatever it is, it must reach those who wait
            _log.exception("scans perhaps not recorded", scans=len(group))
            self._tell(group, NotRecorded(why=type(error).__name__, unsure=True))
        else:
            self._alerts += [one for one, _ in group if one.alert or one.scan.anomalous]
            await self._report()
            self._tell(group, None)

    async def _report(self) -> None:
        """Report the alerts that are due; one that can not be now is tried with the next scans."""
        try:
            await report_suspicions(self._ledger, self._alerts, self._current_rules.rules)
            self._alerts.clear()
        except StorageFailed as error:
            _log.error("alerts not reported yet", alerts=len(self._alerts), why=str(error))
            del self._alerts[: -self._most]

    def _tell(self, group: list[_Waiting], refusal: NotRecorded | None) -> None:
        for _, done in group:
            if done.done():
                continue
            if refusal is None:
                done.set_result(None)
            else:
                done.set_exception(refusal)
                done.exception()  # a caller who went away does not make it an unheard error


async def report_suspicions(ledger: Ledger, group: Sequence[Evidence], rules: Rules) -> int:
    """Report what a group of scans shows to people, in one transaction; how many alerts it is in.

    A suspicious stamp has its alert, a batch that looks leaked has one too. The scans must be in
    the ledger; reporting them again adds nothing. Raises `StorageFailed`.
    """
    suspicions = await find_leaked_batches(ledger, [one.scan for one in group], rules)
    suspicions += [
        Suspicion("stamp", scan.batch, scan.index, scan.score, scan.reasons, (scan.id,), scan.at)
        for scan in (one.scan for one in group if one.alert)
    ]
    return len(await ledger.alerts.report_all(suspicions))
