"""Causes other than copies that explain a scan history.

Each is a shape that honest people, or a rival, leave and that a sum of weights can not recognise:
a household that lost its cookies, a sample on show, a viral photo, made-up places.
`detection.score` says how far each caps the score.
"""

from detection.reasons import Reason
from detection.rules import Rules
from detection.scan_history import BURST_PER_SESSION, MAX_5_BITS, MAX_8_BITS, ScanHistory

_HALF_DAYS_IN_DAY = 2.0
_HALF_HOURS_IN_DAY = 48.0


def is_household(history: ScanHistory, spread_half_days: int, rules: Rules) -> bool:
    """Return whether the sessions may be one person who lost a cookie."""
    return (
        history.independent <= rules.household_sessions
        and spread_half_days < _HALF_DAYS_IN_DAY * rules.household_days
        and not history.travel
    )


def is_sample_on_show(history: ScanHistory, repeats: int, rules: Rules) -> bool:
    """Return whether the sessions may be shoppers round a sample in one shop.

    `repeats` is the feature `single_place_repeats`.
    """
    shoppers = 0 if history.places > 1 else history.independent
    half_hours = history.last_independent - history.first_independent
    return (
        rules.sample_min_sessions <= shoppers <= rules.sample_max_sessions
        and half_hours < _HALF_HOURS_IN_DAY * rules.sample_days
        and (shoppers >= rules.sample_unplaced_sessions or repeats > 0)
    )


def find_cause(own_score: float, history: ScanHistory, rules: Rules) -> Reason | None:
    """Return the cause that may explain the history: made-up places, a flood of scans, or None.

    A flood explains a history if most sessions were part of it, or if the rest is weak evidence.
    """
    if has_spoofed_places(history, rules):
        return Reason.POISONING
    independent = history.independent
    if history.peak_burst_level < rules.flood_level or independent > rules.sample_max_sessions:
        return None
    without_travel = own_score - rules.model.tables["travel"][history.travel]
    if (
        is_mostly_flood(history, rules)
        or without_travel < rules.flood_score
        or history.rounds < rules.flood_rounds
    ):
        return classify_flood(history, rules)
    return None


def has_spoofed_places(history: ScanHistory, rules: Rules) -> bool:
    """Return whether places seem made up: one phone in many towns, or too many with a place."""
    places, independent = history.places, history.independent
    if history.spoofed >= rules.spoofed_places and history.spoofed >= rules.spoofed_share * places:
        return True
    return (
        independent >= rules.placed_sessions
        and 1 < places < MAX_5_BITS
        and places + history.repeats >= rules.placed_share * independent
    )


def is_mostly_flood(history: ScanHistory, rules: Rules) -> bool:
    """Return whether independent sessions are few beside all sessions."""
    return history.independent * rules.flood_ratio < history.sessions


def classify_flood(history: ScanHistory, rules: Rules) -> Reason:
    """Return the kind of a flood: a poisoning if all at once, short and not by thousands."""
    peak, sessions = history.peak_burst_level, history.sessions
    hours = (history.last / 30.0 - history.last_independent) / 2.0
    at_once = peak >= MAX_8_BITS or peak >= 0.3 * BURST_PER_SESSION * sessions
    made = at_once and hours < rules.flood_hours and sessions < rules.viral_sessions
    return Reason.POISONING if made else Reason.VIRAL_PHOTO
