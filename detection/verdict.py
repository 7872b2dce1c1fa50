"""The judge: from what is known of a stamp to a graded verdict with named reasons. Pure.

`judge` adds one sighting to the dossier and weighs the whole. The law comes first (a void,
recalled, suspended or inactive stamp is that, whatever its scans say), then the evidence: each
piece has a weight in nats (`detection.model`), the weights add up to the score, and thresholds
(`detection.rules`) turn the score into `caution` (shown, nobody accused), an alert (people are asked
to look) and `suspect` (shown: strong evidence of a copy). One device alone never makes either.

What has an honest explanation never makes more than a caution: a household with a lost cookie,
dozens of people in one place within the days that a sample stands on show, a photo that goes round
and round. What may be explained otherwise is shown to people and to no consumer: a flood of scans,
and places that somebody makes up, raise an alert that names them (a photo, a poisoning), while the
page stays at caution.

>>> from stamps.lifecycle import State
>>> judge(ScanHistory(), None, StampContext(State.RECALLED), Rules()).verdict
<Verdict.RECALLED: 'recalled'>
"""

from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import Final, final

from detection.apply_scan import apply_scan
from detection.benign_causes import flood
from detection.features import Features, Numbers
from detection.reasons import Reason
from detection.rules import Rules
from detection.scan_event import ScanEvent, Via
from detection.scan_history import ScanHistory
from detection.score import OUT_OF_USE, cap_score, weigh
from detection.stamp_context import StampContext
from stamps.lifecycle import State

__all__ = [
    "Judgement",
    "Reason",
    "Rules",
    "StampContext",
    "Verdict",
    "assess",
    "grade",
    "judge",
]


class Verdict(StrEnum):
    """What the world is told of a stamp."""

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
    """A verdict, its score in nats, its reasons (strongest first), and what is now remembered.

    `alert` asks for people to look, with this sighting as the last straw. `own_score` leaves out
    what the batch's other stamps say: it is what the batch may count.
    """

    verdict: Final[Verdict]
    score: Final[float]
    reasons: Final[tuple[Reason, ...]]
    history: Final[ScanHistory]
    alert: Final[bool]
    own_score: Final[float]

    # Written out for the compiler, as a dossier's is.
    def __init__(
        self,
        verdict: Verdict,
        score: float,
        reasons: tuple[Reason, ...],
        history: ScanHistory,
        alert: bool,
        own_score: float,
    ) -> None:
        self.verdict = verdict
        self.score = score
        self.reasons = reasons
        self.history = history
        self.alert = alert
        self.own_score = own_score


_BY_STATE: Final = {
    State.ISSUED: Verdict.INACTIVE,
    State.PRINTED: Verdict.INACTIVE,
    State.VOID: Verdict.VOID,
    State.SUSPENDED: Verdict.SUSPENDED,
    State.RECALLED: Verdict.RECALLED,
}
# Members by names of their own: asking an enum's class for one takes 0.1 µs, and this is hot.
_ACTIVATED: Final = State.ACTIVATED
_CLAIMED: Final = State.CLAIMED
_AUTHENTIC: Final = Verdict.AUTHENTIC
_CAUTION: Final = Verdict.CAUTION
_SUSPECT: Final = Verdict.SUSPECT
_EXPIRED: Final = Verdict.EXPIRED
_new: Final = tuple.__new__
# Reasons that weighed less are not worth a word.
_WORTH_NAMING: Final = 0.25


def judge(
    history: ScanHistory,
    event: ScanEvent | None,
    facts: StampContext,
    rules: Rules,
    *,
    at: int | None = None,
) -> Judgement:
    """Judge a stamp after one more sighting, or (`event=None`, a visit) as it stands.

    `at` is the time of a visit in milliseconds since the Unix epoch; without it a visit can not
    tell that the shelf life is over. The dossier in the judgement is the one to remember.
    """
    counted = False
    if event is not None:
        at, counted = event.at, event.via is not Via.VISIT
        history = apply_scan(history, event, facts, rules)
    return assess(history, facts, rules, at, counted=counted)


def assess(
    history: ScanHistory, facts: StampContext, rules: Rules, at: int | None, *, counted: bool
) -> Judgement:
    """Judge a dossier that has witnessed everything already: the second half of `judge`.

    `counted` says that it has just witnessed a scan, so that an alert may be asked for.
    """
    own, score, measured = weigh(history, facts, rules)
    reasons: tuple[Reason, ...] = ()
    if measured is not None:
        score, cause = cap_score(own, score, measured, history, facts, rules)
        reasons = _reasons(_new(Features, measured), history, facts, rules, cause)
    elif history.fresh > 1 and history.peak >= rules.flood:
        reasons = (flood(history.last, history.latest, history.sessions, history.peak, rules),)
    alert = counted and measured is not None and score >= rules.alert
    verdict = grade(score, measured, facts, rules, at)
    return Judgement(verdict, score, reasons, history, alert, own)


def grade(
    score: float, measured: Numbers | None, facts: StampContext, rules: Rules, at: int | None
) -> Verdict:
    """The verdict that a score makes at a time; the law comes first."""
    state = facts.state
    if state is not _ACTIVATED and state is not _CLAIMED:
        return _BY_STATE[state]
    if measured is not None and score >= rules.suspect:
        return _SUSPECT
    if at is not None and facts.ends_at is not None and at > facts.ends_at:
        return _EXPIRED
    return _CAUTION if score >= rules.caution else _AUTHENTIC


def _reasons(
    measures: Features,
    history: ScanHistory,
    facts: StampContext,
    rules: Rules,
    cause: Reason | None,
) -> tuple[Reason, ...]:
    """What weighed, the strongest first; then what explains it otherwise."""
    pieces = rules.lookup_tables.pieces(measures)
    crowd, crowd_rounds, sessions, rounds, places, cameras = pieces[:6]
    kept_sessions, kept_rounds, at_home, people, feeds = pieces[16:]
    weighed = [
        (nats, reason)
        for nats, reason in zip(
            (
                crowd + sessions + kept_sessions + people,
                crowd_rounds + rounds + kept_rounds,
                places + cameras,
                *pieces[6:11],
                pieces[11] + at_home,
                pieces[12],
                rules.claimed if facts.claimed else 0.0,
                min(facts.batch_evidence, rules.batch_most),
                rules.out_of_use if history.rounds and facts.state in OUT_OF_USE else 0.0,
            ),
            _REASONS,
            strict=True,
        )
        if nats >= _WORTH_NAMING
    ]
    weighed.sort(key=_strength, reverse=True)
    named = [reason for _, reason in weighed]
    if measures.one_crowd and pieces[13] <= -_WORTH_NAMING:
        named.append(Reason.ONE_CROWD)
    if cause is None and feeds <= -_WORTH_NAMING:
        cause = Reason.VIRAL_PHOTO
    if cause:
        named.append(cause)
    return tuple(named)


_strength: Final = itemgetter(0)
# What the pieces speak for: the measures in their order, crowds put together; then the facts.
_REASONS: Final = (
    Reason.MANY_DEVICES,
    Reason.MANY_ROUNDS,
    Reason.MANY_PLACES,
    Reason.RETURNED,
    Reason.IMPOSSIBLE_TRAVEL,
    Reason.LONG_SPREAD,
    Reason.OUTLIVED,
    Reason.DORMANT,
    Reason.OFF_MARKET,
    Reason.BEFORE_PACKING,
    Reason.CLAIMED,
    Reason.BATCH,
    Reason.OUT_OF_USE,
)
