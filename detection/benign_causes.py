"""Causes other than copies that explain a scan history.

Each is a shape that honest people, or a rival, leave and that a sum of weights cannot recognise:
a household that lost its cookies, a sample on show, a viral photo, made-up places.
`detection.score` says how far each caps the score.
"""

from detection.reasons import Reason
from detection.rules import Rules
from detection.scan_history import MAX_5_BITS, ScanHistory
from detection.stamp_context import StampContext

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


def find_cause(history: ScanHistory, rules: Rules) -> Reason | None:
    """Return the cause that may explain what independent sessions show, or None."""
    if has_excess_places(history, rules):
        return Reason.POISONING
    flood = history.bursts + history.from_feeds
    if is_flood(history, rules) and flood >= rules.flood_ratio * history.independent:
        return classify_flood(history)
    return None


def has_excess_places(history: ScanHistory, rules: Rules) -> bool:
    """Return whether more people gave a place than honest people do."""
    places, independent = history.places, history.independent
    return (
        independent >= rules.placed_sessions
        and 1 < places < MAX_5_BITS
        and places + history.repeats >= rules.placed_share * independent
    )


def has_spoofed_places(history: ScanHistory, rules: Rules) -> bool:
    """Return whether one device or network was in several places that it cannot have been at."""
    return history.spoofed >= rules.spoofed_places


def is_flood(history: ScanHistory, rules: Rules) -> bool:
    """Return whether many networks appeared at once."""
    return history.bursts + history.from_feeds >= rules.flood_networks


def is_crowded(history: ScanHistory, rules: Rules) -> bool:
    """Return whether the number of networks alone calls for people's judgement."""
    return history.map_bits >= rules.crowded_bits


def classify_flood(history: ScanHistory) -> Reason:
    """Return the kind of a flood: a photo that people pass on in feeds, else scans on purpose."""
    return Reason.VIRAL_PHOTO if history.from_feeds else Reason.POISONING


def is_proven(history: ScanHistory, context: StampContext, rules: Rules) -> bool:
    """Return whether the stamp may be called suspect without people's decision.

    Sessions and places of pages are claims that anybody can make with a few networks. It takes
    many witnesses over days, two enrolled devices that cannot have met one stamp, or a second
    correct PIN.
    """
    days = (history.last_independent - history.first_independent) / _HALF_HOURS_IN_DAY
    return (
        history.proven_travel > 0
        or context.other_claims > 0
        or (history.witnesses >= rules.witnesses and days >= rules.witness_days)
    )
