"""Replay: judge a recorded world again, offline and deterministic, scan by scan.

The recording has one JSON object a line, in time order. A line with `stamp` introduces a stamp (a
later one replaces it), a line with `scan` is one scan:

```
{"stamp": "s1", "activated_at": "2026-07-01T06:00:00Z", "packed": {"lat": 11.94, "lon": 108.44},
 "shelf_life_days": 10, "market": ["VN"], "batch": "b1"}
{"scan": "s1", "at": "2026-07-03T09:30:00Z", "device": "5e0f", "net": "77a1",
 "place": {"lat": 10.78, "lon": 106.7, "accuracy_m": 30}, "country": "VN", "via": "page"}
{"report": "s1", "at": "2026-07-03T10:00:00Z", "kind": "copied", "device": "5e0f", "net": "77a1"}
```

A line with `report` is one consumer's report; `"crowded": true` says that it was beyond the budgets
of its network or code. Required are `stamp`, `scan` with `at`, and `report` with `at` and `kind`;
unknown fields are ignored. A stamp without `activated_at` is not in use yet. Scans that arrive late
are judged when they arrive, as in the live service, and user agents are classified by the same
classifier. The outcome of each stamp is `{"stamp", "verdict", "score", "reasons",
"first_caution_at", "first_suspect_at", "alerted_at", "campaign"}`, and `"report_score"` if reports
add to its alert (never to its `score`). Outcomes are in the order of introduction; a stamp that was
scanned and never introduced is `unknown`.

Batches are counted as the recorder counts them: from scans already judged, never from later ones.

>>> world = [
...     b'{"stamp": "s1", "activated_at": "2026-07-01T06:00:00Z"}',
...     b'{"scan": "s1", "at": "2026-07-03T09:30:00Z", "device": "5e0f", "via": "page"}',
... ]
>>> next(replay(world))["verdict"]
'authentic'
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from detection.apply_scan import apply_scan
from detection.batch_anomaly import BatchAnomaly
from detection.place import Place
from detection.replay_format import (
    IntroducedStamp,
    ScanParser,
    UnreadableRecording,
    parse_report,
)
from detection.report_evidence import ReportedStamp, ReportTally, bound_reports
from detection.rules import Rules
from detection.scan_event import VISIT, ScanEvent, Via
from detection.scan_history import EMPTY, ScanHistory
from detection.scan_weight import FULL, CampaignNames, NetworkDays
from detection.score import cap_score, is_held_back, score_history, scores_equally
from detection.stamp_context import StampContext
from detection.verdict import Reason, Verdict, assess_history, grade_score
from stamps.timestamps import format_rfc3339

# Stamps of one lot are introduced by lines that differ in the name only: what follows it is cached.
_NAME_FIRST: Final = b'{"stamp":"'
_ESCAPE: Final = ord("\\")
_CACHED_LOTS: Final = 10_000
_PAGE: Final = Via.PAGE
_parse_json: Final = orjson.loads
_NOTHING_COUNTED: Final = BatchAnomaly()


def replay(
    lines: Iterable[bytes],
    rules: Rules | None = None,
    provinces: Mapping[str, Place] | None = None,
) -> Iterator[dict[str, Any]]:
    """Judge a recording and yield the outcome of each stamp.

    `provinces` has the middle and the radius of each province that a `place` may name by its code;
    other provinces are no place. Blank lines are skipped.

    Raises:
        UnreadableRecording: a line is not JSON or lacks what it must have; it names the line.
    """
    recording = _Replay(rules or Rules(), provinces or {})
    for number, line in enumerate(lines, 1):
        try:
            recording.read_line(line)
        except orjson.JSONDecodeError as error:
            if line.strip():
                raise UnreadableRecording(line=number, why=f"not JSON, {error}") from None
        except KeyError as error:
            raise UnreadableRecording(line=number, why=f"{error} is missing") from None
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise UnreadableRecording(line=number, why=str(error)) from None
    yield from recording.outcomes()


class _ScannedStamp:
    """State of one stamp in the replay.

    `scored_history`, `scored_context`: what `own_score` and `uncapped_score` were computed from.
    `score_pending`: the score is computed at the end only, because nothing else depends on it.
    """

    __slots__ = (
        "alerted_at",
        "anomalous",
        "campaign",
        "caution_at",
        "context",
        "history",
        "introduced",
        "own_score",
        "report_score",
        "reports",
        "score",
        "score_pending",
        "scored_context",
        "scored_history",
        "suspect_at",
        "uncapped_score",
    )

    def __init__(self, introduced: IntroducedStamp | None) -> None:
        self.introduced = introduced
        self.history: ScanHistory = EMPTY
        self.campaign: str | None = None
        self.context: StampContext | None = None
        self.scored_history: ScanHistory = EMPTY
        self.scored_context: StampContext | None = None
        self.own_score = 0.0
        self.uncapped_score = 0.0
        self.score = 0.0
        self.score_pending = False
        self.anomalous = False
        self.reports: ReportTally | None = None
        self.report_score = 0.0
        self.caution_at: int | None = None
        self.suspect_at: int | None = None
        self.alerted_at: int | None = None


class _Replay:
    """A recording as far as it was read."""

    def __init__(self, rules: Rules, provinces: Mapping[str, Place]) -> None:
        self._rules = rules
        self._parser = ScanParser(provinces)
        # In the order of introduction; a stamp without scans is only its introduction.
        self._stamps: dict[str, _ScannedStamp | IntroducedStamp] = {}
        self._lots: dict[bytes, IntroducedStamp] = {}
        self._batches: dict[str, BatchAnomaly] = {}
        self._batch_evidence: dict[str, float] = {}
        self._networks = NetworkDays()
        self._campaigns = CampaignNames()

    def read_line(self, line: bytes) -> None:
        """Judge one line."""
        if line.startswith(_NAME_FIRST) and _ESCAPE not in line:
            self._introduce_from_lot(line)
            return
        fields = _parse_json(line)
        if not isinstance(fields, dict):
            raise TypeError(f"it is a {type(fields).__name__}, not an object")
        name = fields.get("scan")
        if name is not None:
            stamp = self._stamps.get(name)
            if not isinstance(stamp, _ScannedStamp):
                stamp = self._stamps[name] = _ScannedStamp(stamp)
            event = self._parser.parse_scan(fields)
            if event.via is not VISIT and stamp.introduced is not None:
                self._weigh_scan(name, stamp, stamp.introduced, event)
        elif "stamp" in fields:
            self._introduce(str(fields["stamp"]), IntroducedStamp(fields))
        elif "report" in fields:
            self._add_report(str(fields["report"]), parse_report(fields))
        else:
            raise ValueError("it has neither `stamp`, `scan` nor `report`")

    def _add_report(self, name: str, report: ReportedStamp) -> None:
        """Add a consumer's report: it weighs on the alert, and on no verdict."""
        stamp = self._stamps.get(name)
        if not isinstance(stamp, _ScannedStamp):
            stamp = self._stamps[name] = _ScannedStamp(stamp)
        if stamp.reports is None:
            stamp.reports = ReportTally()
        stamp.reports.add(report)
        stamp.report_score = bound_reports(stamp.reports.nats, self._rules)
        self._alert_with_reports(stamp, report.at)

    def _alert_with_reports(self, stamp: _ScannedStamp, at: int) -> None:
        """Raise the alert of a stamp whose scans reach it with its reports."""
        rules, context = self._rules, stamp.context
        if (
            stamp.alerted_at is None
            and context is not None
            and stamp.score + stamp.report_score >= rules.alert
            and not is_held_back(stamp.scored_history, context, rules)
        ):
            stamp.alerted_at = at

    def _introduce_from_lot(self, line: bytes) -> None:
        """Introduce a stamp whose line repeats, after the name, another stamp's of its lot."""
        name, _, rest = line[len(_NAME_FIRST) :].partition(b'"')
        introduced = self._lots.get(rest)
        if introduced is None:
            introduced = IntroducedStamp(_parse_json(line))
            if len(self._lots) >= _CACHED_LOTS:
                self._lots.clear()
            self._lots[rest] = introduced
        self._introduce(name.decode(), introduced)

    def _introduce(self, name: str, introduced: IntroducedStamp) -> None:
        stamp = self._stamps.get(name)
        if isinstance(stamp, _ScannedStamp):
            if stamp.introduced is None:  # scanned before its introduction: is moved to its place
                self._stamps[name] = self._stamps.pop(name)
            stamp.introduced = introduced
        else:
            self._stamps[name] = introduced

    def _weigh_scan(
        self, name: str, stamp: _ScannedStamp, introduced: IntroducedStamp, event: ScanEvent
    ) -> None:
        """Judge a scan with the weight that its network leaves it; an enrolled device's weighs."""
        network, at = event.network, event.at
        if network is None or event.via is not _PAGE:
            self._judge_scan(stamp, introduced, event)
            return
        day = self._networks.find(network, at)
        weight = day.weigh_scan(at, self._rules)
        before, accused = stamp.score, False
        if weight is FULL:
            self._judge_scan(stamp, introduced, event)
            accused = before < self._rules.caution <= stamp.score
        else:
            self._judge_scan(stamp, introduced, event.without_weight())
        if day.note_stamp(name, accused=accused, rules=self._rules):
            campaign = self._campaigns.name_campaign(day, introduced.batch, at)
            for scanned in day.recent:
                found = self._stamps[scanned]
                if isinstance(found, _ScannedStamp) and found.campaign is None:
                    found.campaign = campaign
            day.recent.clear()

    def _judge_scan(
        self, stamp: _ScannedStamp, introduced: IntroducedStamp, event: ScanEvent
    ) -> None:
        at, rules, batch = event.at, self._rules, introduced.batch
        before = stamp.history
        evidence = 0.0 if batch is None else self._batch_evidence.get(batch, 0.0)
        stamp.context = context = introduced.context_at(at, evidence)
        stamp.history = history = apply_scan(before, event, context, rules)
        if (
            history.sessions == before.sessions
            and history.places == before.places
            and history.proven_travel == before.proven_travel
        ):
            return  # the same device again: no new evidence
        alerted = stamp.alerted_at is not None
        if alerted and stamp.suspect_at is not None and (stamp.anomalous or batch is None):
            # All times are known: only the last score is missing.
            stamp.score_pending = True
            stamp.scored_history, stamp.scored_context = history, context
            return
        if (
            stamp.score_pending
            or stamp.scored_context is not context
            or not scores_equally(history, stamp.scored_history, rules)
        ):
            stamp.score_pending = False
            stamp.own_score, stamp.uncapped_score = score_history(history, context, rules)
            stamp.scored_context = context
        stamp.scored_history = history
        own, score = stamp.own_score, stamp.uncapped_score
        if score >= rules.caution:
            score, _ = cap_score(score, history, context, rules)
        stamp.score = score
        is_first = not before.scans
        if batch is not None and (is_first or (own >= rules.anomalous and not stamp.anomalous)):
            stamp.anomalous = own >= rules.anomalous
            self._count(batch, at, scanned=is_first, anomalous=stamp.anomalous)
        if stamp.report_score:
            self._alert_with_reports(stamp, at)
        if score < rules.caution:
            return
        verdict = grade_score(score, context, rules, at)
        if verdict is Verdict.SUSPECT:
            if stamp.suspect_at is None:
                stamp.suspect_at = at
                stamp.caution_at = stamp.caution_at or at
        elif verdict is Verdict.CAUTION and stamp.caution_at is None:
            stamp.caution_at = at
        if stamp.alerted_at is None and score >= rules.alert:
            stamp.alerted_at = at

    def _count(self, batch: str, at: int, *, scanned: bool, anomalous: bool) -> None:
        """Count a stamp for its batch."""
        counts = self._batches.get(batch, _NOTHING_COUNTED)
        counts = counts.count(at, self._rules, scanned=scanned, anomalous=anomalous)
        self._batches[batch] = counts
        self._batch_evidence[batch] = counts.evidence(self._rules)

    def outcomes(self) -> Iterator[dict[str, Any]]:
        """Yield each outcome in the order of introduction; then stamps never introduced."""
        unknown = []
        for name, stamp in self._stamps.items():
            if not isinstance(stamp, _ScannedStamp):
                yield self._outcome(name, _ScannedStamp(stamp))
            elif stamp.introduced is None:
                unknown.append(name)
            else:
                yield self._outcome(name, stamp)
        for name in unknown:
            yield self._outcome(name, _ScannedStamp(None))

    def _outcome(self, name: str, stamp: _ScannedStamp) -> dict[str, Any]:
        verdict = Verdict.UNKNOWN
        score = stamp.score
        reasons: tuple[Reason, ...] = ()
        if stamp.context is not None:
            history = stamp.history
            if stamp.score_pending and stamp.scored_context is not None:
                last = assess_history(
                    stamp.scored_history, stamp.scored_context, self._rules, None, counted=False
                )
                score = last.score
            at = history.last_at
            final = assess_history(history, stamp.context, self._rules, at, counted=False)
            verdict, reasons = final.verdict, final.reasons
        elif stamp.introduced is not None:
            verdict = grade_score(0.0, stamp.introduced.context, self._rules, None)
        outcome: dict[str, Any] = {
            "stamp": name,
            "verdict": str(verdict),
            "score": round(score, 3) if score else 0.0,  # most are 0, and rounding is slow
            "reasons": [str(reason) for reason in reasons],
            "first_caution_at": format_rfc3339(stamp.caution_at),
            "first_suspect_at": format_rfc3339(stamp.suspect_at),
            "alerted_at": format_rfc3339(stamp.alerted_at),
            "campaign": stamp.campaign,
        }
        if stamp.report_score:
            outcome["report_score"] = round(stamp.report_score, 3)
        return outcome
