"""Rules: the thresholds of detection and the limits of what counts as one crowd or one journey.

The weights of features are a table of their own (`detection.features`).
"""

from dataclasses import dataclass, field
from math import log
from typing import Final

from detection.model import Model

# The scan rate at which the thresholds were calibrated.
_CALIBRATED_SCAN_RATE: Final = 0.1
# The rest of the evidence of an alert comes from scans, whatever `reports_max` is.
_LARGEST_REPORTS_SHARE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of detection. The defaults are calibrated; a deployment may change them.

    Scores, thresholds and weights are in nats. A burst level is the number of recent sessions in
    eighths, halved every two hours.
    """

    caution: float = 6.4
    """Least score at which the page says that the stamp's history is unusual."""
    alert: float = 6.8
    """Least score at which an alert asks people to look."""
    suspect: float = 10.8
    """Least score at which the page says that the stamp is suspected to be a copy."""

    scan_rate: float = 0.1
    """Share of the active stamps that anybody ever scans. The rarer scanning is, the likelier a
    stamp with many scans has copies. If it is not known, the default is the careful choice."""
    prior_max: float = 2.5
    """Upper bound of what rare scanning adds to a score."""

    burst_threshold: int = 24
    """Least burst level at which a session counts to the burst and not by itself."""
    quiet_level: int = 12
    """Two cameras far apart are evidence of two stamps only below this burst level."""
    flood_networks: int = 8
    """Least number of networks in bursts that makes a flood: a viral photo or a poisoning."""
    flood_ratio: float = 4.0
    """A flood of this many times the independent sessions may explain those too."""
    crowded_bits: int = 96
    """Least number of bits of the network map at which people look, whatever else explains the
    scans: the history hardly tells a new network from a known one. It takes some 180 networks."""

    witnesses: int = 8
    """Least number of witnesses with which a stamp without proof of a copy is suspect ..."""
    witness_days: float = 3.0
    """... if independent sessions came over at least this many days."""

    sample_min_sessions: int = 6
    """Least number of independent sessions in one place that may be a sample on show ..."""
    sample_max_sessions: int = 70
    """... unless there are more than this ..."""
    sample_days: float = 10.0
    """... or they last longer than this ..."""
    sample_unplaced_sessions: int = 10
    """... or there are fewer than this and no two of them gave the same place."""

    household_sessions: int = 3
    """Up to this many independent sessions may be one person who lost a cookie ..."""
    household_days: float = 4.5
    """... within this many days: never an alert, unless a journey was impossible."""

    spoofed_places: int = 2
    """Least number of places that one device or network cannot have been at, from which on places
    seem to be made up."""
    placed_sessions: int = 8
    """Least number of independent sessions whose places may be made up as well ..."""
    placed_share: float = 0.62
    """... if at least this share of them gave a place: twice the usual one in three."""

    crowd_km: float = 8.0
    """Places nearer than this, less both accuracy radii, are one location."""
    return_km: float = 30.0
    """A stamp returns to a location if it was farther than this from it in between."""
    stray_km: float = 15.0
    """While a lot is packed, a scan farther than this from the packing house is no packer's."""
    slack_km: float = 20.0
    """Kilometres that are subtracted from a journey: fixes are worse than they claim."""
    slack_hours: float = 0.5
    """Hours that are added to a journey: clocks are off, and times are kept to the half hour."""
    ground_km_h: float = 60.0
    """Speed of a parcel by road, from sender to receiver."""
    air_km_h: float = 700.0
    """Speed by air."""
    air_hours: float = 3.0
    """Hours that a flight takes before it starts."""
    travel_km: tuple[float, ...] = (50.0, 150.0, 400.0, 800.0)
    """Lower bounds of the classes of impossible journeys."""

    second_claim: float = 8.0
    """Weight of another one, on another network, who knows the PIN of a claimed stamp, for each of
    the first two: the PIN is under one scratch layer. A gift explains one. That a claimed stamp is
    scanned again weighs nothing."""
    out_of_use: float = 6.0
    """Weight of a void or never activated stamp that several people scan at several times."""

    reopen_margin: float = 3.0
    """A dismissed stamp is judged again from this much above the dismissed score on. It is odds of
    twenty to one, and more than any one further session adds without an impossible journey ..."""
    reopen_reason: float = 2.0
    """... or when a reason that was not dismissed weighs this much. Reasons that any longer history
    brings (one more round, one more day) weigh less."""

    network_scans_per_minute: int = 2_400
    """Scans of one network that weigh in a minute: above the busiest gateway of a carrier."""
    discredited_stamps: int = 3
    """Number of stamps brought to a caution within a day that discredits a network ..."""
    discredited_share: float = 0.1
    """... if they are at least this share of the stamps that it scanned."""

    anomalous: float = 5.0
    """Least score of its own at which a stamp counts as anomalous for its batch."""
    batch_half_life_days: float = 30.0
    """Half-life of a batch's counts."""
    batch_min_anomalous: float = 3.0
    """A batch with fewer anomalous stamps has no evidence."""
    batch_anomalous_usual: float = 0.01
    """Share of scanned stamps that become anomalous in a usual batch."""
    batch_anomalous_leaked: float = 0.05
    """Share of scanned stamps that become anomalous in a batch whose codes have leaked."""
    batch_alert: float = 3.0
    """With this evidence the batch itself is an alert; evidence is not counted further."""
    batch_max: float = 1.0
    """Upper bound of batch evidence per stamp."""

    reports_max: float = 1.0
    """Upper bound of what consumers' reports add to the score of an alert; a quarter of `alert`
    at most. Reports alone never reach a threshold, and no verdict takes them into account."""

    model: Model = field(default_factory=Model, metadata={"given": True})
    prior: float = field(init=False, repr=False, compare=False, metadata={"given": True})
    near_alert: float = field(init=False, repr=False, compare=False, metadata={"given": True})
    """Least score of scans that is an alert with all that reports may add."""

    def __post_init__(self) -> None:
        if not 0 < self.caution <= self.alert <= self.suspect:
            raise ValueError(
                "caution: must be above 0 and not above alert, and alert not above suspect"
            )
        if not 0 < self.scan_rate <= 1:
            raise ValueError("scan_rate: must be above 0, and 1 at most")
        if not self.reports_max >= 0:
            raise ValueError("reports_max: must be at least 0")
        prior = min(log(_CALIBRATED_SCAN_RATE / self.scan_rate), self.prior_max)
        object.__setattr__(self, "prior", prior)
        object.__setattr__(self, "near_alert", self.alert - self.reports_limit)

    @property
    def reports_limit(self) -> float:
        """The bound in force of what consumers' reports add to the score of an alert."""
        return min(self.reports_max, self.alert * _LARGEST_REPORTS_SHARE)
