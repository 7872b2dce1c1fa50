"""What each piece of evidence weighs: the judge's calibrated table, kept as data.

A weight is a log-likelihood ratio in nats: how much likelier a dossier that reaches a step is on
a stamp that was copied than on a genuine one, given the other evidence. Steps add up: a stamp seen
in four places has reached the steps 2, 3 and 4. What explains the scans honestly weighs less than
nothing. More evidence never weighs less: calibration holds every step to its sign.

The figures come from `python -m benchmarks.calibrate`: a logistic regression over the dossiers
that this very code makes of the simulated world's training seeds 1-5 at scan rates of 1, 5 and
10 % (docs/detection.md). Where a step is missing it earned nothing there.
"""

from dataclasses import dataclass
from typing import TypeAlias

Steps: TypeAlias = tuple[tuple[float, float], ...]
"""(from this value on, so many nats more), ascending."""


@dataclass(frozen=True, slots=True)
class Model:
    """The steps by evidence; the defaults are the calibrated ones.

    Counts are of fresh sessions (`detection.scan_history`); times are in days, divided by the pace at
    which the produce is sold and eaten (`detection.stamp_context`).
    """

    crowd: Steps = (
        (2, 0.74),
        (6, 1.06),
        (9, 0.62),
        (60, 2.06),
        (100, 0.62),
    )
    """Fresh sessions of a stamp that was seen in one place, or in none."""
    crowd_rounds: Steps = (
        (1, 0.62),
        (2, 0.35),
        (6, 0.17),
        (12, 0.31),
    )
    """Pauses of a quarter day or more between these."""
    sessions: Steps = (
        (4, 0.24),
        (6, 0.34),
        (8, 0.77),
        (12, 0.49),
        (40, 1.00),
    )
    """Fresh sessions of a stamp that was seen in several places."""
    rounds: Steps = (
        (1, 1.53),
        (2, 1.23),
        (4, 0.57),
        (5, 0.69),
        (6, 0.13),
    )
    """Pauses of a quarter day or more between these."""

    places: Steps = (
        (3, 0.49),
        (4, 0.08),
        (12, 0.14),
    )
    """Spots too far apart to be one crowd."""
    cameras: Steps = (
        (2, 0.91),
        (3, 1.08),
    )
    """Such spots where a camera surely was (of the three that are remembered)."""
    returns: Steps = ((2, 0.66),)
    """Journeys run backwards: seen again at a spot after it was seen elsewhere."""
    travel: Steps = (
        (1, 3.50),
        (2, 2.00),
        (3, 4.50),
    )
    """Farther than anything travels in the time, in classes of kilometres (`Rules.travel_km`)."""

    spread: Steps = (
        (0.5, 0.40),
        (1, 0.22),
        (1.5, 0.43),
        (2, 0.16),
        (3, 0.32),
        (10, 0.67),
        (12, 0.16),
        (15, 0.90),
        (20, 0.25),
    )
    """Days from the first fresh session to the last."""
    age: Steps = (
        (7, 1.47),
        (9, 1.14),
        (11, 0.97),
        (13, 0.81),
        (15, 1.06),
        (18, 1.35),
        (22, 1.73),
        (28, 0.71),
    )
    """Days from packing (exports: three more) to the last fresh session."""
    dormant: Steps = ((16, 0.06),)
    """Days from packing (exports: three more) to the first fresh session."""
    abroad: Steps = (
        (1, 0.11),
        (4, 0.15),
        (6, 0.15),
    )
    """Sessions from a country that is not the lot's market."""
    early: Steps = (
        (2, 0.11),
        (3, 0.07),
    )
    """Sessions before packing was over: packers try one stamp once."""

    one_crowd: Steps = (
        (1, -0.60),
        (2, -0.77),
        (4, -1.18),
    )
    """Sessions at a spot known already, less two for each further spot: a sample on show."""
    peak: Steps = (
        (3, -0.07),
        (8, -0.50),
        (12, -0.80),
        (20, -1.87),
    )
    """Sessions at one time, at the height of it: a photo that goes round."""
    bursts: Steps = (
        (1, -0.07),
        (3, -0.35),
        (30, -0.51),
    )
    """Sessions that came in the midst of such a crowd."""

    kept_sessions: Steps = (
        (2, 0.82),
        (6, 0.18),
        (8, 1.31),
        (12, 0.83),
    )
    """Fresh sessions of produce that keeps for months: no household scans it more for that."""
    kept_rounds: Steps = (
        (1, 1.27),
        (4, 0.78),
        (6, 1.44),
    )
    """Pauses of a quarter of its longer days between these."""
    at_home: Steps = (
        (2, 1.12),
        (4, 0.79),
        (6, 0.52),
    )
    """Sessions outside the markets of a lot that was sold to other countries only."""
    people: Steps = (
        (60, 0.82),
        (120, 1.64),
        (240, 0.59),
    )
    """All sessions, those of crowds and floods too."""
    feeds: Steps = (
        (1, -1.00),
        (2, -1.00),
        (3, -1.00),
        (5, -1.00),
    )
    """Sessions out of a social feed: a picture of the stamp goes round."""
