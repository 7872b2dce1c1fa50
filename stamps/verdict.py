"""The judge: from what is known of a stamp to a graded verdict with named reasons. Pure.

`judge` adds one sighting to the dossier and weighs the whole. The law comes first (a void,
recalled, suspended or inactive stamp is that, whatever its scans say), then the evidence: each
piece has a weight in nats (`stamps.weights`), the weights add up to the score, and thresholds
(`stamps.rules`) turn the score into `caution` (shown, nobody accused), an alert (people are asked
to look) and `suspect` (shown: strong evidence of a copy). One device alone never makes either.

What has an honest explanation never makes more than a caution: a household with a lost cookie,
dozens of people in one place within the days that a sample stands on show, a photo that goes round
and round. What may be explained otherwise is shown to people and to no consumer: a flood of scans,
and places that somebody makes up, raise an alert that names them (a photo, a poisoning), while the
page stays at caution.

>>> from stamps.lifecycle import State
>>> judge(Dossier.EMPTY, None, StampFacts(State.RECALLED), Rules()).verdict
<Verdict.RECALLED: 'recalled'>
"""

from enum import StrEnum
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias

from stamps.dossier import Dossier, Fields
from stamps.evidence import Measures, Numbers, numbers
from stamps.explained import flood, household, on_show, otherwise
from stamps.facts import StampFacts
from stamps.lifecycle import State
from stamps.reasons import Reason
from stamps.rules import Rules
from stamps.sighting import Sighting, Via
from stamps.witness import witness

__all__ = [
    "Judgement",
    "Reason",
    "Rules",
    "StampFacts",
    "Verdict",
    "assess",
    "grade",
    "judge",
    "weigh",
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


class Judgement(NamedTuple):
    """A verdict, its score in nats, its reasons (strongest first), and what is now remembered.

    `alert` asks for people to look, with this sighting as the last straw. `own_score` leaves out
    what the batch's other stamps say: it is what the batch may count.
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
_OUT_OF_USE: Final = frozenset({State.ISSUED, State.PRINTED, State.VOID})
# Members by names of their own: asking an enum's class for one takes 0.1 µs, and this is hot.
_ACTIVATED: Final = State.ACTIVATED
_CLAIMED: Final = State.CLAIMED
_AUTHENTIC: Final = Verdict.AUTHENTIC
_CAUTION: Final = Verdict.CAUTION
_SUSPECT: Final = Verdict.SUSPECT
_EXPIRED: Final = Verdict.EXPIRED
_new: Final = tuple.__new__
_NOTHING: Final = (0.0, 0.0, None, None)
# Where they stand among a dossier's fields.
_BEGUN: Final = 2
_LATEST: Final = 3
_SESSIONS: Final = 5
_FRESH: Final = 10
_ROUNDS: Final = 11
# How far below an alert an explained history is held.
_EXPLAINED: Final = 0.1
# Reasons that weighed less are not worth a word.
_WORTH_NAMING: Final = 0.25


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
    counted = False
    if sighting is not None:
        at, counted = sighting.at, sighting.via is not Via.VISIT
        dossier = witness(dossier, sighting, facts, rules)
    return assess(dossier, facts, rules, at, counted=counted)


def assess(
    dossier: Dossier, facts: StampFacts, rules: Rules, at: int | None, *, counted: bool
) -> Judgement:
    """Judge a dossier that has witnessed everything already: the second half of `judge`.

    `counted` says that it has just witnessed a scan, so that an alert may be asked for.
    """
    own, score, measured, cause = weigh(dossier, facts, rules)
    reasons: tuple[Reason, ...] = ()
    if measured is not None:
        reasons = _reasons(_new(Measures, measured), dossier, facts, rules, cause)
    elif dossier.fresh > 1 and dossier.peak >= rules.flood:
        reasons = (flood(dossier.last, dossier.latest, dossier.sessions, dossier.peak, rules),)
    alert = counted and measured is not None and score >= rules.alert
    verdict = grade(score, measured, facts, rules, at)
    return _new(Judgement, (verdict, score, reasons, dossier, alert, own))


Weighed: TypeAlias = tuple[float, float, Numbers | None, Reason | None]
"""The score of a dossier by itself; the score with the batch's evidence, held down by what explains
it; and, if that came to a caution before it was held down, what was measured and what else than
copies it may come from."""


def weigh(dossier: Fields, facts: StampFacts, rules: Rules) -> Weighed:
    """What a dossier's evidence comes to, in nats."""
    fresh = dossier[_FRESH]
    if fresh < 2:
        return _NOTHING
    measured = numbers(dossier, facts)
    own = _added_up(measured, rules)
    state = facts.state
    if facts.claimed:
        own += rules.claimed
    living = state is _ACTIVATED or state is _CLAIMED
    if not living and state in _OUT_OF_USE and dossier[_ROUNDS]:
        own += rules.out_of_use
    score = own + rules.prior
    if facts.batch_evidence and own >= rules.odd:
        score += min(facts.batch_evidence, rules.batch_most)
    if score < rules.caution:
        return own, score, None, None
    crowd, travel, spread, one_crowd = measured[0], measured[7], measured[8], measured[13]
    cause = otherwise(own, travel, dossier, rules)
    if (
        (living and household(fresh, spread, travel, rules))
        or on_show(crowd, one_crowd, dossier[_LATEST] - dossier[_BEGUN], rules)
        or (cause and fresh * rules.flood_times < dossier[_SESSIONS])
    ):
        most = rules.alert - _EXPLAINED
    elif cause:
        most = rules.suspect - _EXPLAINED
    else:
        return own, score, measured, None
    return own, most if most < score else score, measured, cause


def grade(
    score: float, measured: Numbers | None, facts: StampFacts, rules: Rules, at: int | None
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


def _added_up(measured: Numbers, rules: Rules) -> float:
    """What the measures weigh together. Nothing weighs nothing: most measures of most stamps."""
    (
        crowd, crowd_rounds, sessions, rounds, places, cameras, returns, travel, spread, age,
        dormant, abroad, early, one_crowd, peak, bursts, kept_sessions, kept_rounds, at_home,
        people, feeds,
    ) = measured  # fmt: skip
    table = rules.laid_out
    if places > 1:
        nats = table.sessions[sessions] + table.rounds[rounds] + table.places[places]
        nats += table.cameras[cameras]
    else:
        nats = table.crowd[crowd] + table.crowd_rounds[crowd_rounds] + table.places[places]
    if returns:
        nats += table.returns[returns]
    if travel:
        nats += table.travel[travel]
    nats += table.spread[spread]
    nats += table.age[age]
    if dormant:
        nats += table.dormant[dormant]
    if abroad:
        nats += table.abroad[abroad]
    if early:
        nats += table.early[early]
    if one_crowd:
        nats += table.one_crowd[one_crowd]
    nats += table.peak[peak]
    if bursts:
        nats += table.bursts[bursts]
    if kept_sessions:
        nats += table.kept_sessions[kept_sessions]
        nats += table.kept_rounds[kept_rounds]
    if at_home:
        nats += table.at_home[at_home]
    nats += table.people[people]
    if feeds:
        nats += table.feeds[feeds]
    return nats


def _reasons(
    measures: Measures,
    dossier: Dossier,
    facts: StampFacts,
    rules: Rules,
    cause: Reason | None,
) -> tuple[Reason, ...]:
    """What weighed, the strongest first; then what explains it otherwise."""
    pieces = rules.laid_out.pieces(measures)
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
                rules.out_of_use if dossier.rounds and facts.state in _OUT_OF_USE else 0.0,
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
