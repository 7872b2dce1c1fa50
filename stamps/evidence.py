"""What a dossier says, as twenty-one small numbers: what the judge's table of weights is read with.

One fruit has one short life: packed, sold in one place, eaten in another, by a few people, within
days. Every measure counts something that one such life has little of and several have more of; the
last three count what explains many scans of one stamp honestly.
"""

from typing import Final, NamedTuple

from stamps.dossier import EPOCH_MINUTE, Dossier
from stamps.facts import StampFacts

COUNTS: Final = 256
HALF_DAYS: Final = 160

_EPOCH_HALF_HOUR: Final = EPOCH_MINUTE // 30
_HALF_HOURS: Final = 24.0  # in half a day
_new: Final = tuple.__new__


class Measures(NamedTuple):
    """Twenty-one numbers, in the order of the fields of `stamps.weights.Weights`.

    Counts are below `COUNTS`, `peak` is in eighths of a session; `spread`, `age` and `dormant`
    are half days of the produce's own pace, below `HALF_DAYS`.
    """

    crowd: int
    crowd_rounds: int
    sessions: int
    rounds: int
    places: int
    cameras: int
    returns: int
    travel: int
    spread: int
    age: int
    dormant: int
    abroad: int
    early: int
    one_crowd: int
    peak: int
    bursts: int
    kept_sessions: int
    kept_rounds: int
    at_home: int
    people: int
    feeds: int


def measure(dossier: Dossier, facts: StampFacts) -> Measures:
    """Measure a dossier that has fresh sessions."""
    (
        _,
        _,
        begun,
        latest,
        _,
        people,
        _,
        _,
        _,
        spots,
        fresh,
        rounds,
        places,
        same,
        returns,
        travel,
        _,
        abroad,
        early,
        feeds,
        bursts,
        _,
        peak,
    ) = dossier
    half_day = _HALF_HOURS * facts.pace
    age = dormant = 0
    sent = facts.sent_half_hour - _EPOCH_HALF_HOUR
    if sent > 0:
        age = int((latest - sent) / half_day)
        dormant = int((begun - sent) / half_day)
        age = 0 if age < 0 else age if age < HALF_DAYS else HALF_DAYS - 1
        dormant = 0 if dormant < 0 else dormant if dormant < HALF_DAYS else HALF_DAYS - 1
    spread = int((latest - begun) / half_day)
    if spread >= HALF_DAYS:
        spread = HALF_DAYS - 1
    if places > 1:
        one_crowd = same - 2 * (places - 1)
        counts = (0, 0, fresh, rounds, places, sum([spot.camera for spot in spots]))
    else:
        one_crowd = same
        counts = (fresh, rounds, 0, 0, places, 0)
    if one_crowd < 0:
        one_crowd = 0
    if people >= COUNTS:
        people = COUNTS - 1
    kept = (fresh, rounds) if facts.kept else (0, 0)
    at_home = 0
    if facts.sent_away:
        abroad, at_home = 0, abroad
    rest = (returns, travel, spread, age, dormant, abroad, early, one_crowd, peak, bursts)
    return _new(Measures, counts + rest + kept + (at_home, people, feeds))
