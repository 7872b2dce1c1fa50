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
class Weights:
    """The steps by evidence; the defaults are the calibrated ones.

    Counts are of fresh sessions (`stamps.dossier`); times are in days, divided by the pace at
    which the produce is sold and eaten (`stamps.facts`).
    """

    crowd: Steps = (
        (6, 1.22),
        (9, 0.38),
        (30, 0.36),
        (60, 3.59),
        (100, 2.01),
    )
    """Fresh sessions of a stamp that was seen in one place, or in none."""
    crowd_rounds: Steps = (
        (1, 0.63),
        (2, 0.31),
        (12, 0.29),
    )
    """Pauses of a quarter day or more between these."""
    sessions: Steps = (
        (3, 0.45),
        (4, 0.43),
        (6, 0.55),
        (8, 1.04),
        (12, 0.14),
        (40, 2.59),
    )
    """Fresh sessions of a stamp that was seen in several places."""
    rounds: Steps = (
        (1, 0.40),
        (2, 0.97),
        (4, 0.55),
        (5, 0.55),
        (8, 0.11),
    )
    """Pauses of a quarter day or more between these."""

    places: Steps = (
        (3, 0.19),
        (12, 1.27),
    )
    """Spots too far apart to be one crowd."""
    cameras: Steps = (
        (2, 1.53),
        (3, 1.64),
    )
    """Such spots where a camera surely was (of the three that are remembered)."""
    returns: Steps = ((2, 1.31),)
    """Journeys run backwards: seen again at a spot after it was seen elsewhere."""
    travel: Steps = (
        (1, 3.00),
        (2, 1.50),
        (3, 3.50),
    )
    """Farther than anything travels in the time, in classes of kilometres (`Rules.travel_km`)."""

    spread: Steps = (
        (0.5, 0.60),
        (1, 0.20),
        (1.5, 0.29),
        (2, 0.24),
        (3, 0.42),
        (4, 0.24),
        (10, 1.12),
        (12, 0.33),
        (15, 1.48),
        (20, 0.22),
    )
    """Days from the first fresh session to the last."""
    age: Steps = (
        (7, 0.71),
        (9, 0.87),
        (11, 0.78),
        (13, 0.79),
        (15, 1.05),
        (18, 1.31),
        (22, 1.53),
        (28, 0.65),
    )
    """Days from packing (exports: three more) to the last fresh session."""
    dormant: Steps = (
        (9, 0.31),
        (16, 0.22),
    )
    """Days from packing (exports: three more) to the first fresh session."""
    abroad: Steps = (
        (1, 0.11),
        (2, 0.16),
        (4, 1.42),
        (8, 0.14),
    )
    """Sessions from a country that is not the lot's market."""
    early: Steps = (
        (2, 0.26),
        (3, 0.21),
    )
    """Sessions before packing was over: packers try one stamp once."""

    one_crowd: Steps = (
        (1, -0.55),
        (2, -0.98),
        (4, -0.90),
    )
    """Sessions at a spot known already, less two for each further spot: a sample on show."""
    peak: Steps = (
        (3, -0.40),
        (5, -0.35),
        (8, -0.65),
        (12, -0.72),
        (20, -1.17),
    )
    """Sessions at one time, at the height of it: a photo that goes round."""
    bursts: Steps = (
        (1, -0.29),
        (3, -0.67),
        (10, -0.40),
    )
    """Sessions that came in the midst of such a crowd."""
