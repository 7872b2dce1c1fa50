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
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import structlog
import uvloop

from ledger import Ledger, open_ledger
from ledger.errors import StorageFailed
from resolver.journal.direct import report
from resolver.journal.port import Evidence
from resolver.journal.stream import FIELD, STREAM
from resolver.journal.wording import UnreadableEvidence, read
from resolver.redis import RedisRefused, RedisStore, open_store
from resolver.settings import ResolverSettings
from stamps.rules import Rules

GROUP: Final = b"recorders"
REFUSED: Final = b"veritem:{scans}:refused"
_BLOCK_MS: Final = 500
_CLAIM_MS: Final = 5_000
_AGAIN_SECONDS: Final = 0.5

_log = structlog.get_logger(__name__)

_Entry = tuple[bytes, bytes]


class Recorder:
    """One recorder; `name` tells it from the others of the group."""

    def __init__(
        self, store: RedisStore, ledger: Ledger, rules: Rules, *, group: int, name: str = ""
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._rules = rules
        self._most = group
        self._name = (name or f"{socket.gethostname()}:{os.getpid()}").encode()
        self._grouped = False
        self.recorded = 0
        """Entries acknowledged so far."""

    async def run(self, stop: asyncio.Event) -> None:
        """Record until `stop` is set; what fails is tried again for as long as it takes."""
        while not stop.is_set():
            try:
                await self.turn()
            except (ConnectionError, RedisRefused, StorageFailed) as error:
                self._grouped = False
                _log.warning("not recorded yet", why=str(error))
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _AGAIN_SECONDS)

    async def turn(self) -> int:
        """Take entries once (others' forgotten ones first) and record them; how many it was.

        Raises ConnectionError, `RedisRefused`, `StorageFailed`; then they stay pending.
        """
        if not self._grouped:
            await self._make_group()
        _, claimed, *_ = await self._call(
            *(b"XAUTOCLAIM", STREAM, GROUP, self._name, _CLAIM_MS, b"0-0", b"COUNT", self._most)
        )
        entries = _entries(claimed)
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
        for entry, worded in entries:
            try:
                evidence.append(read(worded))
            except UnreadableEvidence as refusal:
                _log.error("evidence put aside", entry=entry.decode(), why=str(refusal))
                await self._call(b"XADD", REFUSED, b"*", FIELD, worded)
        await self._ledger.scans.append([one.scan for one in evidence])
        await report(self._ledger, evidence, self._rules)
        names = [entry for entry, _ in entries]
        await asyncio.gather(
            self._call(b"XACK", STREAM, GROUP, *names), self._call(b"XDEL", STREAM, *names)
        )
        self.recorded += len(names)

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


def record(
    settings: ResolverSettings, rules: Rules, ready: Callable[[], None] = lambda: None
) -> None:
    """Record from the stream at `settings.journal` into `settings.ledger` until SIGTERM."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_record(settings, rules, ready))


async def _record(settings: ResolverSettings, rules: Rules, ready: Callable[[], None]) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    store = open_store(settings.journal)
    async with await open_ledger(settings.ledger) as ledger:
        with suppress(ConnectionError):  # it goes on trying by itself
            await store.ready()
        ready()
        await Recorder(store, ledger, rules, group=settings.recorder_group).run(stop)
    await store.close()
