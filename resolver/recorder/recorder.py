"""The recorder: takes evidence from the stream and writes it into the ledger.

Any number of recorders share one consumer group. Each takes a group of entries, appends their
scans in one transaction, reports all their alerts in another, and only then acknowledges and
deletes the entries. Killed anywhere, it leaves the entries pending: another recorder (or itself,
started again) claims them after `_CLAIM_MS` and writes them again, and what was there stays once.
What can not be read is put aside in a stream of its own, never dropped.
"""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import structlog
import uvloop
from aiohttp import web

from detection.rules import Rules
from ledger import Ledger, open_ledger
from ledger.errors import StorageFailed
from resolver.admin import metrics_of
from resolver.current_rules import CurrentRules
from resolver.journal.encoding import UnreadableEvidence, decode_evidence
from resolver.journal.port import Evidence
from resolver.journal.stream import FIELD, STREAM
from resolver.journal.suspicions import report_suspicions
from resolver.recorder.metrics import RecorderMetrics
from resolver.redis import RedisRefused, RedisStore, open_store
from resolver.settings import ResolverSettings
from resolver.sockets import bound, url_of

GROUP: Final = b"recorders"
REFUSED: Final = b"veritem:{scans}:refused"
_BLOCK_MS: Final = 500
_CLAIM_MS: Final = 5_000
_AGAIN_SECONDS: Final = 0.5
_LOOK_SECONDS: Final = 1.0
"""How often it looks for entries that others have left."""
_GATHER_SECONDS: Final = 0.05
"""What a group that was not full gathers before the next: at 2,000 scans a second groups of a
hundred take half of the processor time of groups of ten. It is also how much longer a scan stands
in Redis alone."""

_log = structlog.get_logger(__name__)

_Entry = tuple[bytes, bytes]


class Recorder:
    """One recorder; `name` tells it from the others of the group."""

    def __init__(
        self,
        store: RedisStore,
        ledger: Ledger,
        current_rules: CurrentRules,
        *,
        group: int,
        name: str = "",
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._current_rules = current_rules
        self._most = group
        self._name = (name or f"{socket.gethostname()}:{os.getpid()}").encode()
        self._grouped = False
        self._look_at = 0.0
        self.metrics = RecorderMetrics()

    async def run(self, stop: asyncio.Event) -> None:
        """Record until `stop` is set; what fails is tried again for as long as it takes."""
        while not stop.is_set():
            try:
                taken = await self.turn()
                if 0 < taken < self._most:
                    await asyncio.sleep(_GATHER_SECONDS)
            except (ConnectionError, RedisRefused, StorageFailed) as error:
                self._grouped = False
                self.metrics.retries[getattr(error, "code", "redis")] += 1
                _log.warning("not recorded yet", why=str(error))
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _AGAIN_SECONDS)

    async def turn(self) -> int:
        """Take entries once (others' forgotten ones first) and record them; how many it was.

        Raises ConnectionError, `RedisRefused`, `StorageFailed`; then they stay pending.
        """
        if not self._grouped:
            await self._make_group()
        entries: list[_Entry] = []
        if time.monotonic() >= self._look_at:
            _, claimed, *_ = await self._call(
                *(b"XAUTOCLAIM", STREAM, GROUP, self._name, _CLAIM_MS, b"0-0", b"COUNT", self._most)
            )
            entries = _entries(claimed)
            self.metrics.claimed += len(entries)
            if not entries:
                self._look_at = time.monotonic() + _LOOK_SECONDS
        if not entries:
            found = await self._call(
                *(b"XREADGROUP", b"GROUP", GROUP, self._name, b"COUNT", self._most),
                *(b"BLOCK", _BLOCK_MS, b"STREAMS", STREAM, b">"),
            )
            entries = _entries(found[0][1]) if found else []
        if entries:
            await self._record(entries)
        return len(entries)

    async def _record(self, entries: Sequence[_Entry]) -> None:
        evidence: list[Evidence] = []
        unreadable: list[bytes] = []
        for entry, encoded in entries:
            try:
                evidence.append(decode_evidence(encoded))
            except UnreadableEvidence as refusal:
                _log.error("evidence put aside", entry=entry.decode(), why=str(refusal))
                unreadable.append(encoded)
        began = time.perf_counter()
        await self._ledger.scans.append([one.scan for one in evidence])
        written = time.perf_counter()
        alerts = await report_suspicions(self._ledger, evidence, self._current_rules.rules)
        self.metrics.scans_seconds.add(written - began)
        if alerts:
            self.metrics.alerts += alerts
            self.metrics.alerts_seconds.add(time.perf_counter() - written)
        # Only now: a group that is tried again for an hour is not to put it aside each time.
        for encoded in unreadable:
            await self._call(b"XADD", REFUSED, b"*", FIELD, encoded)
        self.metrics.refused += len(unreadable)
        names = [entry for entry, _ in entries]
        await asyncio.gather(
            self._call(b"XACK", STREAM, GROUP, *names), self._call(b"XDEL", STREAM, *names)
        )
        self.metrics.recorded += len(names)
        self.metrics.groups.add(len(names))

    async def look(self) -> bytes:
        """The metrics, with how far behind the stream is just now."""
        counts = self.metrics
        counts.waiting = counts.put_aside = counts.lag_seconds = None
        with suppress(ConnectionError, RedisRefused):
            waiting, put_aside, oldest, (seconds, more) = await asyncio.gather(
                self._call(b"XLEN", STREAM),
                self._call(b"XLEN", REFUSED),
                self._call(b"XRANGE", STREAM, b"-", b"+", b"COUNT", 1),
                self._call(b"TIME"),
            )
            now = int(seconds) * 1000 + int(more) // 1000
            # An entry's id begins with Redis' own time (ms) when it was added.
            since = int(oldest[0][0].partition(b"-")[0]) if oldest else now
            counts.waiting, counts.put_aside = waiting, put_aside
            counts.lag_seconds = max(now - since, 0) / 1000
        return counts.exposition()

    async def _make_group(self) -> None:
        try:
            await self._call(b"XGROUP", b"CREATE", STREAM, GROUP, b"0", b"MKSTREAM")
        except RedisRefused as refusal:
            if not str(refusal).startswith("BUSYGROUP"):
                raise
        self._grouped = True

    async def _call(self, *words: bytes | int) -> Any:
        return await self._store.call(STREAM, *words)


def _entries(found: Sequence[Any]) -> list[_Entry]:
    """Entries as `(id, evidence)`; one deleted meanwhile has no fields and is left out."""
    return [(entry, fields[1]) for entry, fields in found if fields]


def run_recorder(
    settings: ResolverSettings,
    rules: Callable[[], Rules],
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Record from the stream at `settings.journal` into `settings.ledger` until SIGTERM.

    `rules` is called at the start and at each SIGHUP; `ready` is called with the address of the
    metrics. Raises `AddressTaken`.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run_recorder(settings, rules, ready))


async def _run_recorder(
    settings: ResolverSettings, rules: Callable[[], Rules], ready: Callable[[str], None]
) -> None:
    listening = bound(settings.admin_host, settings.recorder_admin_port)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    current_rules = CurrentRules(rules())
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    loop.add_signal_handler(signal.SIGHUP, current_rules.reload, rules)
    store = open_store(settings.journal)
    async with await open_ledger(settings.ledger) as ledger:
        with suppress(ConnectionError):  # it goes on trying by itself
            await store.ready()
        recorder = Recorder(store, ledger, current_rules, group=settings.recorder_group)
        admin = web.AppRunner(metrics_of(recorder.look), access_log=None)
        await admin.setup()
        await web.SockSite(admin, listening).start()
        ready(url_of(listening))
        await recorder.run(stop)
        await admin.cleanup()
    await store.close()
