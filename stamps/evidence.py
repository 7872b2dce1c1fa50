"""What a dossier says, as twenty-one small numbers: what the judge's table of weights is read with.

One fruit has one short life: packed, sold in one place, eaten in another, by a few people, within
days. Every measure counts something that one such life has little of and several have more of; the
last three count what explains many scans of one stamp honestly.
"""

from typing import Final, NamedTuple, TypeAlias

from stamps.dossier import EPOCH_MINUTE, Dossier
from stamps.facts import StampFacts

COUNTS: Final = 256
HALF_DAYS: Final = 160

_EPOCH_HALF_HOUR: Final = EPOCH_MINUTE // 30
_HALF_HOURS: Final = 24.0  # in half a day
_new: Final = tuple.__new__


Numbers: TypeAlias = tuple[
    int, int, int, int, int, int, int, int, int, int, int,
    int, int, int, int, int, int, int, int, int, int,
]  # fmt: skip


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
    return _new(Measures, numbers(dossier, facts))


def numbers(dossier: Dossier, facts: StampFacts) -> Numbers:
    """Measure a dossier: the fields of `Measures` without their names, which take time to give."""
    begun, latest, people = dossier.begun, dossier.latest, dossier.sessions
    fresh, rounds, places, same = dossier.fresh, dossier.rounds, dossier.places, dossier.same
    abroad = dossier.abroad
    half_day = _HALF_HOURS * facts.pace
    spread = int((latest - begun) / half_day)
    if spread >= HALF_DAYS:
        spread = HALF_DAYS - 1
    age = dormant = 0
    sent = facts.sent_half_hour - _EPOCH_HALF_HOUR
    if 0 < sent < latest:
        age = int((latest - sent) / half_day)
        if age >= HALF_DAYS:
            age = HALF_DAYS - 1
    if 0 < sent < begun:
        dormant = int((begun - sent) / half_day)
        if dormant >= HALF_DAYS:
            dormant = HALF_DAYS - 1
    crowd = crowd_rounds = sessions = steps = cameras = 0
    if places > 1:
        sessions, steps, one_crowd = fresh, rounds, same - 2 * (places - 1)
        for spot in dossier.spots:
            cameras += spot.camera
        if one_crowd < 0:
            one_crowd = 0
    else:
        crowd, crowd_rounds, one_crowd = fresh, rounds, same
    kept_sessions = kept_rounds = at_home = 0
    if facts.kept:
        kept_sessions, kept_rounds = fresh, rounds
    if facts.sent_away:
        abroad, at_home = 0, abroad
    if people >= COUNTS:
        people = COUNTS - 1
    return (
        crowd, crowd_rounds, sessions, steps, places, cameras, dossier.returns, dossier.travel,
        spread, age, dormant, abroad, dossier.early, one_crowd, dossier.peak, dossier.bursts,
        kept_sessions, kept_rounds, at_home, people, dossier.feeds,
    )  # fmt: skip
