"""Cached state and lots of the batches in use, kept current with the ledger.

A batch is loaded on its first use, once for all that wait for it. A change in the ledger (a
transition such as a recall, a corrected lot, people's decision on a stamp) reloads the batches
concerned, as soon as `resolver.change_notifications` tells of it. `change_times` counts how
long that took.

When the ledger does not answer, cached batches stay in use. After `stale_seconds` the answers say
so, and a batch that is not cached is `Unavailable`. Entries older than `_MAX_AGE_SECONDS` are
reloaded even if no change was reported: counts of anomalous scans, and of those who know the PIN of
a claimed stamp, change without a transition.

The numbers of unknown batches are cached for `_UNKNOWN_SECONDS`, so that an attacker with leaked
keys cannot send each guess to the ledger.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from detection.stamp_context import Decision
from ledger import NO_INDEX, Batch, ChainHeads, ChangeSet, Correction, DecisionRow, Ledger
from ledger.clock import Clock
from ledger.codes.code_evidence import PublicEvidence
from ledger.errors import UnknownBatch, UnknownLot
from ledger.record.quoted_events import QuotedEventError
from ledger.storage.generation import LedgerRestored
from ledger.storage.ledger_file import LedgerReplaced
from ledger.storage.storage_errors import StorageFailed
from resolver.batch_anomaly import fold_batch_days
from resolver.change_notifications import ChangeNotifications
from resolver.current_rules import CurrentRules
from resolver.errors import Unavailable
from resolver.metrics import CHANGE_SECONDS, Histogram
from resolver.scan_place import Provinces
from resolver.scan_rate import ScanRates
from resolver.single_flight import SingleFlight
from resolver.stamp_state import (
    CachedLot,
    StampFacts,
    StampState,
    add_stamp_facts,
    build_stamp_state,
)
from stamps.errors import UnknownCode
from stamps.spans import Span
from traceability.lot import Lot
from web.bounded_cache import BoundedCache

_MAX_AGE_SECONDS: Final = 60
_LOT_MAX_AGE_MS: Final = _MAX_AGE_SECONDS * 1000 // 2
_CORRECTIONS: Final = 10
"""The last corrections of a lot that its page shows."""
_UNKNOWN_SECONDS: Final = 5
_UNKNOWN_BATCHES: Final = 100_000


@dataclass(frozen=True, eq=False, slots=True)
class _CachedBatch:
    """The spans of one batch: from index `starts[n]` on, stamps have the state `states[n]`."""

    count: int
    epoch: int
    starts: list[int]
    states: list[StampState]
    facts: dict[int, StampFacts]
    """Facts by index of the stamps of which more is known than their span."""
    own_states: dict[int, StampState]
    """The states of stamps with facts, as they are asked for."""
    lots: frozenset[str]
    load: int
    """Number of the load: a load that began later has the newer content."""
    loaded_at: int


@dataclass(frozen=True, eq=False, slots=True)
class _LotEntry:
    """A lot, the version of its document, and until when (ms) it needs no reload."""

    lot: CachedLot
    version: int
    fresh_until: int


class BatchCache:
    """The batch cache of one process. `follow_changes` must run beside it."""

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
        measure_scan_rate: bool,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._current_rules = current_rules
        self._rules_of_entries = current_rules.rules
        """The rules that the evidence of cached batches was computed by."""
        self._scan_rates = ScanRates(ledger, _MAX_AGE_SECONDS * 1000) if measure_scan_rate else None
        self._stale_ms = int(stale_seconds * 1000)
        self._provinces = Provinces()
        self._batches = BoundedCache[int, _CachedBatch](batches)
        self._lots = BoundedCache[str, _LotEntry](lots)
        self._unknown = BoundedCache[int, bool](
            _UNKNOWN_BATCHES, ttl_ms=_UNKNOWN_SECONDS * 1000, clock=clock
        )
        self._batches_to_reload: set[int] = set()
        self._changed_at: dict[int, int] = {}
        """When the change was written for which a batch is to be reloaded (ms, UTC)."""
        self.change_times = Histogram(
            "veritem_change_seconds",
            "Time from a written transition or decision to the pages of its cached batch",
            CHANGE_SECONDS,
        )
        self._due_lots: set[str] = set()
        self._loads = 0
        self._loading: Counter[int] = Counter()
        """Batches that are being loaded: what was read of them may be outdated already."""
        self._batch_flights = SingleFlight[int, _CachedBatch](self._load_batch)
        self._lot_flights = SingleFlight[str, CachedLot](self._load_lot)
        self._heads: ChainHeads | None = None
        self.notifications = ChangeNotifications(ledger, refresh_seconds)
        self._followers: list[Callable[[ChangeSet], None]] = []
        self.fresh_at = clock()
        """When the ledger last confirmed that the cache is current (ms)."""
        self._failure: StorageFailed | None = None
        """Why the last refresh failed; None if it did not."""
        self._is_another = False
        """Whether the ledger was replaced since the start; then nothing of it is answered."""

    def add_follower(self, follower: Callable[[ChangeSet], None]) -> None:
        """Call `follower` with each set of changes in the ledger, as soon as it is known."""
        self._followers.append(follower)

    def is_stale(self, now: int) -> bool:
        """Whether the ledger was replaced, or has been silent for longer than `stale_seconds`."""
        return self._is_another or now - self.fresh_at > self._stale_ms

    def is_outdated(self, as_of: int) -> bool:
        """Whether a state that was current at `as_of` is older than `stale_seconds` now."""
        return self._clock() - as_of > self._stale_ms

    async def check(self) -> None:
        """Raise `Unavailable` while the ledger cannot be asked for changes."""
        if self._failure is not None:
            error = Unavailable(what="the ledger")
            error.__cause__ = self._failure  # compiled by mypyc, `from` would be lost
            raise error
        if self.is_stale(self._clock()):
            raise Unavailable(what="the ledger")

    def get_cached(self, epoch: int, batch: int, index: int) -> StampState | None:
        """The state of a stamp if its batch is cached. Raises `UnknownCode` as `load` does."""
        cached = self._batches.get(batch)
        if cached is None:
            return None
        if index >= cached.count or epoch != cached.epoch:
            raise UnknownCode(text="")
        state = cached.states[bisect_right(cached.starts, index) - 1]
        return _get_own_state(cached, index, state) if cached.facts else state

    async def load(self, epoch: int, batch: int, index: int) -> StampState:
        """The state of a stamp, from the ledger if it is not cached.

        Raises `UnknownCode` when no such stamp was issued, `Unavailable` when the ledger is needed
        and does not answer.
        """
        state = self.get_cached(epoch, batch, index)
        if state is not None:
            return state
        if self._is_another:
            raise Unavailable(what="the ledger")
        if batch in self._unknown:
            raise UnknownCode(text="")
        try:
            await self._batch_flights.fetch(batch)
        except UnknownBatch:
            self._unknown.put(batch, True)
            raise UnknownCode(text="") from None
        except StorageFailed as error:
            raise Unavailable(what="the ledger") from error
        state = self.get_cached(epoch, batch, index)
        if state is None:  # evicted since the load, by a flood of other batches
            raise Unavailable(what="the ledger")
        return state

    async def load_any_epoch(self, batch: int, index: int) -> StampState:
        """The state of a stamp, whatever its epoch. Raises as `load` does."""
        cached = self._batches.get(batch)
        epoch = cached.epoch if cached else (await self._ledger.batches.get(batch)).epoch
        return await self.load(epoch, batch, index)

    async def follow_changes(self) -> None:
        """Refresh when the ledger notifies of a change, or polls are due, until cancelled."""
        async with self.notifications.listen():
            while True:
                try:
                    await self.refresh()
                    self._failure = None
                    self._is_another = False
                except StorageFailed as error:
                    self._failure = error
                    if isinstance(error, LedgerReplaced | LedgerRestored):
                        self._is_another = True
                        self._batches.clear()
                await self.notifications.wait()

    async def refresh(self) -> None:
        """Ask the ledger for changes and reload what changed. Raises `StorageFailed`."""
        began_at = self._clock()
        if self._heads is None:
            self._heads = await self._ledger.changes.get_heads()
            self._batches_to_reload.update(self._batches)
        changed = await self._ledger.changes.get_changes_after(self._heads)
        for follower in self._followers:
            follower(changed)
        self._due_lots |= changed.lots
        loading = +self._loading
        for number, at in changed.batches.items():
            if number in self._batches or number in loading:
                self._batches_to_reload.add(number)
                self._changed_at.setdefault(number, at)
        self._heads = changed.heads
        # Not through the flights: a load under way may have read before the change.
        while self._due_lots:
            code = next(iter(self._due_lots))
            await self._reload_lot(code)
            self._due_lots.discard(code)
        self._mark_outdated(began_at)
        while self._batches_to_reload:
            number = next(iter(self._batches_to_reload))
            with suppress(UnknownBatch):
                await self._load_batch(number)
            self._batches_to_reload.discard(number)
            changed_at = self._changed_at.pop(number, None)
            if changed_at is not None:
                self.change_times.observe(max(0, self._clock() - changed_at) / 1000)
        self.fresh_at = began_at

    async def reload_batch(self, number: int) -> None:
        """Reload a batch of which this process changed something. Raises `StorageFailed`."""
        await self._load_batch(number)

    async def _reload_lot(self, code: str) -> None:
        """Reload a changed lot, and mark the batches that it is bound to as due."""
        bound = [number for number, cached in self._batches.items() if code in cached.lots]
        if bound or code in self._lots:
            with suppress(UnknownLot):
                await self._load_lot(code)
        self._batches_to_reload.update(bound, +self._loading)

    def _mark_outdated(self, now: int) -> None:
        """Mark batches as due that are too old, or computed by rules that were replaced."""
        rules = self._current_rules.rules
        if rules is not self._rules_of_entries:
            self._batches_to_reload.update(self._batches, +self._loading)
            self._rules_of_entries = rules
        oldest = now - _MAX_AGE_SECONDS * 1000
        self._batches_to_reload.update(n for n, b in self._batches.items() if b.loaded_at < oldest)

    async def _load_batch(self, number: int) -> _CachedBatch:
        self._loads += 1
        self._loading[number] += 1
        try:
            loaded = await self._read_batch(number, self._loads, self._clock())
        finally:
            self._loading[number] -= 1
        cached = self._batches.peek(number)
        if cached is not None and cached.load > loaded.load:
            return cached  # a load that began later has finished first
        if not self._is_another:
            self._batches.put(number, loaded)
        return loaded

    async def _read_batch(self, number: int, load: int, now: int) -> _CachedBatch:
        rules = self._current_rules.rules
        batch = await self._ledger.batches.get(number)
        spans = await self._ledger.transitions.list_spans(number)
        codes = frozenset(span.lot for span in spans if span.lot is not None)
        lots = await self._get_lots(codes)
        days = (await self._ledger.scans.list_batch_days([number])).get(number, [])
        decided = {row.index: row for row in await self._ledger.decisions.list_of_batch(number)}
        about_batch = decided.pop(NO_INDEX, None)
        decisions = {index: _build_decision(row) for index, row in decided.items()}
        evidence = 0.0
        if about_batch is None or not about_batch.dismisses(sum(day.anomalous for day in days)):
            evidence = fold_batch_days(days, rules).evidence(rules)
        others = await self._ledger.claims.list_others(number) if batch.has_pin else {}
        rate = None
        if self._scan_rates is not None:
            rate = await self._scan_rates.get_rate(batch.product, now, rules.scan_rate)
        return _CachedBatch(
            count=batch.count,
            epoch=batch.epoch,
            starts=[span.lo for span in spans],
            states=[self._build_state(batch, span, lots, evidence, rate) for span in spans],
            facts={
                index: StampFacts(decisions.get(index), others.get(index, 0))
                for index in decisions.keys() | others.keys()
            },
            own_states={},
            lots=codes,
            load=load,
            loaded_at=now,
        )

    def _build_state(
        self,
        batch: Batch,
        span: Span,
        lots: dict[str, CachedLot],
        evidence: float,
        scan_rate: float | None,
    ) -> StampState:
        lot = lots.get(span.lot or "")
        site = lot.lot.packing_house if lot is not None else None
        return build_stamp_state(
            batch,
            span,
            lot,
            packed=self._provinces.locate_site(site) if site is not None else None,
            batch_evidence=evidence,
            scan_rate=scan_rate,
        )

    async def _get_lots(self, codes: Collection[str]) -> dict[str, CachedLot]:
        lots = {}
        now = self._clock()
        for code in codes:
            entry = self._lots.get(code)
            if entry is not None and entry.fresh_until > now:
                lots[code] = entry.lot
            else:
                with suppress(UnknownLot):
                    lots[code] = await self._lot_flights.fetch(code)
        return lots

    async def _load_lot(self, code: str) -> CachedLot:
        row = await self._ledger.lots.get(code)
        publication = await self._ledger.lot_submissions.find_publication(code)
        has_later = publication is not None and publication.version < row.version
        result_errors: tuple[QuotedEventError, ...] = ()
        if publication is not None and "events" in publication.statement:
            errors = await self._ledger.lot_submissions.list_quoted_errors(publication.submission)
            result_errors = tuple(errors)
        corrections: tuple[Correction, ...] = ()
        if row.version > 1:
            found = await self._ledger.lots.list_corrections(code, limit=_CORRECTIONS)
            corrections = tuple(
                one for one in found if publication is None or one.version <= publication.version
            )
        parsed = self._parse_lot(code, row.document)
        named = [site.code for site in parsed.sites]
        sites = await self._ledger.registered_codes.list_public(named) if named else {}
        evidence: Mapping[str, PublicEvidence] = {}
        if named and publication is not None:
            evidence = await self._ledger.code_evidence.find_public(named)
        now = self._clock()
        entry = self._lots.peek(code)
        version, lot = row.version, None
        if entry is not None:
            if entry.fresh_until > now and entry.version > version:
                version, lot = entry.version, entry.lot  # a later load has finished first
            elif (
                entry.lot.document == row.document
                and entry.lot.corrections == corrections
                and entry.lot.sites == sites
                and entry.lot.publication == publication
                and entry.lot.has_later == has_later
                and entry.lot.result_errors == result_errors
                and entry.lot.evidence == evidence
            ):
                lot = entry.lot  # keeps what was rendered of it
        if lot is None:
            lot = CachedLot(
                parsed,
                dict(row.document),
                corrections,
                sites,
                publication,
                has_later,
                result_errors,
                evidence,
            )
        self._lots.put(code, _LotEntry(lot, version, now + _LOT_MAX_AGE_MS))
        return lot

    def _parse_lot(self, code: str, document: Mapping[str, Any]) -> Lot:
        """The lot in a document; one that is cached is not parsed again."""
        entry = self._lots.peek(code)
        if entry is not None and entry.lot.document == document:
            return entry.lot.lot
        return Lot.from_document(document)


def _get_own_state(cached: _CachedBatch, index: int, state: StampState) -> StampState:
    """The state of a stamp of a batch with facts about single stamps; `state` is its span's."""
    own = cached.own_states.get(index)
    if own is None:
        facts = cached.facts.get(index)
        if facts is None:
            return state
        own = cached.own_states[index] = add_stamp_facts(state, facts)
    return own


def _build_decision(row: DecisionRow) -> Decision:
    return Decision(row.confirmed, row.score, frozenset(row.reasons))
