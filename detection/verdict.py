"""Judge a stamp: the lifecycle first, then the score of its scans. The result is a verdict.

Shaped for the compiler: the constructor of `Judgement` is written out and enum members have
module-level names. Together with the constructor of `BatchAnomaly` that saves a sixth of the
instructions of a replay (ADR 0035).

`judge` adds one scan event to a history and judges the result. The lifecycle comes first: a void,
recalled, suspended or inactive stamp has that verdict whatever its scans say. Then the score
(`detection.score`) decides by the thresholds of `detection.rules`: `caution` (shown, nobody is
accused), an alert (people are asked to look), `suspect` (shown: strong evidence of a copy). One
device alone causes none of them.

People's decision on a stamp comes before its score. A confirmed stamp is suspect. A dismissed one
has the verdict of the lifecycle until its evidence is of a new kind or clearly above what was
dismissed (`Rules.reopen_margin`, `Rules.reopen_reason`).

A history with an honest explanation never causes more than a caution. One that may have another
cause (a viral photo, a poisoning) causes an alert that names it, and the page stays at caution.

>>> from stamps.lifecycle import State
>>> judge(ScanHistory(), None, StampContext(State.RECALLED), Rules()).verdict
<Verdict.RECALLED: 'recalled'>
"""

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import Final, final

from detection.apply_scan import apply_scan
from detection.benign_causes import (
    classify_flood,
    find_cause,
    has_spoofed_places,
    is_crowded,
    is_flood,
    is_proven,
)
from detection.reasons import ACCUSING, Reason
from detection.rules import Rules
from detection.scan_event import VISIT, ScanEvent
from detection.scan_history import ScanHistory
from detection.score import cap_score, is_held_back, score_history
from detection.stamp_context import MAX_OTHER_CLAIMS, Decision, StampContext
from stamps.lifecycle import State

__all__ = [
    "Decision",
    "Judgement",
    "Reason",
    "Rules",
    "StampContext",
    "Verdict",
    "assess_history",
    "grade_score",
    "judge",
    "weigh_reasons",
]


class Verdict(StrEnum):
    """Verdict on a stamp, as pages, APIs and alerts say it."""

    AUTHENTIC = "authentic"
    CAUTION = "caution"
    SUSPECT = "suspect"
    INACTIVE = "inactive"
    SUSPENDED = "suspended"
    RECALLED = "recalled"
    VOID = "void"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@final
@dataclass(slots=True, init=False)
class Judgement:
    """A verdict with its score (nats), its reasons (strongest first) and the history to store.

    `alert`: this scan asks for people to look. `own_score` leaves out the prior and the batch's
    evidence; it is what the batch counts. `near` has the reasons of a scan that is an alert only
    with what consumers' reports may add (`Rules.near_alert`); of others it is empty.
    """

    verdict: Final[Verdict]
    score: Final[float]
    reasons: Final[tuple[Reason, ...]]
    history: Final[ScanHistory]
    alert: Final[bool]
    own_score: Final[float]
    near: Final[tuple[Reason, ...]]

    def __init__(
        self,
        verdict: Verdict,
        score: float,
        reasons: tuple[Reason, ...],
        history: ScanHistory,
        alert: bool,
        own_score: float,
        near: tuple[Reason, ...] = (),
    ) -> None:
        self.verdict = verdict
        self.score = score
        self.reasons = reasons
        self.history = history
        self.alert = alert
        self.own_score = own_score
        self.near = near


_BY_STATE: Final = {
    State.ISSUED: Verdict.INACTIVE,
    State.PRINTED: Verdict.INACTIVE,
    State.VOID: Verdict.VOID,
    State.SUSPENDED: Verdict.SUSPENDED,
    State.RECALLED: Verdict.RECALLED,
}
_AUTHENTIC: Final = Verdict.AUTHENTIC
_CAUTION: Final = Verdict.CAUTION
_SUSPECT: Final = Verdict.SUSPECT
_EXPIRED: Final = Verdict.EXPIRED
_CONFIRMED: Final = Reason.CONFIRMED
_MIN_NAMED_NATS: Final = 0.05
"""A reason with a smaller weight is not named."""
_by_weight: Final = itemgetter(1)


def judge(
    history: ScanHistory,
    event: ScanEvent | None,
    context: StampContext,
    rules: Rules,
    *,
    at: int | None = None,
) -> Judgement:
    """Judge a stamp after one more scan event, or without one (`event=None`, a visit).

    `at` is the time of a visit in milliseconds since the Unix epoch; without it the verdict is
    never `expired`. Store the history of the judgement.
    """
    counted = False
    if event is not None:
        at, counted = event.at, event.via is not VISIT
        history = apply_scan(history, event, context, rules)
    return assess_history(history, context, rules, at, counted=counted)


def assess_history(
    history: ScanHistory, context: StampContext, rules: Rules, at: int | None, *, counted: bool
) -> Judgement:
    """Judge a history as it is. `counted`: its last event was a scan, which may raise an alert."""
    own, score = score_history(history, context, rules)
    reasons: tuple[Reason, ...] = ()
    if score >= rules.caution:
        score, cause = cap_score(score, history, context, rules)
        reasons = _name_reasons(history, context, rules, cause)
    elif history.independent > 1 and is_flood(history, rules):
        reasons = (classify_flood(history),)
    verdict = grade_score(score, context, rules, at)
    alert = counted and score >= rules.alert
    near: tuple[Reason, ...] = ()
    if counted and score >= rules.near_alert:
        near = find_near_reasons(score, history, context, rules)
    decision = context.decision
    if decision is not None:
        if decision.confirmed:
            reasons = (_CONFIRMED, *reasons)
            verdict = grade_score(max(score, rules.suspect), context, rules, at)
        elif not is_outweighed(decision, score, history, context, rules):
            verdict, reasons, alert, own = grade_score(0.0, context, rules, at), (), False, 0.0
            near = ()
    return Judgement(
        verdict=verdict,
        score=score,
        reasons=reasons,
        history=history,
        alert=alert,
        own_score=own,
        near=near,
    )


def find_near_reasons(
    score: float, history: ScanHistory, context: StampContext, rules: Rules
) -> tuple[Reason, ...]:
    """Return the reasons of a history that is an alert only with consumers' reports; else none.

    `score` is the capped score of the history.
    """
    if not rules.near_alert <= score < rules.alert:
        return ()
    if is_held_back(history, context, rules):
        return ()
    return _name_reasons(history, context, rules, find_cause(history, rules))


def is_outweighed(
    decision: Decision, score: float, history: ScanHistory, context: StampContext, rules: Rules
) -> bool:
    """Return whether the evidence is clearly above what was dismissed, or of a new kind."""
    if score < rules.caution:
        return False
    if score >= decision.score + rules.reopen_margin:
        return True
    supported, _ = weigh_reasons(history, context, rules)
    for reason, nats in supported.items():
        if nats >= rules.reopen_reason and reason in ACCUSING and reason not in decision.reasons:
            return True
    return False


def grade_score(score: float, context: StampContext, rules: Rules, at: int | None) -> Verdict:
    """Return the verdict of a score at a time. The lifecycle comes before the score."""
    if not context.in_circulation:
        return _BY_STATE[context.state]
    if score >= rules.suspect:
        return _SUSPECT
    if at is not None and context.ends_at is not None and at > context.ends_at:
        return _EXPIRED
    return _CAUTION if score >= rules.caution else _AUTHENTIC


def weigh_reasons(
    history: ScanHistory, context: StampContext, rules: Rules
) -> tuple[dict[Reason, float], dict[Reason, float]]:
    """Return the weight of each reason that supports a suspicion, and of each that explains it."""
    supported: dict[Reason, float] = defaultdict(float)
    explained: dict[Reason, float] = {}
    for feature, nats in rules.model.weigh_features(history, context):
        if feature.reason is None:
            continue
        if feature.mitigating:
            explained[feature.reason] = nats
        else:
            supported[feature.reason] += nats
    other_claims = min(context.other_claims, MAX_OTHER_CLAIMS)
    supported[Reason.SECOND_CLAIM] = rules.second_claim * other_claims
    supported[Reason.BATCH] = min(context.batch_evidence, rules.batch_max)
    if context.out_of_use and history.rounds:
        supported[Reason.OUT_OF_USE] = rules.out_of_use
    return supported, explained


def _name_reasons(
    history: ScanHistory, context: StampContext, rules: Rules, cause: Reason | None
) -> tuple[Reason, ...]:
    """Return the reasons with weight, the strongest first; then what explains the history."""
    supported, explained = weigh_reasons(history, context, rules)
    strongest = sorted(supported.items(), key=_by_weight, reverse=True)
    reasons = [reason for reason, nats in strongest if nats >= _MIN_NAMED_NATS]
    if cause is not None:
        explained.pop(Reason.VIRAL_PHOTO, None)
    reasons += [reason for reason, nats in explained.items() if nats <= -_MIN_NAMED_NATS]
    if is_crowded(history, rules):
        reasons.append(Reason.MANY_NETWORKS)
    if cause is None and has_spoofed_places(history, rules):
        cause = Reason.POISONING
    if cause is not None:
        reasons.append(cause)
    if history.places > 1 and not is_proven(history, context, rules):
        reasons.append(Reason.UNPROVEN_PLACES)
    return tuple(reasons)
