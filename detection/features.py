"""Features: the one table of what is measured of a scan history and what it weighs.

One fruit has one short life: packed, sold in one place, eaten in another, by a few people, within
days. A feature counts something that one such life has little of and several lives have more of;
the mitigating features count what explains many scans of one stamp honestly.

A weight is a log-likelihood ratio in nats: how much likelier a history that reaches a step is on a
copied stamp than on a genuine one, given the other features. Steps add up: a stamp seen in four
places has reached the steps 2, 3 and 4. More evidence never weighs less: calibration constrains
the sign of every step.

The weights come from `python -m benchmarks.calibrate`: a logistic regression over the histories of
the simulated world's training seeds 1-5 at scan rates of 1, 5 and 10 % (docs/detection.md). A step
that earned nothing there is missing.

`detection.feature_extractors` says how each number is taken from a history; 0 weighs nothing.
"""

from dataclasses import dataclass
from enum import Enum, auto
from math import ceil
from typing import Final, TypeAlias

from detection.feature_extractors import (
    COUNT_SIZE,
    HALF_DAY_SIZE,
    AgeExtractor,
    BeforePackingExtractor,
    BurstsExtractor,
    CameraPlacesExtractor,
    Extractor,
    FromFeedsExtractor,
    IndependentExtractor,
    OffMarketExtractor,
    PlacesExtractor,
    ReturnsExtractor,
    RoundsExtractor,
    SinglePlaceRepeatsExtractor,
    SpreadExtractor,
    TravelExtractor,
)
from detection.reasons import Reason
from detection.scan_history import ScanHistory
from detection.stamp_context import StampContext

Steps: TypeAlias = tuple[tuple[float, float], ...]
"""Pairs (least value, nats added from it on), ascending, in the feature's unit."""


class Scope(Enum):
    """The histories that a feature is measured of; of others it is 0."""

    ALL = auto()
    SINGLE_PLACE = auto()  # seen in one place, or in none
    SEVERAL_PLACES = auto()
    LONG_LIFE = auto()  # produce that keeps for months
    EXPORT_ONLY = auto()  # the lot was sold to other countries only
    HOME_MARKET = auto()


@dataclass(frozen=True, slots=True)
class Feature:
    """One row of the table.

    `extractor` returns a number below `size`, in 1 / `per_unit` of the unit that `steps` use.
    `reason` is what the feature supports: a positive weight for most, a negative one for those
    that are `mitigating`.
    """

    name: str
    meaning: str
    extractor: Extractor
    steps: Steps
    scope: Scope = Scope.ALL
    reason: Reason | None = None
    mitigating: bool = False
    per_unit: int = 1
    size: int = COUNT_SIZE

    def __post_init__(self) -> None:
        if any(value <= 0 for value, _ in self.steps):
            raise ValueError(f"{self.name}: a step must be above 0, because 0 weighs nothing")
        if list(self.steps) != sorted(self.steps):
            raise ValueError(f"{self.name}: steps must ascend")

    def lookup_table(self) -> tuple[float, ...]:
        """Return the weight of each number below `size`."""
        weights: list[float] = []
        weight = 0.0
        for value, nats in self.steps:
            weights += [weight] * (ceil(value * self.per_unit) - len(weights))
            weight += nats
        weights += [weight] * (self.size - len(weights))
        return tuple(weights[: self.size])


FEATURES: Final[tuple[Feature, ...]] = (
    Feature(
        name="single_place_sessions",
        meaning="independent sessions of a stamp that was seen in one place, or in none",
        extractor=IndependentExtractor(),
        scope=Scope.SINGLE_PLACE,
        steps=(
            (2, 0.13),
            (6, 1.13),
            (9, 0.62),
            (30, 0.19),
            (60, 0.47),
        ),
        reason=Reason.MANY_DEVICES,
    ),
    Feature(
        name="single_place_rounds",
        meaning="pauses of a quarter day or more between these",
        extractor=RoundsExtractor(),
        scope=Scope.SINGLE_PLACE,
        steps=(
            (1, 0.65),
            (2, 0.31),
            (3, 0.11),
            (12, 0.19),
        ),
        reason=Reason.MANY_ROUNDS,
    ),
    Feature(
        name="sessions",
        meaning="independent sessions of a stamp that was seen in several places",
        extractor=IndependentExtractor(),
        scope=Scope.SEVERAL_PLACES,
        steps=(
            (3, 0.11),
            (6, 0.06),
            (8, 1.03),
            (12, 0.63),
            (20, 0.39),
            (40, 1.01),
        ),
        reason=Reason.MANY_DEVICES,
    ),
    Feature(
        name="rounds",
        meaning="pauses of a quarter day or more between these",
        extractor=RoundsExtractor(),
        scope=Scope.SEVERAL_PLACES,
        steps=(
            (1, 1.39),
            (2, 1.27),
            (4, 0.58),
            (5, 0.45),
            (6, 0.12),
            (12, 0.40),
        ),
        reason=Reason.MANY_ROUNDS,
    ),
    Feature(
        name="places",
        meaning="locations too far apart to be one",
        extractor=PlacesExtractor(),
        steps=(
            (3, 0.66),
            (4, 0.56),
            (5, 0.42),
            (6, 0.11),
            (8, 1.32),
            (12, 0.76),
        ),
        reason=Reason.MANY_PLACES,
    ),
    Feature(
        name="camera_places",
        meaning="of the three locations that are kept, those where a camera was, if several",
        extractor=CameraPlacesExtractor(),
        scope=Scope.SEVERAL_PLACES,
        steps=(
            (2, 0.91),
            (3, 0.17),
        ),
        reason=Reason.MANY_PLACES,
    ),
    Feature(
        name="returns",
        meaning="sessions at a location that the stamp had left: journeys run backwards",
        extractor=ReturnsExtractor(),
        steps=((2, 0.23),),
        reason=Reason.RETURNED,
    ),
    Feature(
        name="travel",
        meaning="distance that nothing travels in the time, as a class of `Rules.travel_km`",
        extractor=TravelExtractor(),
        steps=(
            (1, 3.50),
            (2, 2.00),
            (3, 4.50),
        ),
        reason=Reason.IMPOSSIBLE_TRAVEL,
    ),
    Feature(
        name="spread",
        meaning="days from the first independent session to the last",
        extractor=SpreadExtractor(),
        steps=(
            (0.5, 0.44),
            (1, 0.24),
            (1.5, 0.10),
            (2, 0.36),
            (3, 0.27),
            (10, 0.51),
            (12, 0.26),
            (15, 0.56),
            (20, 0.23),
        ),
        reason=Reason.LONG_SPREAD,
        per_unit=2,
        size=HALF_DAY_SIZE,
    ),
    Feature(
        name="age",
        meaning="days from packing (exports: three more) to the last independent session",
        extractor=AgeExtractor(),
        steps=(
            (7, 1.35),
            (9, 1.16),
            (11, 0.98),
            (13, 0.70),
            (15, 1.27),
            (18, 1.39),
            (22, 1.63),
            (28, 0.60),
        ),
        reason=Reason.OUTLIVED,
        per_unit=2,
        size=HALF_DAY_SIZE,
    ),
    Feature(
        name="off_market",
        meaning="sessions from a country that is not in the lot's market",
        extractor=OffMarketExtractor(),
        scope=Scope.HOME_MARKET,
        steps=((1, 0.05),),
        reason=Reason.OFF_MARKET,
    ),
    Feature(
        name="before_packing",
        meaning="sessions before packing was over: packers try one stamp once",
        extractor=BeforePackingExtractor(),
        steps=((2, 0.15),),
        reason=Reason.BEFORE_PACKING,
    ),
    Feature(
        name="single_place_repeats",
        meaning="sessions at a known location, less two for each further one: a sample on show",
        extractor=SinglePlaceRepeatsExtractor(),
        steps=(
            (1, -0.64),
            (2, -0.75),
            (4, -1.31),
        ),
        reason=Reason.ONE_CROWD,
        mitigating=True,
    ),
    Feature(
        name="bursts",
        meaning="networks that appeared during a burst: a photo that goes viral",
        extractor=BurstsExtractor(),
        steps=(
            (1, -0.19),
            (3, -0.37),
            (10, -0.17),
            (30, -0.33),
        ),
        mitigating=True,
    ),
    Feature(
        name="long_life_sessions",
        meaning="independent sessions of produce that keeps for months",
        extractor=IndependentExtractor(),
        scope=Scope.LONG_LIFE,
        steps=(
            (2, 0.60),
            (8, 1.04),
            (12, 0.93),
        ),
        reason=Reason.MANY_DEVICES,
    ),
    Feature(
        name="long_life_rounds",
        meaning="pauses of a quarter of its longer days between these",
        extractor=RoundsExtractor(),
        scope=Scope.LONG_LIFE,
        steps=(
            (1, 1.53),
            (4, 0.63),
            (6, 1.03),
        ),
        reason=Reason.MANY_ROUNDS,
    ),
    Feature(
        name="off_export_market",
        meaning="sessions outside the markets of a lot that was sold to other countries only",
        extractor=OffMarketExtractor(),
        scope=Scope.EXPORT_ONLY,
        steps=(
            (2, 1.40),
            (4, 0.62),
            (6, 0.32),
        ),
        reason=Reason.OFF_MARKET,
    ),
    Feature(
        name="from_feeds",
        meaning="networks of a social feed's browsers: a picture of the stamp goes round",
        extractor=FromFeedsExtractor(),
        steps=(
            (1, -1.00),
            (2, -1.00),
            (3, -1.00),
            (5, -1.00),
        ),
        reason=Reason.VIRAL_PHOTO,
        mitigating=True,
    ),
)
"""All features. Their order is the order of summation and, between equal weights, of reasons."""


def scopes_of(several_places: bool, long_life: bool, export_only: bool) -> frozenset[Scope]:
    """Return the scopes of one kind of history."""
    scopes = {
        Scope.ALL,
        Scope.SEVERAL_PLACES if several_places else Scope.SINGLE_PLACE,
        Scope.EXPORT_ONLY if export_only else Scope.HOME_MARKET,
    }
    if long_life:
        scopes.add(Scope.LONG_LIFE)
    return frozenset(scopes)


def extract_features(history: ScanHistory, context: StampContext) -> dict[str, int]:
    """Return all features of a history by name."""
    scopes = scopes_of(history.places > 1, context.long_life, context.export_only)
    return {
        feature.name: feature.extractor.extract(history, context) if feature.scope in scopes else 0
        for feature in FEATURES
    }
