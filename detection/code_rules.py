"""Rules of registered codes: facts of a code's use → suspicions with named, weighed reasons.

Two suspicions, each a kind of alert. A code is **withdrawn and in use**: it was suspended or
revoked while stamps were bound under it, or stamps were recorded after it. A code is **lent**: more
is bound under it than its place can yield, or others use it, or what is done under it is done
elsewhere.

Weights are in nats, as those of scans (`detection.rules`). One strong reason or several weak ones
open an alert. Places that consumers give are claims, so they never do alone. People judge.

>>> facts = CodeFacts("VN-ĐLOR-0123", "growing_area", activated=300_000, crop=100_000)
>>> [(one.kind, one.reasons) for one in judge_code(facts)]
[('lent_code', ('above_crop',))]
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2
from typing import Final, Literal, NamedTuple

from detection.place import Place

CodeSuspicionKind = Literal["withdrawn_code", "lent_code"]
HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class CodeRules:
    """Thresholds and weights. The defaults are assumptions of the trade, not calibrated."""

    alert: float = 4.0
    """Least score at which an alert asks people to look."""

    crop_tolerance: float = 1.1
    """Stamps may be this many times the crop: yields are estimates."""
    above_crop: float = 4.0
    """Weight of more stamps than the crop allows; it doubles with twice as many."""
    above_crop_most: float = 8.0

    hectares_a_house: float = 10.0
    """A growing area may have one packing house for so many hectares ..."""
    usual_houses: int = 3
    """... and always this many."""
    many_houses: float = 1.5
    """Weight of each packing house above that."""
    many_houses_most: float = 4.5

    far_km: float = 600.0
    """Produce is packed nearer than this to where it grew: durian of the Central Highlands is
    packed in the Mekong delta, some 400 km away."""
    far_share: float = 0.1
    """Least share of the stamps at which the distance counts."""
    far: float = 3.0
    """Weight of places that are far apart."""

    others_share: float = 0.2
    """Least share of the stamps at which a packing house counts as used by others."""
    used_by_others: float = 5.0

    road_km_h: float = 80.0
    """Speed of a lorry; a scan farther away than it came since the activation ..."""
    road_slack_km: float = 60.0
    """... and than this was made elsewhere."""
    hasty_stamps: int = 3
    """Least number of such stamps that counts."""
    hasty: float = 3.0

    in_use_days: int = 30
    """Stamps of so many days before a withdrawal are on the market."""
    in_use: float = 4.0
    late: float = 7.0
    """Weight of stamps that were recorded after the withdrawal."""


DEFAULT_CODE_RULES: Final = CodeRules()


@dataclass(frozen=True, slots=True)
class Partner:
    """A packing house of a growing area, or a growing area of a packing house."""

    code: str
    stamps: int
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """Use of a registered code in its season. Counts are stamps; times ms, UTC."""

    code: str
    kind: str
    """`growing_area`, `farming_area` or `packing_house`."""
    place: Place | None = None
    hectares: float | None = None
    activated: int = 0
    crop: int | None = None
    """Fruits of the season; None where a figure is not registered."""
    partners: Sequence[Partner] = ()
    by_others: int = 0
    """Bound to lots of organisations other than the code's."""
    hasty: int = 0
    """Scanned farther away than a lorry came since the activation."""
    withdrawn_at: int | None = None
    """When it was suspended or revoked; None while it is in force."""
    late: int = 0
    """Recorded after the withdrawal."""
    before: int = 0
    """Activated in the days before the withdrawal (`CodeRules.in_use_days`)."""


class WeighedFact(NamedTuple):
    """A reason with its weight, and the stamps that it is about."""

    reason: str
    weight: float
    stamps: int


@dataclass(frozen=True, slots=True)
class CodeSuspicion:
    """Suspicion about a code: its facts, the heaviest first."""

    kind: CodeSuspicionKind
    facts: tuple[WeighedFact, ...]

    @property
    def score(self) -> float:
        """The sum of the weights."""
        return sum(fact.weight for fact in self.facts)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The names of the reasons, the heaviest first."""
        return tuple(fact.reason for fact in self.facts)

    @property
    def stamps(self) -> int:
        """The stamps at stake: those of the reason with the most."""
        return max(fact.stamps for fact in self.facts)


def judge_code(facts: CodeFacts, rules: CodeRules = DEFAULT_CODE_RULES) -> list[CodeSuspicion]:
    """Return the suspicion about a code; without facts below `rules.alert`."""
    weighed: tuple[tuple[CodeSuspicionKind, Iterator[WeighedFact]], ...] = (
        ("withdrawn_code", _weigh_withdrawal(facts, rules)),
        ("lent_code", _weigh_lending(facts, rules)),
    )
    found = [
        CodeSuspicion(kind, tuple(sorted(reasons, key=lambda fact: -fact.weight)))
        for kind, reasons in weighed
    ]
    return [one for one in found if one.facts and one.score >= rules.alert]


def is_hasty(km: float, hours: float, rules: CodeRules = DEFAULT_CODE_RULES) -> bool:
    """Whether a stamp is farther from its place than a lorry brings it in so many hours.

    >>> is_hasty(900, 2), is_hasty(120, 2)
    (True, False)
    """
    return km > rules.road_slack_km + max(0.0, hours) * rules.road_km_h


def count_plausible_houses(hectares: float | None, rules: CodeRules = DEFAULT_CODE_RULES) -> int:
    """How many packing houses a growing area may have.

    >>> count_plausible_houses(12.5), count_plausible_houses(80), count_plausible_houses(None)
    (3, 8, 3)
    """
    return max(rules.usual_houses, int((hectares or 0.0) / rules.hectares_a_house))


def _weigh_withdrawal(facts: CodeFacts, rules: CodeRules) -> Iterator[WeighedFact]:
    if facts.withdrawn_at is None:
        return
    if facts.late:
        yield WeighedFact("bound_after_withdrawal", rules.late, facts.late)
    if facts.before:
        yield WeighedFact("in_use_at_withdrawal", rules.in_use, facts.before)


def _weigh_lending(facts: CodeFacts, rules: CodeRules) -> Iterator[WeighedFact]:
    is_house = facts.kind == "packing_house"
    if facts.crop is not None and facts.activated > facts.crop * rules.crop_tolerance:
        ratio = facts.activated / max(1.0, facts.crop * rules.crop_tolerance)
        weight = min(rules.above_crop_most, rules.above_crop * (1 + log2(ratio)))
        yield WeighedFact("above_crop", weight, facts.activated - facts.crop)
    if not is_house:
        more = len(facts.partners) - count_plausible_houses(facts.hectares, rules)
        if more > 0:
            weight = min(rules.many_houses_most, more * rules.many_houses)
            yield WeighedFact("many_packing_houses", weight, facts.activated)
    if is_house and facts.by_others >= max(1.0, rules.others_share * facts.activated):
        yield WeighedFact("used_by_others", rules.used_by_others, facts.by_others)
    far = sum(one.stamps for one in facts.partners if _find_gap(facts, one) > rules.far_km)
    if far >= max(1.0, rules.far_share * facts.activated):
        yield WeighedFact("far_growing_area" if is_house else "far_packing_house", rules.far, far)
    if facts.hasty >= rules.hasty_stamps:
        yield WeighedFact("scanned_too_far", rules.hasty, facts.hasty)


def find_distance(place: Place | None, other: Place | None) -> float | None:
    """Kilometres that surely lie between two places; None where one is not known."""
    if place is None or other is None:
        return None
    sure = place.distance_km(other) - (place.accuracy_m + other.accuracy_m) / 1000
    return max(0.0, sure)


def _find_gap(facts: CodeFacts, partner: Partner) -> float:
    return find_distance(facts.place, partner.place) or 0.0
