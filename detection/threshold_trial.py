"""Threshold trial: which recorded stamps would raise an alert at other thresholds.

The scans of a stamp are applied one after the other, as they arrived, and each history is assessed
by the rules of each threshold. People's decisions are left out: the question is what the detector
would have said without them. The evidence of the batch, at most one nat (`Rules.batch_max`), is
left out too.
Consumers' reports add to alerts as they do in service.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final

from detection.apply_scan import apply_scan
from detection.labels import Share, estimate_share
from detection.report_evidence import ReportedStamp, ReportTally, bound_reports
from detection.rules import Rules
from detection.scan_event import VISIT, ScanEvent
from detection.scan_history import EMPTY, ScanHistory
from detection.stamp_context import StampContext
from detection.verdict import assess_history

STEPS: Final = (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0)
"""The thresholds of a trial, in nats from the one in force."""


@dataclass(frozen=True, slots=True)
class TriedStamp:
    """Result of a trial for one stamp."""

    alerts: tuple[bool, ...]
    """Whether it would raise an alert, by threshold."""
    score: float
    """Its highest score by the rules in force."""
    history: ScanHistory
    """Its scans."""


@dataclass(frozen=True, slots=True)
class TrialRow:
    """Result of one threshold."""

    threshold: float
    is_in_force: bool
    confirmed: Share
    """Share of the alerts that people confirmed which it raises too."""
    dismissed: Share
    """Share of the alerts that people dismissed which it does not raise."""
    sampled: Share
    """Share of the sampled stamps that raise an alert."""


def list_rules(rules: Rules) -> list[Rules]:
    """Return the rules of each threshold: a caution is never above it, a suspect never below."""
    found = []
    for step in STEPS:
        alert = round(rules.alert + step, 3)
        if alert > 0:
            caution, suspect = min(rules.caution, alert), max(rules.suspect, alert)
            found.append(replace(rules, alert=alert, caution=caution, suspect=suspect))
    return found


def try_thresholds(
    events: Iterable[ScanEvent],
    context: StampContext,
    tried: Sequence[Rules],
    in_force: Rules,
    reports: Iterable[ReportedStamp] = (),
) -> TriedStamp:
    """Judge the scans of a stamp, and its consumers' reports, by the rules of each threshold."""
    history, score, tally = EMPTY, 0.0, ReportTally()
    alerts = [False] * len(tried)
    reported = deque(sorted(reports, key=attrgetter("at")))

    def raise_alerts(now: int) -> None:
        for at, rules in enumerate(tried):
            if not alerts[at]:
                found = assess_history(history, context, rules, now, counted=True)
                told = found.score + bound_reports(tally.nats, rules)
                alerts[at] = found.alert or (bool(found.near) and told >= rules.alert)

    for event in events:
        if event.via is VISIT:
            continue
        while reported and reported[0].at < event.at:
            tally.add(reported.popleft())
            raise_alerts(event.at)
        history = apply_scan(history, event, context, in_force)
        now = assess_history(history, context, in_force, event.at, counted=True)
        score = max(score, now.score)
        raise_alerts(event.at)
    for report in reported:
        tally.add(report)
        raise_alerts(report.at)
    return TriedStamp(tuple(alerts), score, history)


def summarize_trial(
    tried: Sequence[Rules],
    in_force: Rules,
    labelled: Sequence[tuple[bool, TriedStamp]],
    sampled: Sequence[TriedStamp],
) -> list[TrialRow]:
    """Return what each threshold would have done; a label says whether an alert was confirmed."""
    rows = []
    for at, rules in enumerate(tried):
        confirmed = [stamp.alerts[at] for label, stamp in labelled if label]
        dismissed = [not stamp.alerts[at] for label, stamp in labelled if not label]
        raised = [stamp.alerts[at] for stamp in sampled]
        rows.append(
            TrialRow(
                threshold=rules.alert,
                is_in_force=rules.alert == in_force.alert,
                confirmed=estimate_share(sum(confirmed), len(confirmed)),
                dismissed=estimate_share(sum(dismissed), len(dismissed)),
                sampled=estimate_share(sum(raised), len(raised)),
            )
        )
    return rows
