"""The direct journal (`direct://`): scans into the ledger, many in one transaction.

One task takes all scans that wait, appends them and then lets their callers answer. The next group
gathers meanwhile. So a quiet service commits each scan by itself, a busy one hundreds together.
"""

import asyncio
from collections import deque
from typing import Final

import structlog

from ledger import Ledger, ScanRow
from ledger.storage.storage_errors import StorageBusy, StorageFailed, StorageFull, StorageReadOnly
from resolver.current_rules import CurrentRules
from resolver.errors import NotRecorded, TooManyWaiting
from resolver.journal.append_check import AppendCheck
from resolver.journal.evidence_check import EvidenceCheck
from resolver.journal.port import Evidence
from resolver.journal.suspicions import report_other_claims, report_suspicions
from stamps.key_ring import KeyRing

_GROUP: Final = 1_000
"""Largest number of scans in one transaction: a commit takes tens of milliseconds at most."""

_log = structlog.get_logger(__name__)

_Waiting = tuple[Evidence, "asyncio.Future[None]"]


class DirectJournal:
    """Writes scans to the ledger; at most `capacity` scans wait.

    `keys` open the codes of signed scans; without them signed scans are refused.
    """

    def __init__(
        self,
        ledger: Ledger,
        current_rules: CurrentRules,
        capacity: int,
        keys: KeyRing | None = None,
    ) -> None:
        self._ledger = ledger
        self._check = EvidenceCheck(ledger, keys)
        self._current_rules = current_rules
        self._capacity = capacity
        self._queue: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._in_commit = 0
        self._unreported: list[Evidence] = []
        self._report_has_failed = False
        self._append_check = AppendCheck(ledger)
        self._claims_due = True
        """Whether the ledger may have claims to report: those that a killed process left, too."""
        self._writer = asyncio.create_task(self._write(), name="direct journal")

    @property
    def waiting(self) -> int:
        """See the port."""
        return len(self._queue) + self._in_commit

    async def record(self, evidence: Evidence) -> None:
        """See the port."""
        if self._closing:
            raise NotRecorded(why="the service is stopping")
        if self.waiting >= self._capacity:
            raise TooManyWaiting(waiting=self.waiting)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((evidence, done))
        self._wake.set()
        # An accepted scan is written even if its caller is cancelled.
        await asyncio.shield(done)

    async def find(self, evidence: Evidence) -> bool | None:
        """See the port."""
        found = await self._find_group([evidence.scan])
        if found and evidence.concerns_people:
            self._unreported.append(evidence)
        return found

    async def report_claims(self) -> None:
        """See the port."""
        self._claims_due = True
        await self._report_claims()

    async def check(self) -> None:
        """See the port."""
        if self._closing or self._writer.done():
            raise NotRecorded(why="the journal is closed")
        if self.waiting >= self._capacity:
            raise TooManyWaiting(waiting=self.waiting)
        try:
            await self._append_check.check()
        except StorageFailed as error:
            raise NotRecorded(why=str(error)) from error

    async def close(self) -> None:
        """See the port."""
        self._closing = True
        self._wake.set()
        await self._writer

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                group = [self._queue.popleft() for _ in range(min(_GROUP, len(self._queue)))]
                self._in_commit = len(group)
                await self._commit(group)
                self._in_commit = 0
            if self._closing:
                return

    async def _commit(self, group: list[_Waiting]) -> None:
        try:
            group = await self._refuse_unproven(group)
            await self._ledger.scans.append([evidence.scan for evidence, _ in group])
        except StorageFailed as error:  # whoever answers the scan reports it
            self._append_check.note_failure()
            if isinstance(error, StorageFull | StorageReadOnly | StorageBusy):
                _resolve(group, NotRecorded(why=str(error)))
            else:
                await self._settle(group, str(error))
        except Exception as error:  # whatever it is, the callers must get an answer
            self._append_check.note_failure()
            _log.exception("scans perhaps not recorded", scans=len(group))
            await self._settle(group, type(error).__name__)
        else:
            self._append_check.note_commit()
            await self._finish(group)

    async def _finish(self, group: list[_Waiting]) -> None:
        """Report the alerts of a group that is in the ledger, and let its callers answer."""
        self._unreported += [one for one, _ in group if one.concerns_people]
        await self._report()
        await self._report_claims()
        _resolve(group, None)

    async def _settle(self, group: list[_Waiting], why: str) -> None:
        """Look up a group whose commit failed with an unknown end, and let its callers answer."""
        found = await self._find_group([evidence.scan for evidence, _ in group])
        if found:
            await self._finish(group)
        else:
            _resolve(group, NotRecorded(why=why, unsure=found is None))

    async def _find_group(self, rows: list[ScanRow]) -> bool | None:
        """Whether the rows of one transaction are in the ledger; None: that is not known yet.

        SQLite's transaction has ended when its call has. PostgreSQL's may be committed later than
        it is looked up, after the connection was lost: there only what is found is known.
        """
        try:
            stored = await self._ledger.scans.count_stored(rows)
        except StorageFailed:
            return None
        if stored == len(rows):
            return True
        return False if stored == 0 and self._ledger.is_sqlite else None

    async def _refuse_unproven(self, group: list[_Waiting]) -> list[_Waiting]:
        """Refuse what no enrolled device signed; return the others."""
        refused = await self._check.find_unproven([evidence for evidence, _ in group])
        if not refused:
            return group
        _log.error("scans not proven", why=[one.why for one in refused.values()])
        await self._check.record_refusals(list(refused.values()), "resolver")
        _resolve([group[number] for number in refused], NotRecorded(why="the scan is not proven"))
        return [waiting for number, waiting in enumerate(group) if number not in refused]

    async def _report(self) -> None:
        """Report alerts; those that cannot be reported now are tried with the next scans."""
        try:
            rules = self._current_rules.rules
            await report_suspicions(self._ledger, self._unreported, rules)
            self._unreported.clear()
            self._report_has_failed = False
        except StorageFailed as error:
            if not self._report_has_failed:
                _log.error("alerts not reported yet", why=str(error))
            self._report_has_failed = True
            del self._unreported[: -self._capacity]

    async def _report_claims(self) -> None:
        if not self._claims_due:
            return
        self._claims_due = False
        try:
            await report_other_claims(self._ledger, self._current_rules.rules)
        except StorageFailed as error:
            self._claims_due = True
            _log.error("claims not reported yet", why=str(error))


def _resolve(group: list[_Waiting], error: NotRecorded | None) -> None:
    """Let the callers of a group return, or raise `error` in them."""
    for _, done in group:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
            done.exception()  # marks it as retrieved: the caller may have been cancelled
