"""One recorder: takes groups of scans from the stream and writes them to the ledger.

Any number of recorders share one consumer group. Each takes a group of entries, appends their scans
in one transaction, reports their alerts in another, and then acknowledges and deletes the entries.
Scans of enrolled devices are proven again first (`resolver.journal.evidence_check`): the stream is
as trustworthy as every process that writes to it. What is not proven is never written; it is noted
in the audit log.

A recorder that is killed leaves its entries pending. Another one (or itself, restarted) claims them
after `_CLAIM_MS` and writes them again; what the ledger has already stays once. Entries that can
not be read, or are not proven, are moved to a stream of their own, never dropped.
"""

import asyncio
import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import structlog

from ledger import Ledger
from ledger.storage.storage_errors import StorageFailed
from resolver.current_rules import CurrentRules
from resolver.dependency_health import HealthMonitor, in_turn
from resolver.journal.append_check import AppendCheck
from resolver.journal.encoding import UnreadableEvidence, decode_evidence
from resolver.journal.evidence_check import EvidenceCheck
from resolver.journal.port import Evidence
from resolver.journal.stream import FIELD, STREAM, check_stream, make_refused_key, make_stream_key
from resolver.journal.suspicions import report_other_claims, report_suspicions
from resolver.recorder.metrics import RecorderMetrics
from resolver.redis import RedisRefused, RedisStore
from resolver.redis.server_settings import EvidenceSettings, to_family
from stamps.key_ring import KeyRing

GROUP: Final = b"recorders"
REFUSED: Final = make_refused_key(STREAM)
_BLOCK_MS: Final = 500
"""Time for which Redis holds a read of an empty stream."""
_CLAIM_MS: Final = 5_000
_RETRY_SECONDS: Final = 0.5
_CLAIM_SECONDS: Final = 1.0
"""Time between two searches for entries that others left pending."""
_REPORT_CLAIMS_SECONDS: Final = 1.0
"""Time between two searches for claims of stamps whose PIN others know."""
_GATHER_SECONDS: Final = 0.05
"""Pause after a group that was not full. At 2,000 scans/s groups of 100 take half the processor
time of groups of 10 (measured). A scan stays so much longer in Redis alone."""

_log = structlog.get_logger(__name__)

_Entry = tuple[bytes, bytes]
"""Id of an entry of the stream, and its encoded evidence."""


class Recorder:
    """A member of the consumer group; `name` must differ from the other members' names.

    `keys` open the codes of signed scans; without them signed scans are refused. `loss_accepted`
    takes a Redis without an append-only file. `generation` is the id of the ledger's generation:
    the streams of others are left alone.
    """

    def __init__(
        self,
        store: RedisStore,
        ledger: Ledger,
        current_rules: CurrentRules,
        *,
        group_size: int,
        name: str = "",
        keys: KeyRing | None = None,
        loss_accepted: bool = False,
        generation: str = "",
    ) -> None:
        self._stream = make_stream_key(generation)
        self._refused = make_refused_key(self._stream)
        self._store = store
        self._ledger = ledger
        self._current_rules = current_rules
        self._check = EvidenceCheck(ledger, keys)
        self._append_check = AppendCheck(ledger)
        self._group_size = group_size
        self._name = (name or f"{socket.gethostname()}:{os.getpid()}").encode()
        self._group_exists = False
        self._claim_at = 0.0
        self._report_claims_at = 0.0
        self.metrics = RecorderMetrics()
        self.evidence_settings = EvidenceSettings(store, loss_accepted=loss_accepted)
        check_journal = in_turn(self._check_journal, self.evidence_settings.check)
        self.health = HealthMonitor({"ledger": self._append_check.check, "journal": check_journal})
        self.metrics.families.append(self.health.to_family)
        self.metrics.families.append(lambda: to_family({"journal": self.evidence_settings}))

    async def run(self, stop: asyncio.Event) -> None:
        """Record until `stop` is set; a group that fails is retried without end."""
        while not stop.is_set():
            try:
                recorded = await self.record_group()
                if 0 < recorded < self._group_size:
                    await asyncio.sleep(_GATHER_SECONDS)
            except (ConnectionError, RedisRefused, StorageFailed) as error:
                self._group_exists = False
                self.metrics.retries[getattr(error, "code", "redis")] += 1
                self._append_check.note_failure()
                failed = "ledger" if isinstance(error, StorageFailed) else "journal"
                self.health.report_failure(failed, error)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _RETRY_SECONDS)

    async def record_group(self) -> int:
        """Take entries (first those that others left pending), record them, return their number.

        Raises ConnectionError, `RedisRefused`, `StorageFailed`; then the entries stay pending.
        """
        if not self._group_exists:
            await self._create_group()
        entries = await self._claim_entries() or await self._read_entries()
        if entries:
            await self._record(entries)
        if time.monotonic() >= self._report_claims_at:
            await self._report_claims()
            self._report_claims_at = time.monotonic() + _REPORT_CLAIMS_SECONDS
        return len(entries)

    async def _report_claims(self) -> None:
        """Report who else knows the PIN of a claimed stamp; the ledger keeps what is not yet."""
        try:
            alerts = await report_other_claims(self._ledger, self._current_rules.rules)
        except StorageFailed as error:
            _log.warning("claims not reported yet", why=str(error))
        else:
            self.metrics.alerts += alerts

    async def _claim_entries(self) -> list[_Entry]:
        if time.monotonic() < self._claim_at:
            return []
        _, claimed, *_ = await self._call(
            b"XAUTOCLAIM",
            self._stream,
            GROUP,
            self._name,
            _CLAIM_MS,
            b"0-0",
            b"COUNT",
            self._group_size,
        )
        entries = _parse_entries(claimed)
        self.metrics.claimed += len(entries)
        if not entries:
            self._claim_at = time.monotonic() + _CLAIM_SECONDS
        return entries

    async def _read_entries(self) -> list[_Entry]:
        reply = await self._call(
            b"XREADGROUP",
            b"GROUP",
            GROUP,
            self._name,
            b"COUNT",
            self._group_size,
            b"BLOCK",
            _BLOCK_MS,
            b"STREAMS",
            self._stream,
            b">",
        )
        return _parse_entries(reply[0][1]) if reply else []

    async def _record(self, entries: Sequence[_Entry]) -> None:
        group: list[Evidence] = []
        readable: list[_Entry] = []
        put_aside: list[bytes] = []
        for entry_id, encoded in entries:
            try:
                group.append(decode_evidence(encoded))
                readable.append((entry_id, encoded))
            except UnreadableEvidence as error:
                _log.error("evidence put aside", entry=entry_id.decode(), why=str(error))
                put_aside.append(encoded)
        began = time.perf_counter()
        unproven = await self._check.find_unproven(group)
        if unproven:
            for number, one in unproven.items():
                _log.error("scan not proven", entry=readable[number][0].decode(), why=one.why)
                put_aside.append(readable[number][1])
            group = [one for number, one in enumerate(group) if number not in unproven]
        await self._ledger.scans.append([one.scan for one in group])
        self._append_check.note_commit()
        appended = time.perf_counter()
        alerts = await report_suspicions(self._ledger, group, self._current_rules.rules)
        self.metrics.scans_seconds.observe(appended - began)
        if alerts:
            self.metrics.alerts += alerts
            self.metrics.alerts_seconds.observe(time.perf_counter() - appended)
        # After the ledger: a group that is retried for an hour puts its entries aside once.
        if unproven:
            await self._check.record_refusals(list(unproven.values()), "recorder")
            for one in unproven.values():
                self.metrics.unproven[one.why] += 1
        for encoded in put_aside:
            await self._call(b"XADD", self._refused, b"*", FIELD, encoded)
        self.metrics.refused += len(put_aside)
        ids = [entry_id for entry_id, _ in entries]
        await asyncio.gather(
            self._call(b"XACK", self._stream, GROUP, *ids), self._call(b"XDEL", self._stream, *ids)
        )
        self.metrics.recorded += len(ids)
        self.metrics.group_sizes.observe(len(ids))

    async def _check_journal(self) -> None:
        await check_stream(self._store)

    async def render_metrics(self) -> bytes:
        """The metrics in Prometheus' text format, with the present length and lag of the stream."""
        metrics = self.metrics
        metrics.waiting = metrics.put_aside = metrics.lag_seconds = None
        with suppress(ConnectionError, RedisRefused):
            waiting, put_aside, oldest, (seconds, microseconds) = await asyncio.gather(
                self._call(b"XLEN", self._stream),
                self._call(b"XLEN", self._refused),
                self._call(b"XRANGE", self._stream, b"-", b"+", b"COUNT", 1),
                self._call(b"TIME"),
            )
            now = int(seconds) * 1000 + int(microseconds) // 1000
            # The id of an entry begins with Redis' time (ms) when it was added.
            since = int(oldest[0][0].partition(b"-")[0]) if oldest else now
            metrics.waiting, metrics.put_aside = waiting, put_aside
            metrics.lag_seconds = max(now - since, 0) / 1000
        return metrics.render()

    async def _create_group(self) -> None:
        try:
            await self._call(b"XGROUP", b"CREATE", self._stream, GROUP, b"0", b"MKSTREAM")
        except RedisRefused as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        self._group_exists = True

    async def _call(self, *words: bytes | int) -> Any:
        return await self._store.call(self._stream, *words)


def _parse_entries(reply: Sequence[Any]) -> list[_Entry]:
    """Entries of a reply; an entry that was deleted meanwhile has no fields and is left out."""
    return [(entry_id, fields[1]) for entry_id, fields in reply if fields]
