"""Measures of the quality of data: what each counts, of what, and where the list of it is.

The one table of what a measure means. Its words are the texts `quality.<name>` and
`quality.<name>_means`, in three languages.

>>> from collections import Counter
>>> totals = Counter({("lots", ""): 8, ("lots_complete", ""): 6})
>>> QUALITY_MEASURES["complete"].measure(totals)
QualityCount(part=6, whole=8)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ledger.quality.quality_facts import QualityTotals


@dataclass(frozen=True, slots=True)
class QualityCount:
    """How many of how many."""

    part: int
    whole: int

    @property
    def share(self) -> float | None:
        """The part of the whole; None of nothing."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class QualityMeasure:
    """A measure: its numerator and denominator, and the list of what is meant."""

    name: str
    part: str
    whole: tuple[str, ...]
    is_good: bool
    """Whether more is better."""
    list_path: str
    """The page that lists what is meant."""

    def measure(self, totals: QualityTotals) -> QualityCount:
        """Compute the measure from totals of facts."""
        return QualityCount(
            max(0, totals[self.part, ""]), sum(totals[name, ""] for name in self.whole)
        )


_LIST: Final = (
    QualityMeasure("complete", "lots_complete", ("lots",), True, "/lots?state=incomplete"),
    QualityMeasure("harvest", "lots_with_harvest", ("lots",), True, "/diary?kind=harvest"),
    QualityMeasure("corrections", "corrections", ("lots",), False, "/lots"),
    QualityMeasure("late_events", "events_late", ("events",), False, "/diary"),
    QualityMeasure("event_errors", "event_errors", ("events",), False, "/diary"),
    QualityMeasure(
        "disputed",
        "mentions_disputed",
        ("mentions_confirmed", "mentions_disputed"),
        False,
        "/mentions",
    ),
    QualityMeasure("late_activations", "activated_late", ("activated",), False, "/batches"),
    QualityMeasure("late_prints", "printed_late", ("printed_due",), False, "/batches"),
)
QUALITY_MEASURES: Final[Mapping[str, QualityMeasure]] = {one.name: one for one in _LIST}
"""All measures by name."""

REGISTERED: Final[Mapping[str, tuple[str, str, str]]] = {
    "expired_codes": ("codes_expired", "codes", "/codes?condition=expired"),
    "areas_without_hectares": ("areas_without_hectares", "areas", "/codes?kind=growing_area"),
    "places_without_ward": ("places_without_ward", "places", ""),
    "places_without_gln": ("places_without_gln", "places", ""),
}
"""What is counted of the registry of one organisation, as it is now: part, whole, list."""


def measure_quality(totals: QualityTotals) -> dict[str, QualityCount]:
    """All measures of these totals, by name."""
    return {name: one.measure(totals) for name, one in QUALITY_MEASURES.items()}


def list_missing(totals: QualityTotals) -> list[tuple[str, QualityCount]]:
    """The items that lots lack, by how many lack them, the most first."""
    lots = totals["lots", ""]
    found = [
        (item, QualityCount(count, lots))
        for (figure, item), count in totals.items()
        if figure == "lots_missing" and count > 0
    ]
    return sorted(found, key=lambda one: (-one[1].part, one[0]))
