"""Score: the evidence of a scan history in nats, capped where something else explains it.

`score_history` sums the weights of the features (`detection.features`). `cap_score` limits a score
from a caution on: a history with an honest explanation raises no alert, and one that may have
another cause is never called suspect (`detection.benign_causes`).
"""

from typing import Final

from detection.benign_causes import (
    find_cause,
    is_crowded,
    is_household,
    is_proven,
    is_sample_on_show,
)
from detection.feature_extractors import single_place_repeats, spread_half_days
from detection.reasons import Reason
from detection.rules import Rules
from detection.scan_history import ScanHistory
from detection.stamp_context import MAX_OTHER_CLAIMS, StampContext

# How far below a threshold a capped score stays.
_BELOW: Final = 0.1


def score_history(history: ScanHistory, context: StampContext, rules: Rules) -> tuple[float, float]:
    """Return the stamp's own score, and the score with its prior and the batch's evidence.

    One independent session is no evidence: both are 0, unless crowds or enrolled devices speak.
    """
    if history.independent < 2 and not history.proven_travel:
        return 0.0, rules.alert if is_crowded(history, rules) else 0.0
    own = rules.model.sum_weights(history, context)
    if context.other_claims:
        own += rules.second_claim * min(context.other_claims, MAX_OTHER_CLAIMS)
    if context.out_of_use and history.rounds:
        own += rules.out_of_use
    score = own + rules.prior
    if context.batch_evidence and own >= rules.anomalous:
        score += min(context.batch_evidence, rules.batch_max)
    if history.proven_travel:
        own, score = max(own, rules.suspect), max(score, rules.suspect)
    elif is_crowded(history, rules):
        score = max(score, rules.alert)
    return own, score


def cap_score(
    score: float, history: ScanHistory, context: StampContext, rules: Rules
) -> tuple[float, Reason | None]:
    """Return a score of at least a caution capped by its explanation, and the cause, if any."""
    if history.proven_travel:
        return score, None  # enrolled devices: nothing explains it
    cause = find_cause(history, rules)
    if is_held_back(history, context, rules):
        limit = rules.alert - _BELOW
    elif cause is not None or not is_proven(history, context, rules):
        limit = rules.suspect - _BELOW
    else:
        return score, None
    return min(limit, score), cause


def is_held_back(history: ScanHistory, context: StampContext, rules: Rules) -> bool:
    """Return whether a household or a sample on show explains the history: it is never an alert."""
    spread = spread_half_days(history, context)
    repeats = single_place_repeats(history, context)
    return not is_crowded(history, rules) and (
        (context.in_circulation and is_household(history, spread, rules))
        or is_sample_on_show(history, repeats, rules)
    )


def scores_equally(now: ScanHistory, then: ScanHistory, rules: Rules) -> bool:
    """Return whether two histories of one stamp in one context surely have the same score.

    Replay uses this to skip scoring: most sessions of a stamp that is scanned often change nothing
    that has a weight. False says nothing.
    """
    if (
        now.independent != then.independent
        or now.repeats != then.repeats
        or now.last_independent != then.last_independent
        or now.first_independent != then.first_independent
        or now.rounds != then.rounds
        or now.places != then.places
        or now.returns != then.returns
        or now.travel != then.travel
        or now.off_market != then.off_market
        or now.before_packing != then.before_packing
        or now.from_feeds != then.from_feeds
        or now.witnesses != then.witnesses
        or now.proven_travel != then.proven_travel
        or now.network_map != then.network_map
    ):
        return False
    bursts = rules.model.tables["bursts"]
    return bursts[now.bursts] == bursts[then.bursts] and (
        now.spots is then.spots or now.spots == then.spots
    )
