"""What the judge goes by: thresholds, what counts as one crowd, how fast things travel.

The weights of evidence are a table of their own, `detection.model`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from math import log
from operator import attrgetter, getitem
from typing import Final

from detection.features import COUNTS, HALF_DAYS
from detection.model import Model, Steps

# The thresholds stand for scanning as common as this.
_CAREFUL_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Rules:
    """The judge's rules; the defaults are calibrated, a deployment may change them.

    Scores and thresholds are in nats: the sum of what each piece of evidence weighs.
    """

    caution: float = 7.4
    """From this score on the page says that the stamp's history is unusual."""
    alert: float = 7.9
    """From this score on people are asked to look: an alert."""
    suspect: float = 10.8
    """From this score on the page says that the stamp is suspected to be a copy."""

    scan_rate: float = 0.1
    """Which share of the active stamps anybody ever scans. The rarer scanning is, the likelier is a
    stamp with many scans to have many copies. Not known: leave it, it is the careful end."""
    prior_most: float = 2.5
    """The most that rare scanning may add to a score, in nats."""

    calm: int = 24
    """Below this heat (recent sessions in eighths) a session counts by itself, else as a burst."""
    quiet: int = 12
    """Below this heat two cameras far apart tell of two stamps, not of a rumour."""
    flood: int = 64
    """From this heat on scans are a flood: a photo that goes round, or somebody poisoning."""
    flood_times: int = 100
    """A flood of so many times the sessions that came by themselves explains them all."""
    past_flood: float = 12.0
    """A smaller one explains nothing any more with this score, travel left out ..."""
    past_flood_rounds: int = 7
    """... and new people who came in so many rounds, each after a pause."""
    flood_hours: float = 6.0
    """A flood that lasted longer is people passing a photo on; a shorter one may be made."""
    viral_sessions: int = 1000
    """So many people are not made up."""

    show_sessions: int = 6
    """From so many fresh sessions on in one place a stamp may be a sample on show ..."""
    show_most: int = 70
    """... unless there are more than any shop has ..."""
    show_days: float = 10.0
    """... or they go on for longer than anything is shown ..."""
    show_unplaced: int = 10
    """... or there are fewer than this, and no two of them said that they are in one place."""

    household_sessions: int = 3
    """So few fresh sessions may be one household, of which somebody lost a cookie twice ..."""
    household_days: float = 4.5
    """... within so few days: never an alert, unless nothing could have travelled so."""

    feigned: int = 2
    """So many places that one device or network can not have been at are made up ..."""
    feigned_share: float = 0.33
    """... when they are this share of all the places given."""
    steered_sessions: int = 8
    """From so many fresh sessions on it is unusual ..."""
    steered_share: float = 0.62
    """... that this share of them says where they are: twice the usual one in three."""

    crowd_km: float = 8.0
    """Places nearer than this, both radii taken off, are one spot: a shop and its customers."""
    return_km: float = 30.0
    """A spot this far from where the stamp was since is one that it came back to."""
    stray_km: float = 15.0
    """While it is packed, a stamp farther than this from its packing house is not tried out."""
    slack_km: float = 20.0
    """Kilometres given away before any travel counts: fixes are worse than they claim."""
    slack_hours: float = 0.5
    """Hours given away likewise: clocks are off, and times are kept to the half hour."""
    ground_km_h: float = 60.0
    """How fast a parcel goes by road, door to door."""
    air_km_h: float = 700.0
    """How fast it goes by air."""
    air_hours: float = 3.0
    """Hours that a flight costs before it starts."""
    travel_km: tuple[float, ...] = (50.0, 150.0, 400.0, 800.0)
    """Classes of distance for journeys that nothing makes in the time."""

    claimed: float = 1.5
    """Nats for others scanning a stamp whose PIN was used: the buyer had it in hand."""
    out_of_use: float = 6.0
    """Nats for a void stamp, or one never activated, that several people scan at several times."""

    anomalous: float = 5.0
    """From this score of its own on, a stamp counts as anomalous for its batch."""
    batch_half_life_days: float = 30.0
    """How fast a batch's counts are forgotten."""
    batch_least_anomalous: float = 3.0
    """Odd stamps in a batch before it says anything."""
    batch_anomalous_usual: float = 0.01
    """Share of scanned stamps that become anomalous in a usual batch."""
    batch_anomalous_leaked: float = 0.05
    """The same in a batch whose codes have leaked."""
    batch_alert: float = 3.0
    """With this evidence, in nats, the batch itself is an alert; it is not counted further."""
    batch_most: float = 1.0
    """The most of it that weighs on one of its stamps: none is accused for its neighbours' sake."""

    weights: Model = field(default_factory=Model, metadata={"given": True})
    prior: float = field(init=False, repr=False, compare=False, metadata={"given": True})
    lookup_tables: "LaidOut" = field(
        init=False, repr=False, compare=False, metadata={"given": True}
    )

    def __post_init__(self) -> None:
        if not self.caution <= self.alert <= self.suspect:
            raise ValueError("caution: must not be above alert, nor alert above suspect")
        if not 0 < self.scan_rate <= 1:
            raise ValueError("scan_rate: must be above 0, and 1 at most")
        prior = min(log(_CAREFUL_SHARE / self.scan_rate), self.prior_most)
        object.__setattr__(self, "prior", prior)
        object.__setattr__(self, "lookup_tables", LaidOut.of(self.weights))


def _names(table: type["LaidOut"]) -> list[str]:
    return [one.name for one in fields(table)]


@dataclass(frozen=True, slots=True)
class LaidOut:
    """The steps added up, one figure for each value, so that weighing is looking up.

    The first figure of each is 0: what is not there weighs nothing, and need not be looked up.
    """

    crowd: tuple[float, ...]
    crowd_rounds: tuple[float, ...]
    sessions: tuple[float, ...]
    rounds: tuple[float, ...]
    places: tuple[float, ...]
    cameras: tuple[float, ...]
    returns: tuple[float, ...]
    travel: tuple[float, ...]
    spread: tuple[float, ...]
    age: tuple[float, ...]
    dormant: tuple[float, ...]
    abroad: tuple[float, ...]
    early: tuple[float, ...]
    one_crowd: tuple[float, ...]
    peak: tuple[float, ...]
    bursts: tuple[float, ...]
    kept_sessions: tuple[float, ...]
    kept_rounds: tuple[float, ...]
    at_home: tuple[float, ...]
    people: tuple[float, ...]
    feeds: tuple[float, ...]

    @classmethod
    def of(cls, weights: Model) -> "LaidOut":
        """Lay out a table: counts one by one, heat in eighths, times in half days."""
        times, heats = {"spread", "age", "dormant"}, {"peak"}
        return cls(
            *(
                _laid_out(
                    getattr(weights, name),
                    HALF_DAYS if name in times else COUNTS,
                    2.0 if name in times else 8.0 if name in heats else 1.0,
                )
                for name in _names(cls)
            )
        )

    def pieces(self, measures: Iterable[int]) -> list[float]:
        """What each of twenty-one measures weighs, in the order of the fields."""
        return list(map(getitem, _tables(self), measures))


_tables: Final = attrgetter(*_names(LaidOut))


def _laid_out(steps: Steps, length: int, per_unit: float) -> tuple[float, ...]:
    if any(value <= 0 for value, _ in steps):
        raise ValueError("weights: a step must be above 0, for nothing weighs nothing")
    return tuple(
        sum((nats for value, nats in steps if number >= value * per_unit), 0.0)
        for number in range(length)
    )
