"""What a scan must know is already here: the hot batches' spans and lots, kept fresh.

A batch is loaded from the ledger on its first use, once for all who wait for it, and stays. The
ledger's stream of moves is followed by short polls: a move reloads its batch, so that a recall
is seen by every process within `refresh_seconds` and the time of one reload. When the ledger does
not answer, hot batches go on as they were, and after `stale_seconds` every answer says so; a cold
batch is `Unavailable`. Whatever the stream says, what is older than `_KEPT_SECONDS` is loaded anew.

Numbers of batches that were never issued are remembered for a moment, a bounded number of them,
so that whoever holds leaked keys can not send each guess to the ledger.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import structlog

from ledger import Batch, Ledger
from ledger.errors import StorageFailed, UnknownBatch, UnknownLot
from resolver.clock import Clock
from resolver.errors import Unavailable
from resolver.neighbours import neighbourhood
from resolver.single_flight import SingleFlight
from resolver.standing import KnownLot, Standing, standing
from stamps.errors import NotOurs
from stamps.rules import Rules
from tracing.lot import Lot

_KEPT_SECONDS: Final = 60
_UNKNOWN_SECONDS: Final = 5
_UNKNOWN_MOST: Final = 100_000
_MOVES_AT_A_TIME: Final = 1_000

_log = structlog.get_logger(__name__)


class _HotBatch:
    """One batch's spans: `firsts[n]` is the first index of the stamps that `standings[n]` says."""

    __slots__ = ("count", "epoch", "firsts", "loaded_at", "standings")

    def __init__(
        self, batch: Batch, firsts: list[int], standings: list[Standing], loaded_at: int
    ) -> None:
        self.count = batch.count
        self.epoch = batch.epoch
        self.firsts = firsts
        self.standings = standings
        self.loaded_at = loaded_at


class Hot:
    """The hot batches of one process. `follow` must be running."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        rules: Rules,
        *,
        batches: int,
        lots: int,
        refresh_seconds: float,
        stale_seconds: float,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self.rules = rules
        """What a batch's counts are weighed by."""
        self._most = batches
        self._most_lots = lots
        self._refresh = refresh_seconds
        self._stale_ms = int(stale_seconds * 1000)
        self._batches: dict[int, _HotBatch] = {}
        self._lots: dict[str, tuple[int, KnownLot]] = {}
        self._unknown: dict[int, int] = {}
        self._due: set[int] = set()
        self._batch_flights = SingleFlight[int, _HotBatch](self._load)
        self._lot_flights = SingleFlight[str, KnownLot](self._load_lot)
        self._seq: int | None = None
        self.fresh_at = clock()
        """When the ledger last said that nothing here is out of date (ms)."""

    def stale(self, now: int) -> bool:
        """Whether the ledger has been silent for longer than the settings allow."""
        return now - self.fresh_at > self._stale_ms

    def peek(self, epoch: int, batch: int, index: int) -> Standing | None:
        """Where a stamp stands, if its batch is hot. Raises `NotOurs` as `of` does."""
        hot = self._batches.get(batch)
        if hot is None:
            return None
        if index >= hot.count or epoch != hot.epoch:
            raise NotOurs(text="")
        return hot.standings[bisect_right(hot.firsts, index) - 1]

    async def of(self, epoch: int, batch: int, index: int) -> Standing:
        """Where a stamp stands.

        Raises `NotOurs` when no such stamp was issued, `Unavailable` when the ledger is needed
        and does not answer.
        """
        known = self.peek(epoch, batch, index)
        if known is not None:
            return known
        until = self._unknown.get(batch)
        if until is not None and until > self._clock():
            raise NotOurs(text="")
        try:
            await self._batch_flights.of(batch)
        except UnknownBatch:
            self._remember_unknown(batch)
            raise NotOurs(text="") from None
        except StorageFailed as error:
            raise Unavailable(what="the ledger") from error
        known = self.peek(epoch, batch, index)
        if known is None:  # pushed out between the load and here, by a flood of other batches
            raise Unavailable(what="the ledger")
        return known

    async def issued(self, batch: int, index: int) -> Standing:
        """Where a stamp stands whatever its epoch. Raises as `of` does."""
        hot = self._batches.get(batch)
        epoch = hot.epoch if hot is not None else (await self._ledger.batches.get(batch)).epoch
        return await self.of(epoch, batch, index)

    async def follow(self) -> None:
        """Follow the ledger's moves until cancelled."""
        while True:
            try:
                await self.refresh()
            except StorageFailed as error:
                _log.warning("ledger silent", why=str(error))
            await asyncio.sleep(self._refresh)

    async def refresh(self) -> None:
        """Ask the ledger once what moved, and load anew what did. Raises `StorageFailed`."""
        asked_at = self._clock()
        if self._seq is None:
            self._seq, _ = await self._ledger.moves.head()
            self._due.update(self._batches)
        while moves := await self._ledger.moves.since(self._seq, _MOVES_AT_A_TIME):
            self._due.update(move.batch for move in moves if move.batch in self._batches)
            self._seq = moves[-1].seq
            if len(moves) < _MOVES_AT_A_TIME:
                break
        old = asked_at - _KEPT_SECONDS * 1000
        self._due.update(n for n, hot in self._batches.items() if hot.loaded_at < old)
        while self._due:
            number = next(iter(self._due))
            # Not through the flights: one under way may have read before the move.
            with suppress(UnknownBatch):
                await self._load(number)
            self._due.discard(number)
        self.fresh_at = asked_at

    async def _load(self, number: int) -> _HotBatch:
        loaded_at = self._clock()
        batch = await self._ledger.batches.get(number)
        spans = await self._ledger.moves.spans(number)
        lots = await self._lots_of([span.lot for span in spans if span.lot is not None])
        weight = neighbourhood(await self._ledger.scans.days_of(number), self.rules)
        evidence = weight.evidence(self.rules)
        hot = _HotBatch(
            batch,
            [span.lo for span in spans],
            [standing(batch, span, lots.get(span.lot or ""), evidence) for span in spans],
            loaded_at,
        )
        self._batches.pop(number, None)
        self._batches[number] = hot
        while len(self._batches) > self._most:
            del self._batches[next(iter(self._batches))]
        return hot

    async def _lots_of(self, codes: Sequence[str]) -> dict[str, KnownLot]:
        found = {}
        now = self._clock()
        for code in dict.fromkeys(codes):
            kept = self._lots.get(code)
            if kept is not None and kept[0] > now:
                found[code] = kept[1]
            else:
                with suppress(UnknownLot):
                    found[code] = await self._lot_flights.of(code)
        return found

    async def _load_lot(self, code: str) -> KnownLot:
        row = await self._ledger.lots.get(code)
        kept = self._lots.pop(code, None)
        if kept is not None and kept[1].document == row.document:
            known = kept[1]  # what was rendered of it stays good
        else:
            known = KnownLot(Lot.from_document(row.document), dict(row.document))
        self._lots[code] = (self._clock() + _KEPT_SECONDS * 500, known)
        while len(self._lots) > self._most_lots:
            del self._lots[next(iter(self._lots))]
        return known

    def _remember_unknown(self, batch: int) -> None:
        while len(self._unknown) >= _UNKNOWN_MOST:
            del self._unknown[next(iter(self._unknown))]
        self._unknown[batch] = self._clock() + _UNKNOWN_SECONDS * 1000
