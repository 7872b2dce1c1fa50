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
        (6, 1.15),
        (9, 0.43),
    )
    """Fresh sessions of a stamp that was seen in one place, or in none."""
    crowd_rounds: Steps = (
        (1, 0.75),
        (2, 0.21),
    )
    """Pauses of a quarter day or more between these."""
    sessions: Steps = (
        (2, 0.14),
        (3, 0.24),
        (6, 0.29),
        (8, 1.16),
        (12, 0.47),
        (40, 2.29),
    )
    """Fresh sessions of a stamp that was seen in several places."""
    rounds: Steps = (
        (1, 0.79),
        (2, 0.96),
        (4, 0.63),
        (5, 0.37),
        (6, 0.31),
        (8, 0.13),
    )
    """Pauses of a quarter day or more between these."""

    places: Steps = (
        (2, 0.14),
        (3, 0.29),
        (4, 0.24),
        (6, 0.12),
        (8, 0.07),
        (12, 2.51),
    )
    """Spots too far apart to be one crowd."""
    cameras: Steps = (
        (2, 1.45),
        (3, 1.58),
    )
    """Such spots where a camera surely was (of the three that are remembered)."""
    returns: Steps = (
        (1, 0.27),
        (2, 0.95),
    )
    """Journeys run backwards: seen again at a spot after it was seen elsewhere."""
    travel: Steps = (
        (1, 3.00),
        (2, 1.50),
        (3, 3.00),
    )
    """Farther than anything travels in the time, in classes of kilometres (`Rules.travel_km`)."""

    spread: Steps = (
        (0.5, 0.75),
        (1, 0.13),
        (1.5, 0.18),
        (2, 0.40),
        (3, 0.56),
        (4, 0.48),
        (6, 0.08),
        (7, 0.21),
        (8, 0.16),
        (10, 0.97),
        (12, 0.48),
        (15, 0.79),
        (20, 0.25),
    )
    """Days from the first fresh session to the last."""
    age: Steps = (
        (7, 0.20),
        (9, 0.59),
        (11, 0.79),
        (13, 0.39),
        (15, 0.75),
        (18, 0.89),
        (22, 1.51),
        (28, 0.96),
    )
    """Days from packing (exports: three more) to the last fresh session."""
    dormant: Steps = (
        (9, 0.67),
        (12, 0.10),
        (16, 0.41),
    )
    """Days from packing (exports: three more) to the first fresh session."""
    abroad: Steps = (
        (1, 0.17),
        (4, 1.04),
    )
    """Sessions from a country that is not the lot's market."""
    early: Steps = (
        (2, 0.39),
        (3, 0.34),
    )
    """Sessions before packing was over: packers try one stamp once."""

    one_crowd: Steps = (
        (1, -0.97),
        (2, -1.70),
        (4, -1.98),
        (8, -0.32),
    )
    """Sessions at a spot known already, less two for each further spot: a sample on show."""
    peak: Steps = (
        (3, -0.16),
        (5, -0.93),
        (8, -0.73),
        (12, -0.50),
        (20, -0.93),
    )
    """Sessions at one time, at the height of it: a photo that goes round."""
    bursts: Steps = (
        (1, -0.36),
        (3, -0.83),
        (10, -1.04),
    )
    """Sessions that came in the midst of such a crowd."""
