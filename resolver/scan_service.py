"""The way of one scan, forward only: code and keys, memory, judge, memory, journal, answer.

A *visit* reads and judges and changes nothing. A *scan* takes the dossier as it was last seen here
(the page was asked for a moment ago) or reads it, judges it with the new sighting and swaps the
new dossier in; where another scan was quicker it reads and judges again, so two distant scans at
once can not both miss each other. It is answered once it is durable (`resolver.commit`).
"""

from dataclasses import dataclass
from typing import Final, NamedTuple, final

from detection.place import Place
from detection.scan_event import ScanEvent, Via
from detection.scan_history import EMPTY, ScanHistory
from detection.user_agent import AgentClass
from detection.verdict import Judgement, judge
from ledger import ScanRow
from resolver.answer import Answer, build_answer
from resolver.batch_cache import BatchCache
from resolver.commit import ScanCommit
from resolver.current_rules import CurrentRules
from resolver.errors import HistoryUnavailable, Unavailable
from resolver.history import HistoryStore, SwapResult
from resolver.journal import Evidence
from resolver.privacy.tokens import UsedToken
from resolver.signatures import Signatures
from resolver.stamp_state import StampState, locate_province
from resolver.urls import StampRequest
from stamps.code import StampId, parse_code
from stamps.errors import UnknownCode
from stamps.key_ring import KeyRing
from traceability.places import round_to_ward, ward_of

_RACES: Final = 16
"""Races that one scan loses before it gives up: a stamp scanned by thousands at once is busy."""


class Where(NamedTuple):
    """Where a scan happened, fit to be kept: rounded to a ward, or the whole of a province."""

    place: Place
    province: str | None
    ward: str | None


def rounded(lat: float, lon: float, accuracy_m: float) -> Where:
    """A place as given, rounded to its ward; both radii count."""
    ward = ward_of(lat, lon)
    near = round_to_ward(lat, lon)
    place = Place(near.lat, near.lon, near.radius_m + accuracy_m)
    return Where(place, ward.province if ward else None, ward.code if ward else None)


def somewhere_in(province: str) -> Where:
    """A province as chosen. Raises `traceability.places.UnknownPlace`."""
    return Where(locate_province(province), province, None)


_DONE: Final = SwapResult.DONE
_REPEATED: Final = SwapResult.REPEATED
_NOWHERE: Final = ((None, None, None), None, None)


@final
@dataclass(slots=True, init=False)
class Scan:
    """A scan as the door made it: when (ms), by whom (pseudonyms), from where; `name` is its
    one-time name.
    """

    name: Final[bytes]
    at: Final[int]
    device: Final[int | None]
    net: Final[int | None]
    where: Final[Where | None]
    country: Final[str | None]
    via: Final[Via]
    agent_class: Final[AgentClass]

    # Written out for the compiler, as a dossier's is (ADR 0047).
    def __init__(
        self,
        name: bytes,
        at: int,
        device: int | None,
        net: int | None,
        where: Where | None,
        country: str | None,
        via: Via,
        agent_class: AgentClass,
    ) -> None:
        self.name = name
        self.at = at
        self.device = device
        self.net = net
        self.where = where
        self.country = country
        self.via = via
        self.agent_class = agent_class


@final
@dataclass(slots=True, init=False)
class ResolvedStamp:
    """A stamp that was issued: its canonical code, who it is and where it stands."""

    code: Final[str]
    stamp: Final[StampId]
    state: Final[StampState]

    def __init__(self, code: str, stamp: StampId, state: StampState) -> None:
        self.code = code
        self.stamp = stamp
        self.state = state


class ScanService:
    """The rooms in their order."""

    def __init__(
        self,
        keys: KeyRing,
        signatures: Signatures,
        hot: BatchCache,
        memory: HistoryStore,
        counting: ScanCommit,
        current_rules: CurrentRules,
    ) -> None:
        self._keys = keys
        self._signatures = signatures
        self._hot = hot
        self._memory = memory
        self._counting = counting
        self._current_rules = current_rules

    async def resolve_stamp(self, asked: StampRequest) -> ResolvedStamp:
        """Which stamp is asked about.

        Raises `MalformedCode`; `UnknownCode` for a bad tag, a stamp never issued, and a signature or
        GTIN that is not the stamp's; `Unavailable` when the ledger is needed and silent.
        """
        code = parse_code(asked.code)
        stamp = self._keys.open(code)
        if asked.signature is not None:
            self._signatures.check(code, asked.signature)
        standing = self._hot.get_cached(*stamp)
        if standing is None:
            standing = await self._hot.load(*stamp)
        if asked.gtin is not None and standing.batch.gtin not in (asked.gtin, None):
            raise UnknownCode(text=code)
        return ResolvedStamp(code, stamp, standing)

    async def view_stamp(self, found: ResolvedStamp, now: int) -> Answer:
        """What is known of the stamp at `now` (ms); nothing changes."""
        stamp, standing, seen = found.stamp, found.state, True
        try:
            packed = await self._memory.get(stamp.batch, stamp.index)
        except HistoryUnavailable:
            seen, packed = False, b""
        if packed:
            rules = self._current_rules.rules_at(standing.scan_rate)
            judgement = judge(ScanHistory.unpack(packed), None, standing.context, rules, at=now)
        else:
            judgement = self._unscanned(standing, now)
        return self._answered(found, judgement, now, seen=seen)

    def _unscanned(self, standing: StampState, now: int) -> Judgement:
        """The judgement of a stamp without scans: the same for its whole span until it expires."""
        known, ends = standing.unscanned, standing.context.ends_at
        rules = self._current_rules.rules
        if known is None or known[0] is not rules or (ends is not None and now > ends):
            known = rules, judge(EMPTY, None, standing.context, rules, at=now)
            standing.unscanned = known
        return known[1]

    async def record_scan(self, found: ResolvedStamp, scan: Scan) -> Answer:
        """Count a scan and judge the stamp with it.

        Raises `UsedToken`, `NotRecorded` (nothing was counted), `HistoryUnavailable`, `Unavailable`.
        """
        batch, index, standing = found.stamp.batch, found.stamp.index, found.state
        event = _sighting(scan)
        before = self._memory.peek(batch, index)
        for _ in range(_RACES):
            if before is None:
                before = await self._memory.get(batch, index)
            known = ScanHistory.unpack(before)
            rules = self._current_rules.rules_at(standing.scan_rate)
            judgement = judge(known, event, standing.context, rules)
            anomalous = self._turned_anomalous(known, judgement, standing)
            row = _row(scan, batch, index, judgement, first=not before, anomalous=anomalous)
            after = judgement.history.pack()
            swap = await self._counting.commit(before, after, Evidence(row, judgement.alert))
            if swap is _DONE:
                break
            if swap is _REPEATED:
                raise UsedToken
            before = None
        else:
            raise Unavailable(what="the stamp's history")
        return self._answered(found, judgement, scan.at, recorded=True)

    def _turned_anomalous(
        self, known: ScanHistory, judgement: Judgement, standing: StampState
    ) -> bool:
        """Whether this scan is the one that made the stamp look anomalous by its own scans."""
        rules = self._current_rules.rules
        if judgement.own_score < rules.anomalous:
            return False
        before = judge(known, None, standing.context, rules)
        return before.own_score < rules.anomalous

    def _answered(
        self,
        found: ResolvedStamp,
        judgement: Judgement,
        now: int,
        *,
        seen: bool = True,
        recorded: bool = False,
    ) -> Answer:
        return build_answer(
            found.code,
            found.state,
            judgement,
            seen=seen,
            as_of=self._hot.fresh_at,
            stale=self._hot.is_stale(now),
            recorded=recorded,
        )


def _sighting(scan: Scan) -> ScanEvent:
    """A scan as the judge sees it; without names, as `_row`."""
    place, province, _ = scan.where or (None, None, None)
    return ScanEvent(
        scan.at, scan.device, scan.net, place, scan.country, scan.via, province, scan.agent_class
    )


def _row(
    scan: Scan,
    batch: int,
    index: int,
    judgement: Judgement,
    *,
    first: bool,
    anomalous: bool,
) -> ScanRow:
    (lat, lon, accuracy_m), province, ward = scan.where or _NOWHERE
    # In the row's own order: to name nineteen fields costs as much as to judge a first scan.
    return ScanRow(
        scan.name,
        batch,
        index,
        scan.at,
        scan.via,
        judgement.verdict,
        judgement.score,
        tuple(map(str, judgement.reasons)),
        scan.device,
        scan.net,
        lat,
        lon,
        accuracy_m,
        province,
        ward,
        scan.country,
        scan.agent_class,
        first,
        anomalous,
    )
