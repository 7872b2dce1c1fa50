"""What a scan must know is already here: the hot batches' spans and lots, kept fresh.

A batch is loaded from the ledger on its first use, once for all who wait for it, and stays. The
ledger's changes are followed: a transition reloads its batch, a lot that was put reloads itself and the
batches that it is on. Where the ledger can tell (PostgreSQL), a change is seen as it is committed,
and polls are only the net below that; where it can not, or while the listening connection is lost,
polls every `refresh_seconds` are all there is. Either way a recall is seen by every process within
a second. When the ledger does not answer, hot batches go on as they were, and after
`stale_seconds` every answer says so; a cold batch is `Unavailable`. Whatever the changes say, what
is older than `_KEPT_SECONDS` is loaded anew.

Numbers of batches that were never issued are remembered for a moment, a bounded number of them,
so that whoever holds leaked keys can not send each guess to the ledger.
"""

import asyncio
from bisect import bisect_right
from collections import Counter, OrderedDict
from collections.abc import Collection
from contextlib import suppress
from typing import Final

import structlog

from ledger import Batch, Heads, Ledger
from ledger.errors import StorageFailed, UnknownBatch, UnknownLot
from resolver.batch_anomaly import fold_batch_days
from resolver.clock import Clock
from resolver.current_rules import CurrentRules
from resolver.errors import Unavailable
from resolver.scan_rate import ScanRates
from resolver.single_flight import SingleFlight
from resolver.stamp_state import CachedLot, StampState, build_stamp_state
from stamps.errors import UnknownCode
from traceability.lot import Lot

_KEPT_SECONDS: Final = 60
_UNKNOWN_SECONDS: Final = 5
_UNKNOWN_MOST: Final = 100_000
_RELAXED: Final = 3
"""While we are told of changes, polls are so many times rarer (and still within a second)."""
_BREATH_SECONDS: Final = 0.02
"""Between two looks at the least, however many changes are told: packers' transitions come in bursts."""
_LISTEN_AGAIN_SECONDS: Final = 0.5

_log = structlog.get_logger(__name__)


class _HotBatch:
    """One batch's spans: `firsts[n]` is the first index of the stamps that `standings[n]` says."""

    __slots__ = ("count", "epoch", "firsts", "load", "loaded_at", "lots", "standings")

    def __init__(
        self,
        batch: Batch,
        firsts: list[int],
        standings: list[StampState],
        lots: frozenset[str],
        load: int,
        loaded_at: int,
    ) -> None:
        self.count = batch.count
        self.epoch = batch.epoch
        self.firsts = firsts
        self.standings = standings
        self.lots = lots
        self.load = load
        self.loaded_at = loaded_at


class BatchCache:
    """The hot batches of one process. `follow` must be running."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        current_rules: CurrentRules,
        *,
        batches: int,
        lots: int,
        refresh_seconds: float,
        stale_seconds: float,
        measure_share: bool,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._current_rules = current_rules
        self._loaded_by = current_rules.rules
        """The rules that the cached batches' evidence was computed with."""
        self._shares = ScanRates(ledger, _KEPT_SECONDS * 1000) if measure_share else None
        self._most = batches
        self._most_lots = lots
        self._refresh = refresh_seconds
        self._stale_ms = int(stale_seconds * 1000)
        # Ordered: a plain dictionary finds its oldest entry more slowly the more were taken out.
        self._batches: OrderedDict[int, _HotBatch] = OrderedDict()
        self._lots: OrderedDict[str, tuple[int, int, CachedLot]] = OrderedDict()
        """Code → until when it is fresh (ms), its version, and the lot."""
        self._unknown: OrderedDict[int, int] = OrderedDict()
        self._due: set[int] = set()
        self._due_lots: set[str] = set()
        self._loads = 0
        self._loading: Counter[int] = Counter()
        """Batches that are being loaded: what they read may be out of date before it is kept."""
        self._batch_flights = SingleFlight[int, _HotBatch](self._load)
        self._lot_flights = SingleFlight[str, CachedLot](self._load_lot)
        self._heads: Heads | None = None
        self._called = asyncio.Event()
        self.is_notified = False
        """Whether the ledger tells us of changes just now."""
        self.fresh_at = clock()
        """When the ledger last said that nothing here is out of date (ms)."""

    def is_stale(self, now: int) -> bool:
        """Whether the ledger has been silent for longer than the settings allow."""
        return now - self.fresh_at > self._stale_ms

    def get_cached(self, epoch: int, batch: int, index: int) -> StampState | None:
        """Where a stamp stands, if its batch is hot. Raises `UnknownCode` as `of` does."""
        hot = self._batches.get(batch)
        if hot is None:
            return None
        if index >= hot.count or epoch != hot.epoch:
            raise UnknownCode(text="")
        return hot.standings[bisect_right(hot.firsts, index) - 1]

    async def load(self, epoch: int, batch: int, index: int) -> StampState:
        """Where a stamp stands.

        Raises `UnknownCode` when no such stamp was issued, `Unavailable` when the ledger is needed
        and does not answer.
        """
        known = self.get_cached(epoch, batch, index)
        if known is not None:
            return known
        until = self._unknown.get(batch)
        if until is not None and until > self._clock():
            raise UnknownCode(text="")
        try:
            await self._batch_flights.of(batch)
        except UnknownBatch:
            self._remember_unknown(batch)
            raise UnknownCode(text="") from None
        except StorageFailed as error:
            raise Unavailable(what="the ledger") from error
        known = self.get_cached(epoch, batch, index)
        if known is None:  # pushed out between the load and here, by a flood of other batches
            raise Unavailable(what="the ledger")
        return known

    async def load_any_epoch(self, batch: int, index: int) -> StampState:
        """Where a stamp stands whatever its epoch. Raises as `of` does."""
        hot = self._batches.get(batch)
        epoch = hot.epoch if hot is not None else (await self._ledger.batches.get(batch)).epoch
        return await self.load(epoch, batch, index)

    async def follow_changes(self) -> None:
        """Follow the ledger's changes until cancelled."""
        listening = asyncio.create_task(self._listen(), name="listen to the ledger")
        try:
            while True:
                try:
                    await self.refresh()
                except StorageFailed as error:
                    _log.warning("ledger silent", why=str(error))
                await asyncio.sleep(min(_BREATH_SECONDS, self._refresh))
                with suppress(TimeoutError):
                    async with asyncio.timeout(
                        self._refresh * (_RELAXED if self.is_notified else 1)
                    ):
                        await self._called.wait()
                self._called.clear()
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def _listen(self) -> None:
        """Wake `follow` whenever the ledger tells of a change; a lost connection is made anew."""
        while self._ledger.changes.are_told:
            try:
                async with self._ledger.changes.listen() as listener:
                    self.is_notified = True
                    while True:
                        self._called.set()  # at first too: nobody told us what came before
                        await listener.told()
            except StorageFailed as error:
                if self.is_notified:
                    _log.warning("changes are polled for, not told", why=str(error))
            finally:
                self.is_notified = False
            await asyncio.sleep(_LISTEN_AGAIN_SECONDS)

    async def refresh(self) -> None:
        """Ask the ledger once what changed, and load anew what did. Raises `StorageFailed`."""
        asked_at = self._clock()
        if self._heads is None:
            self._heads = await self._ledger.changes.heads()
            self._due.update(self._batches)
        changed = await self._ledger.changes.since(self._heads)
        self._due_lots |= changed.lots
        self._due.update(changed.batches & (self._batches.keys() | +self._loading))
        self._heads = changed.heads
        # Neither goes through the flights: one under way may have read before the change.
        while self._due_lots:
            code = next(iter(self._due_lots))
            on = [number for number, hot in self._batches.items() if code in hot.lots]
            if on or code in self._lots:
                with suppress(UnknownLot):
                    await self._load_lot(code)
            self._due.update(on, +self._loading)
            self._due_lots.discard(code)
        rules = self._current_rules.rules
        if rules is not self._loaded_by:
            self._due.update(self._batches)
            self._due.update(+self._loading)
            self._loaded_by = rules
        old = asked_at - _KEPT_SECONDS * 1000
        self._due.update(n for n, hot in self._batches.items() if hot.loaded_at < old)
        while self._due:
            number = next(iter(self._due))
            with suppress(UnknownBatch):
                await self._load(number)
            self._due.discard(number)
        self.fresh_at = asked_at

    async def _load(self, number: int) -> _HotBatch:
        self._loads += 1
        self._loading[number] += 1
        try:
            return await self._read(number, self._loads, self._clock())
        finally:
            self._loading[number] -= 1

    async def _read(self, number: int, load: int, loaded_at: int) -> _HotBatch:
        rules = self._current_rules.rules
        batch = await self._ledger.batches.get(number)
        spans = await self._ledger.transitions.spans(number)
        codes = frozenset(span.lot for span in spans if span.lot is not None)
        lots = await self._lots_of(codes)
        weight = fold_batch_days(await self._ledger.scans.days_of(number), rules)
        evidence = weight.evidence(rules)
        share = None
        if self._shares is not None:
            share = await self._shares.of(batch.product, loaded_at, rules.scan_rate)
        known = self._batches.get(number)
        if known is not None and known.load > load:
            return known  # who began to read after us has been quicker
        hot = _HotBatch(
            batch,
            [span.lo for span in spans],
            [
                build_stamp_state(batch, span, lots.get(span.lot or ""), evidence, share)
                for span in spans
            ],
            codes,
            load,
            loaded_at,
        )
        self._batches.pop(number, None)
        self._batches[number] = hot
        while len(self._batches) > self._most:
            self._batches.popitem(last=False)
        return hot

    async def _lots_of(self, codes: Collection[str]) -> dict[str, CachedLot]:
        found = {}
        now = self._clock()
        for code in codes:
            kept = self._lots.get(code)
            if kept is not None and kept[0] > now:
                found[code] = kept[2]
            else:
                with suppress(UnknownLot):
                    found[code] = await self._lot_flights.of(code)
        return found

    async def _load_lot(self, code: str) -> CachedLot:
        row = await self._ledger.lots.get(code)
        kept = self._lots.pop(code, None)
        now = self._clock()
        version, known = row.version, None
        if kept is not None:
            until, kept_version, lot = kept
            if until > now and kept_version > version:  # read by one who was quicker than we
                version, known = kept_version, lot
            elif lot.document == row.document:
                known = lot  # what was rendered of it stays good
        known = known or CachedLot(Lot.from_document(row.document), dict(row.document))
        self._lots[code] = (now + _KEPT_SECONDS * 500, version, known)
        while len(self._lots) > self._most_lots:
            self._lots.popitem(last=False)
        return known

    def _remember_unknown(self, batch: int) -> None:
        while len(self._unknown) >= _UNKNOWN_MOST:
            self._unknown.popitem(last=False)
        self._unknown[batch] = self._clock() + _UNKNOWN_SECONDS * 1000
