"""What a dossier says, as twenty-one small numbers: what the judge's table of weights is read with.

One fruit has one short life: packed, sold in one place, eaten in another, by a few people, within
days. Every measure counts something that one such life has little of and several have more of; the
last three count what explains many scans of one stamp honestly.
"""

from typing import Final, NamedTuple, TypeAlias

from detection.scan_history import EPOCH_MINUTE, ScanHistory
from detection.stamp_context import StampContext

COUNTS: Final = 256
HALF_DAYS: Final = 160

_EPOCH_HALF_HOUR: Final = EPOCH_MINUTE // 30
_HALF_HOURS: Final = 24.0  # in half a day
_new: Final = tuple.__new__


Numbers: TypeAlias = tuple[
    int, int, int, int, int, int, int, int, int, int, int,
    int, int, int, int, int, int, int, int, int, int,
]  # fmt: skip


class Features(NamedTuple):
    """Twenty-one numbers, in the order of the fields of `detection.model.Model`.

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


def measure(history: ScanHistory, facts: StampContext) -> Features:
    """Measure a dossier that has fresh sessions."""
    return _new(Features, numbers(history, facts))


def numbers(history: ScanHistory, facts: StampContext) -> Numbers:
    """Measure a dossier: the fields of `Features` without their names, which take time to give."""
    begun, latest, people = history.begun, history.latest, history.sessions
    fresh, rounds, places, same = history.fresh, history.rounds, history.places, history.same
    abroad = history.abroad
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
        for spot in history.spots:
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
        crowd, crowd_rounds, sessions, steps, places, cameras, history.returns, history.travel,
        spread, age, dormant, abroad, history.early, one_crowd, history.peak, history.bursts,
        kept_sessions, kept_rounds, at_home, people, history.feeds,
    )  # fmt: skip
