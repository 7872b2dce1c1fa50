"""The judge: from what is known of a stamp to a graded verdict with named reasons. Pure.

`judge` adds one sighting to the dossier and weighs the whole. The law comes first (a void,
recalled, suspended or inactive stamp is that, whatever its scans say), then the evidence: each
piece has a weight in nats from `Rules`, the weights add up to the score, and two thresholds turn
the score into `caution` (shown, nobody accused) and `suspect` (strong evidence of a copy; an
alert for people to look at). One device alone never makes a suspect.

>>> from stamps.lifecycle import State
>>> judge(Dossier.EMPTY, None, StampFacts(State.RECALLED), Rules()).verdict
<Verdict.RECALLED: 'recalled'>
"""

from enum import StrEnum
from typing import Final, NamedTuple

from stamps.dossier import Dossier
from stamps.facts import StampFacts
from stamps.lifecycle import State
from stamps.rules import Rules
from stamps.sighting import Sighting, Via
from stamps.witness import witness

__all__ = ["Judgement", "Reason", "Rules", "StampFacts", "Verdict", "judge"]


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


class Reason(StrEnum):
    """Why: slugs that pages translate and inspectors filter by, strongest first in a judgement."""

    IMPOSSIBLE_TRAVEL = "impossible_travel"
    RETURNED = "returned"
    MANY_PLACES = "many_places"
    OFF_MARKET = "off_market"
    BEFORE_PACKING = "before_packing"
    AFTER_SHELF_LIFE = "after_shelf_life"
    LONG_SPREAD = "long_spread"
    CLAIMED = "claimed"
    BATCH = "batch"


class Judgement(NamedTuple):
    """A verdict, its score in nats, its reasons (strongest first), and what is now remembered.

    `own_score` leaves out what the batch's other stamps say: it is what the batch may count.
    """

    verdict: Verdict
    score: float
    reasons: tuple[Reason, ...]
    dossier: Dossier
    alert: bool
    own_score: float


_BY_STATE: Final = {
    State.ISSUED: Verdict.INACTIVE,
    State.PRINTED: Verdict.INACTIVE,
    State.VOID: Verdict.VOID,
    State.SUSPENDED: Verdict.SUSPENDED,
    State.RECALLED: Verdict.RECALLED,
}
_MINUTES_A_DAY: Final = 1440.0


def judge(
    dossier: Dossier,
    sighting: Sighting | None,
    facts: StampFacts,
    rules: Rules,
    *,
    at: int | None = None,
) -> Judgement:
    """Judge a stamp after one more sighting, or (`sighting=None`, a visit) as it stands.

    `at` is the time of a visit in milliseconds since the Unix epoch; without it a visit can not
    tell that the shelf life is over. The dossier in the judgement is the one to remember.
    """
    counted = sighting is not None and sighting.via is not Via.VISIT
    if sighting is not None:
        at = sighting.at
        dossier = witness(dossier, sighting, facts, rules)
    weights = _weigh(dossier, facts, rules)
    score = sum(weights.values())
    reasons = tuple(sorted(weights, key=lambda reason: -weights[reason]))
    suspect = score >= rules.suspect and dossier.sessions > 1
    verdict = _BY_STATE.get(facts.state)
    if verdict is None:
        if suspect:
            verdict = Verdict.SUSPECT
        elif facts.ends_at is not None and at is not None and at > facts.ends_at:
            verdict = Verdict.EXPIRED
        elif score >= rules.caution:
            verdict = Verdict.CAUTION
        else:
            verdict = Verdict.AUTHENTIC
    own = score - weights.get(Reason.BATCH, 0.0)
    return Judgement(verdict, score, reasons, dossier, suspect and counted, own)


def _weigh(dossier: Dossier, facts: StampFacts, rules: Rules) -> dict[Reason, float]:
    """Every piece of evidence that speaks for a copy, in nats."""
    weights: dict[Reason, float] = {}
    others = dossier.sessions - 1
    if dossier.travel:
        weights[Reason.IMPOSSIBLE_TRAVEL] = dossier.travel / 10.0
    if dossier.returns:
        weights[Reason.RETURNED] = rules.returned
    if dossier.scattered:
        weights[Reason.MANY_PLACES] = rules.scattered
    if dossier.abroad:
        weights[Reason.OFF_MARKET] = rules.abroad
    if dossier.early:
        weights[Reason.BEFORE_PACKING] = rules.early
    if dossier.late:
        weights[Reason.AFTER_SHELF_LIFE] = rules.late
    days = (dossier.latest - dossier.first) / _MINUTES_A_DAY - rules.spread_free_days
    if days > 0.0:
        weights[Reason.LONG_SPREAD] = min(days * rules.spread_each_day, rules.spread_most)
    if others > 0 and facts.claimed:
        weights[Reason.CLAIMED] = rules.claimed
    if others > 0 and facts.batch_evidence > 0.0:
        weights[Reason.BATCH] = facts.batch_evidence
    return weights
