"""What else than copies a stamp's history may come from.

Each explanation is a shape that honest people (or a rival) leave and that weights added up can not
tell: somebody whose phone lost its cookies, shoppers round a sample on show, a picture that goes
round, places that somebody makes up. `detection.verdict` says how far each goes.
"""

from detection.reasons import Reason
from detection.rules import Rules
from detection.scan_history import HEAT, MAX_FEW, MAX_TALLY, ScanHistory


def is_household(fresh: int, spread: int, travel: int, rules: Rules) -> bool:
    """Whether so few scanned within so few days that they may be one person who lost a cookie."""
    return fresh <= rules.household_sessions and spread < 2.0 * rules.household_days and not travel


def is_sample_on_show(crowd: int, one_crowd: int, half_hours: int, rules: Rules) -> bool:
    """Whether dozens of people in one place may be shoppers round a sample."""
    return (
        rules.show_sessions <= crowd <= rules.show_most
        and half_hours < 48.0 * rules.show_days
        and (crowd >= rules.show_unplaced or one_crowd > 0)
    )


def benign_cause(own: float, travel: int, history: ScanHistory, rules: Rules) -> Reason | None:
    """What else than copies the history may come from: places made up, or a flood of scans.

    A flood may explain a history when it came and little came beside it.
    """
    fresh, places, sessions, peak = history.fresh, history.places, history.sessions, history.peak
    if history.feigned >= rules.feigned and history.feigned >= rules.feigned_share * places:
        return Reason.POISONING  # one phone in many towns
    if (
        rules.steered_sessions <= fresh
        and 1 < places < MAX_FEW
        and places + history.same >= rules.steered_share * fresh
    ):
        return Reason.POISONING  # too many that say where they are
    if peak < rules.flood or fresh > rules.show_most:
        return None
    beside = own - rules.lookup_tables.travel[travel]
    if (
        fresh * rules.flood_times < sessions
        or beside < rules.past_flood
        or history.rounds < rules.past_flood_rounds
    ):
        return flood(history.last, history.latest, sessions, peak, rules)
    return None


def flood(last: int, latest: int, sessions: int, peak: int, rules: Rules) -> Reason:
    """What kind of flood: all at once, over within hours, not by thousands is made on purpose."""
    lasted = (last / 30.0 - latest) / 2.0
    at_once = peak >= MAX_TALLY or peak >= 0.3 * HEAT * sessions
    made = at_once and lasted < rules.flood_hours and sessions < rules.viral_sessions
    return Reason.POISONING if made else Reason.VIRAL_PHOTO
