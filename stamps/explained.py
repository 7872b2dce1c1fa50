"""What else than copies a stamp's history may come from.

Each explanation is a shape that honest people (or a rival) leave and that weights added up can not
tell: somebody whose phone lost its cookies, shoppers round a sample on show, a picture that goes
round, places that somebody makes up. `stamps.verdict` says how far each goes.
"""

from stamps.dossier import HEAT, MAX_FEW, MAX_TALLY, Dossier
from stamps.evidence import Measures
from stamps.reasons import Reason
from stamps.rules import Rules


def household(measures: Measures, dossier: Dossier, rules: Rules) -> bool:
    """Whether so few scanned within so few days that they may be one person who lost a cookie."""
    return (
        dossier.fresh <= rules.household_sessions
        and measures.spread < 2.0 * rules.household_days
        and not measures.travel
    )


def on_show(measures: Measures, dossier: Dossier, rules: Rules) -> bool:
    """Whether dozens of people in one place may be shoppers round a sample."""
    return (
        rules.show_sessions <= measures.crowd <= rules.show_most
        and dossier.latest - dossier.begun < 48.0 * rules.show_days
        and (measures.crowd >= rules.show_unplaced or measures.one_crowd > 0)
    )


def otherwise(own: float, measures: Measures, dossier: Dossier, rules: Rules) -> Reason | None:
    """What else than copies the history may come from: places made up, or a flood of scans.

    A flood may explain a history when it came and little came beside it.
    """
    if _made_up(dossier, rules):
        return Reason.POISONING
    if dossier.peak < rules.flood or dossier.fresh > rules.show_most:
        return None
    beside = own - rules.laid_out.travel[measures.travel]
    if (
        dossier.fresh * rules.flood_times < dossier.sessions
        or beside < rules.past_flood
        or dossier.rounds < rules.past_flood_rounds
    ):
        return flood(dossier, rules)
    return None


def _made_up(dossier: Dossier, rules: Rules) -> bool:
    """Whether places seem made up: one phone in many towns, or too many that say where."""
    places = dossier.places
    if dossier.feigned >= rules.feigned and dossier.feigned >= rules.feigned_share * places:
        return True
    return (
        rules.steered_sessions <= dossier.fresh
        and 1 < places < MAX_FEW
        and places + dossier.same >= rules.steered_share * dossier.fresh
    )


def flood(dossier: Dossier, rules: Rules) -> Reason:
    """What kind of flood: all at once, over within hours, not by thousands is made on purpose."""
    lasted = (dossier.last / 30.0 - dossier.latest) / 2.0
    at_once = dossier.peak >= MAX_TALLY or dossier.peak >= 0.3 * HEAT * dossier.sessions
    made = at_once and lasted < rules.flood_hours and dossier.sessions < rules.viral_sessions
    return Reason.POISONING if made else Reason.VIRAL_PHOTO
