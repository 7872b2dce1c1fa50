"""What the evidence of a dossier comes to, in nats: measured, weighed, and held.

The measures (`detection.features`) are looked up in the table of weights (`Rules.lookup_tables`) and added
up. A score that comes to a caution is then *held*: what has an honest explanation never makes more
than a caution, what may be explained otherwise is shown to no consumer (`detection.benign_causes`).
"""

from typing import Final, TypeAlias

from detection.benign_causes import benign_cause, is_household, is_sample_on_show
from detection.features import COUNTS, Numbers, numbers
from detection.reasons import Reason
from detection.rules import Rules
from detection.scan_history import ScanHistory
from detection.stamp_context import StampContext
from stamps.lifecycle import State

OUT_OF_USE: Final = frozenset({State.ISSUED, State.PRINTED, State.VOID})

# Members by names of their own: asking an enum's class for one takes 0.1 µs, and this is hot.
_ACTIVATED: Final = State.ACTIVATED
_CLAIMED: Final = State.CLAIMED
_NOTHING: Final = (0.0, 0.0, None)
# How far below an alert an explained history is held.
_EXPLAINED: Final = 0.1

Weighed: TypeAlias = tuple[float, float, Numbers | None]
"""The score of a dossier by itself, the score with the batch's evidence, and, if that comes to a
caution and wants to be `cap_score` against what may explain it, what was measured."""


def weigh(history: ScanHistory, facts: StampContext, rules: Rules) -> Weighed:
    """What a dossier's evidence comes to, in nats."""
    if history.fresh < 2:
        return _NOTHING
    measured = numbers(history, facts)
    own = _added_up(measured, rules)
    if facts.claimed:
        own += rules.claimed
    if facts.state is not _ACTIVATED and facts.state in OUT_OF_USE and history.rounds:
        own += rules.out_of_use
    score = own + rules.prior
    if facts.batch_evidence and own >= rules.anomalous:
        score += min(facts.batch_evidence, rules.batch_most)
    if score < rules.caution:
        return own, score, None
    return own, score, measured


def cap_score(
    own: float,
    score: float,
    measured: Numbers,
    history: ScanHistory,
    facts: StampContext,
    rules: Rules,
) -> tuple[float, Reason | None]:
    """A score as far as an honest (or another) explanation lets it come, and the explanation."""
    crowd, travel, spread, one_crowd = measured[0], measured[7], measured[8], measured[13]
    cause = benign_cause(own, travel, history, rules)
    fresh, state = history.fresh, facts.state
    living = state is _ACTIVATED or state is _CLAIMED
    if (
        (living and is_household(fresh, spread, travel, rules))
        or is_sample_on_show(crowd, one_crowd, history.latest - history.begun, rules)
        or (cause and fresh * rules.flood_times < history.sessions)
    ):
        most = rules.alert - _EXPLAINED
    elif cause:
        most = rules.suspect - _EXPLAINED
    else:
        return score, None
    return most if most < score else score, cause


def weighs_alike(now: ScanHistory, then: ScanHistory, rules: Rules) -> bool:
    """Whether two dossiers of one stamp and the same facts measure alike, as far as it weighs.

    Most sessions of a stamp that is often scanned add to counts that weigh nothing more.
    """
    table = rules.lookup_tables
    people, before = now.sessions, then.sessions
    if people >= COUNTS:
        people = COUNTS - 1
    if before >= COUNTS:
        before = COUNTS - 1
    return (
        now.fresh == then.fresh
        and now.same == then.same
        and now.latest == then.latest
        and now.begun == then.begun
        and now.rounds == then.rounds
        and now.places == then.places
        and now.returns == then.returns
        and now.travel == then.travel
        and now.abroad == then.abroad
        and now.early == then.early
        and now.feeds == then.feeds
        and table.peak[now.peak] == table.peak[then.peak]
        and table.bursts[now.bursts] == table.bursts[then.bursts]
        and table.people[people] == table.people[before]
        and (now.spots is then.spots or now.spots == then.spots)
    )


def _added_up(measured: Numbers, rules: Rules) -> float:
    """What the measures weigh together. Nothing weighs nothing: most measures of most stamps."""
    (
        crowd, crowd_rounds, sessions, rounds, places, cameras, returns, travel, spread, age,
        dormant, abroad, early, one_crowd, peak, bursts, kept_sessions, kept_rounds, at_home,
        people, feeds,
    ) = measured  # fmt: skip
    table = rules.lookup_tables
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
