"""Resolves stamps, answers visits and records scans.

Shaped for mypyc (ADR 0035): value types have written-out constructors, because those that
`dataclass` makes are not compiled. With ordinary ones a page or scan takes at least 10 % more
processor time.

A *visit* judges the stamp as it stands and changes nothing. A *scan* takes the scan history that
this process saw last (usually when it served the page) or reads it, judges it with the new scan and
swaps the new history in. If another scan was faster, it reads and judges again: so of two scans at
the same time in distant places, one sees the other. A scan is answered once it is durable
(`resolver.scan_commit`).
"""

from dataclasses import dataclass
from typing import Final, final

from detection.rules import Rules
from detection.scan_event import ScanEvent, Via
from detection.scan_history import EMPTY, ScanHistory, to_minute
from detection.scan_weight import FULL, ScanWeight
from detection.user_agent import AgentClass
from detection.verdict import Judgement, judge
from ledger import ScanRow
from resolver.answer import StampAnswer, build_answer
from resolver.batch_cache import BatchCache
from resolver.claim_times import ClaimTimes
from resolver.current_rules import CurrentRules
from resolver.errors import HistoryUnavailable, Unavailable
from resolver.history import HistoryStore, SwapResult
from resolver.journal import Evidence
from resolver.privacy.tokens import UsedToken
from resolver.scan_commit import ScanCommit
from resolver.scan_place import ScanPlace
from resolver.scan_weights import Campaign, ScanWeigher
from resolver.signatures import SignatureVerifier
from resolver.stamp_state import StampState
from resolver.urls import StampRequest
from stamps.code import StampId, parse_code
from stamps.key_ring import KeyRing

_ATTEMPTS: Final = 16
"""Swaps that one scan tries before it gives up on a stamp that thousands scan at once."""

# Attributes of an enum class are slow to read (Python 3.11).
_DONE: Final = SwapResult.DONE
_REPEATED: Final = SwapResult.REPEATED


@final
@dataclass(slots=True, init=False)
class Scan:
    """One accepted scan. `at` is ms since the Unix epoch, `device` and `net` are pseudonyms."""

    scan_id: Final[bytes]
    """16 bytes: the page's token, made from an app's idempotency key, or from what an enrolled
    device signed. An id counts once."""
    at: Final[int]
    device: Final[int | None]
    net: Final[int | None]
    where: Final[ScanPlace | None]
    country: Final[str | None]
    via: Final[Via]
    agent_class: Final[AgentClass]
    signed: Final[str | None]
    """The scan as an enrolled device signed it."""
    witness: Final[str]
    """The client's network, to weigh the scan by; empty if it is not known. Never stored."""

    def __init__(
        self,
        scan_id: bytes,
        at: int,
        device: int | None,
        net: int | None,
        where: ScanPlace | None,
        country: str | None,
        via: Via,
        agent_class: AgentClass,
        signed: str | None = None,
        witness: str = "",
    ) -> None:
        self.scan_id = scan_id
        self.at = at
        self.device = device
        self.net = net
        self.where = where
        self.country = country
        self.via = via
        self.agent_class = agent_class
        self.signed = signed
        self.witness = witness


@final
@dataclass(slots=True, init=False)
class ResolvedStamp:
    """A stamp that was issued: canonical code, identity and state."""

    code: Final[str]
    stamp: Final[StampId]
    state: Final[StampState]
    as_of: Final[int]
    """When the ledger had last confirmed the state, as it was read (ms)."""
    lacks_signature: Final[bool]
    """Whether the batch is signed and no signature of the stamp was seen."""

    def __init__(
        self,
        code: str,
        stamp: StampId,
        state: StampState,
        as_of: int,
        lacks_signature: bool,
    ) -> None:
        self.code = code
        self.stamp = stamp
        self.state = state
        self.as_of = as_of
        self.lacks_signature = lacks_signature

    @property
    def shows_signature(self) -> bool:
        """Whether the batch is signed and the signature of the stamp was seen."""
        return self.state.needs_signature and not self.lacks_signature

    def with_signature(self) -> "ResolvedStamp":
        """Return the stamp as one whose signature was seen before."""
        return ResolvedStamp(self.code, self.stamp, self.state, self.as_of, lacks_signature=False)


class ScanService:
    """The use cases of the public service."""

    def __init__(
        self,
        keys: KeyRing,
        signatures: SignatureVerifier,
        batch_cache: BatchCache,
        history_store: HistoryStore,
        scan_commit: ScanCommit,
        current_rules: CurrentRules,
        claim_times: ClaimTimes,
        scan_weigher: ScanWeigher,
    ) -> None:
        self._keys = keys
        self._signatures = signatures
        self._batch_cache = batch_cache
        self._history_store = history_store
        self._scan_commit = scan_commit
        self._current_rules = current_rules
        self._claim_times = claim_times
        self._scan_weigher = scan_weigher

    async def resolve_stamp(self, request: StampRequest) -> ResolvedStamp:
        """The stamp that a request names.

        Raises `MalformedCode`; `UnknownCode` for a bad tag, a stamp that was never issued, and a
        signature or GTIN that is not the stamp's; `Unavailable` when the ledger is needed and does
        not answer. Whether a stamp needs a signature is read from the ledger's batch.
        """
        code = parse_code(request.code)
        stamp = self._keys.open(code)
        if request.signature is not None:
            self._signatures.verify(code, request.signature)
        state = self._batch_cache.get_cached(*stamp)
        if state is None:
            state = await self._batch_cache.load(*stamp)
        as_of = self._batch_cache.fresh_at  # with the state: whoever waits later gets no newer one
        if request.gtin is not None:
            state.batch.check_address(stamp.epoch, request.gtin)
        lacks_signature = request.signature is None and state.needs_signature
        return ResolvedStamp(code, stamp, state, as_of, lacks_signature)

    async def view_stamp(self, resolved: ResolvedStamp, now: int) -> StampAnswer:
        """Answer a visit at `now` (ms). If the history store is down, the answer says so."""
        stamp, state = resolved.stamp, resolved.state
        history_known, packed = True, b""
        try:
            packed = await self._history_store.get(stamp.batch, stamp.index)
        except HistoryUnavailable:
            history_known = False
        if packed:
            rules = self._current_rules.rules_at(state.scan_rate)
            judgement = judge(ScanHistory.unpack(packed), None, state.context, rules, at=now)
        else:
            judgement = self._judge_unscanned(state, now)
        claimed_at = await self._get_claimed_at(resolved) if state.is_claimed else None
        return self._answer(resolved, judgement, history_known=history_known, claimed_at=claimed_at)

    async def record_scan(self, resolved: ResolvedStamp, scan: Scan) -> StampAnswer:
        """Record a scan and judge the stamp with it.

        Raises `UsedToken`, `NotRecorded` (nothing was counted), `HistoryUnavailable`,
        `Unavailable`.
        """
        batch, index, state = resolved.stamp.batch, resolved.stamp.index, resolved.state
        weight, handle = FULL, 0
        if scan.witness:
            handle = self._scan_weigher.identify_network(scan.witness, scan.at)
            weight = self._scan_weigher.weigh_scan(handle, scan.at)
        event = _build_event(scan, weighs=weight is FULL)
        campaign: Campaign | None = None
        accused: bool | None = None
        before = self._history_store.peek(batch, index)
        for _ in range(_ATTEMPTS):
            if before is None:
                before = await self._history_store.get(batch, index)
            history = ScanHistory.unpack(before)
            rules = self._current_rules.rules_at(state.scan_rate)
            if scan.signed is not None and history.scans and to_minute(scan.at) < history.first:
                # A scan that was sent late is clamped to the first one (`apply_scan`), and its
                # place would be a journey that nobody made. A rebuilt history has it in order.
                event = _build_event(scan, with_place=False)
            judgement = judge(history, event, state.context, rules)
            anomalous = self._became_anomalous(history, judgement, state)
            if scan.witness and not accused:
                # In every attempt: the history of the first may lack the scans of other processes.
                accuses = weight is FULL and self._accuses(history, judgement, state, rules)
                if accuses or accused is None:
                    found = self._scan_weigher.note_scan(
                        handle, resolved.stamp, scan.at, accused=accuses
                    )
                    campaign = campaign or found
                accused = accuses
            row = _build_row(
                scan, resolved, judgement, first=not before, anomalous=anomalous, weight=weight
            )
            after = judgement.history.pack()
            near = tuple(map(str, judgement.near))
            evidence = Evidence(row, judgement.alert, campaign, near)
            result = await self._scan_commit.commit(before, after, evidence)
            if result is _DONE:
                claimed_at = await self._get_claimed_at(resolved) if state.is_claimed else None
                return self._answer(resolved, judgement, recorded=True, claimed_at=claimed_at)
            if result is _REPEATED:
                raise UsedToken
            before = None
        raise Unavailable(what="the stamp's history")

    async def _get_claimed_at(self, resolved: ResolvedStamp) -> int | None:
        return await self._claim_times.get(resolved.stamp.batch, resolved.stamp.index)

    def _judge_unscanned(self, state: StampState, now: int) -> Judgement:
        """The judgement of a stamp without scans; its span keeps it until the rules change."""
        known, ends_at = state.unscanned, state.context.ends_at
        rules = self._current_rules.rules
        if known is None or known[0] is not rules or (ends_at is not None and now > ends_at):
            known = rules, judge(EMPTY, None, state.context, rules, at=now)
            state.unscanned = known
        return known[1]

    def _became_anomalous(
        self, history: ScanHistory, judgement: Judgement, state: StampState
    ) -> bool:
        """Whether this scan made the stamp anomalous by its own scans."""
        rules = self._current_rules.rules
        if judgement.own_score < rules.anomalous:
            return False
        before = judge(history, None, state.context, rules)
        return before.own_score < rules.anomalous

    @staticmethod
    def _accuses(
        history: ScanHistory, judgement: Judgement, state: StampState, rules: Rules
    ) -> bool:
        """Whether this scan brought the stamp to a caution."""
        if judgement.score < rules.caution:
            return False
        return judge(history, None, state.context, rules).score < rules.caution

    def _answer(
        self,
        resolved: ResolvedStamp,
        judgement: Judgement,
        *,
        history_known: bool = True,
        claimed_at: int | None = None,
        recorded: bool = False,
    ) -> StampAnswer:
        return build_answer(
            resolved.code,
            resolved.state,
            judgement,
            history_known=history_known,
            as_of=resolved.as_of,
            stale=self._batch_cache.is_outdated(resolved.as_of),
            claimed_at=claimed_at,
            recorded=recorded,
            lacks_signature=resolved.lacks_signature,
        )


def _build_event(scan: Scan, *, with_place: bool = True, weighs: bool = True) -> ScanEvent:
    where = scan.where if with_place else None
    return ScanEvent(
        at=scan.at,
        device=scan.device,
        network=scan.net,
        place=where.place if where is not None else None,
        country=scan.country,
        via=scan.via,
        province=where.province if where is not None else None,
        agent=scan.agent_class,
        weighs=weighs,
    )


def _build_row(
    scan: Scan,
    resolved: ResolvedStamp,
    judgement: Judgement,
    *,
    first: bool,
    anomalous: bool,
    weight: ScanWeight,
) -> ScanRow:
    where = scan.where
    place = where.place if where is not None else None
    return ScanRow(
        id=scan.scan_id,
        batch=resolved.stamp.batch,
        index=resolved.stamp.index,
        at=scan.at,
        via=scan.via,
        verdict=judgement.verdict,
        score=judgement.score,
        reasons=tuple(map(str, judgement.reasons)),
        device=scan.device,
        net=scan.net,
        lat=place.lat if place is not None else None,
        lon=place.lon if place is not None else None,
        accuracy_m=place.accuracy_m if place is not None else None,
        province=where.province if where is not None else None,
        ward=where.ward if where is not None else None,
        country=scan.country,
        agent_class=scan.agent_class,
        first=first,
        anomalous=anomalous,
        signed=scan.signed,
        weight=None if weight is FULL else weight.value,
    )
