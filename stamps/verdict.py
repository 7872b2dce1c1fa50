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
from operator import getitem, itemgetter
from typing import Final, NamedTuple

from stamps.dossier import Dossier
from stamps.evidence import Measures, Numbers, numbers
from stamps.explained import flood, household, on_show, otherwise
from stamps.facts import StampFacts
from stamps.lifecycle import State
from stamps.reasons import Reason
from stamps.rules import Rules
from stamps.sighting import Sighting, Via
from stamps.witness import witness

__all__ = ["Judgement", "Reason", "Rules", "StampFacts", "Verdict", "assess", "judge"]


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
    dossier: Dossier,
    facts: StampFacts,
    rules: Rules,
    at: int | None,
    *,
    counted: bool,
    explain: bool = True,
) -> Judgement:
    """Judge a dossier that has witnessed everything already: the second half of `judge`.

    `counted` says that it has just witnessed a scan, so that an alert may be asked for.
    `explain=False` leaves the reasons out: whoever judges a million scans asks for them at the end.
    """
    state = facts.state
    living = state is _ACTIVATED or state is _CLAIMED
    own = score = 0.0
    reasons: tuple[Reason, ...] = ()
    alert = suspect = False
    if dossier.fresh > 1:
        measured = numbers(dossier, facts)
        own = _weigh(measured, dossier, facts, rules)
        score = own + rules.prior
        if facts.batch_evidence and own >= rules.odd:
            score += min(facts.batch_evidence, rules.batch_most)
        if score >= rules.caution:
            measures = _new(Measures, measured)
            cause = otherwise(own, measures, dossier, rules)
            if explain:
                reasons = _reasons(measures, dossier, facts, rules, cause)
            if (
                (living and household(measures, dossier, rules))
                or on_show(measures, dossier, rules)
                or (cause and dossier.fresh * rules.flood_times < dossier.sessions)
            ):
                score = min(score, rules.alert - _EXPLAINED)
            elif cause:
                score = min(score, rules.suspect - _EXPLAINED)
            alert = counted and score >= rules.alert
            suspect = score >= rules.suspect
        elif explain and dossier.peak >= rules.flood:
            reasons = (flood(dossier, rules),)
    if not living:
        verdict = _BY_STATE[state]
    elif suspect:
        verdict = _SUSPECT
    elif at is not None and facts.ends_at is not None and at > facts.ends_at:
        verdict = _EXPIRED
    else:
        verdict = _CAUTION if score >= rules.caution else _AUTHENTIC
    return _new(Judgement, (verdict, score, reasons, dossier, alert, own))


def _weigh(measured: Numbers, dossier: Dossier, facts: StampFacts, rules: Rules) -> float:
    """The score of a dossier by itself, in nats."""
    # One by one and in their order: `sum(map(getitem, …))` takes twice as long.
    a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u = rules.tables
    A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T, U = measured
    score = a[A] + b[B] + c[C] + d[D] + e[E] + f[F] + g[G] + h[H] + i[I] + j[J] + k[K] + l[L] + m[M]
    score += n[N]
    score += o[O] 
    score += p[P]
    score += q[Q]
    score += r[R]
    score += s[S]
    score += t[T]
    score += u[U]
    if facts.claimed:
        score += rules.claimed
    if dossier.rounds and facts.state in _OUT_OF_USE:
        score += rules.out_of_use
    return score


def _reasons(
    measures: Measures,
    dossier: Dossier,
    facts: StampFacts,
    rules: Rules,
    cause: Reason | None,
) -> tuple[Reason, ...]:
    """What weighed, the strongest first; then what explains it otherwise."""
    pieces = list(map(getitem, rules.laid_out, measures))
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
