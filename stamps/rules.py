"""The judge's weights and thresholds, as data.

Every weight is a log-likelihood ratio in nats: how much likelier the evidence is on a stamp that
was copied than on a genuine one. Evidence adds up; a score of 0 says nothing either way.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """What the judge goes by. The defaults are the calibrated ones; a deployment may override."""

    caution: float = 3.0
    suspect: float = 7.0

    # One crowd: places nearer than this, after both radii are taken off, are the same spot.
    crowd_km: float = 25.0
    # A parcel by road, door to door; and by air, with the hours a flight costs before it starts.
    ground_km_h: float = 90.0
    air_km_h: float = 750.0
    air_hours: float = 3.0
    # Clocks and fixes are off: so many kilometres and hours are given away before any is counted.
    slack_km: float = 20.0
    slack_hours: float = 0.1

    travel_base: float = 6.0
    travel_each_doubling: float = 1.0
    travel_most: float = 9.0
    returned: float = 3.0
    scattered: float = 2.0
    abroad: float = 1.5
    early: float = 2.0
    late: float = 1.5
    claimed: float = 2.0
    spread_each_day: float = 0.4
    spread_free_days: float = 3.0
    spread_most: float = 4.0

    # A batch that goes wrong: see stamps.neighbourhood.
    odd: float = 2.0
    batch_half_life_days: float = 30.0
    batch_least_odd: float = 2.0
    batch_odd_usual: float = 0.005
    batch_odd_leaked: float = 0.1
    batch_most: float = 5.0

    # How far a single source's word goes.
    trust_inspector: float = 1.0
    trust_app: float = 1.0
    trust_page: float = 0.9
