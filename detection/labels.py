"""Labels: what people's decisions on alerts say about the detector, and with which certainty.

A confirmed alert is a true one, whatever the cause: somebody did wrong with the stamp. A dismissed
one is a false one. An alert without a decision, or one that is investigated again, has no label.

Labels say nothing about stamps that raised no alert: nobody looked at those. So they measure the
precision of alerts above the threshold in force, and never the share of copies that is found.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import compress
from math import sqrt
from statistics import median
from typing import Final

from stamps.vietnam_time import to_iso_day

LABEL_OF_CAUSE: Final[Mapping[str, bool]] = {
    "copied": True,
    "leaked": True,
    "reused": True,
    "stolen": True,
    "insider": True,
    "sample-on-show": False,
    "gift": False,
    "viral-photo": False,
    "test-scan": False,
    "crawler": False,
    "wrong-place": False,
    "shared-network": False,
    "poisoned": False,
    "other": False,
}
"""The label of each cause of a decision on an alert of the detector. `other` dismisses like every
other cause: leaving it out would flatter the precision."""

DETECTOR_KINDS: Final = frozenset({"stamp", "batch", "campaign"})
"""The kinds of alerts that the detector raises; others come from other rules, with own causes."""

LEVELS: Final = (0.0, 8.0, 9.0, 10.8, 14.0)
"""Lower bounds of the levels of scores, in nats."""

_Z: Final = 1.959964
"""Two-sided 95 % of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Label:
    """A decided alert. Times are milliseconds, UTC."""

    kind: str
    cause: str
    product: str | None
    province: str | None
    score: float
    opened_at: int
    decided_at: int


@dataclass(frozen=True, slots=True)
class Share:
    """A share of counted things, with its 95 % interval (Wilson's)."""

    part: int
    whole: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.part / self.whole if self.whole else None


def estimate_share(part: int, whole: int) -> Share:
    """Return a share with Wilson's score interval, which holds for few and for extreme shares too.

    >>> share = estimate_share(8, 10)
    >>> round(share.low, 3), round(share.high, 3)
    (0.49, 0.943)
    >>> estimate_share(0, 0)
    Share(part=0, whole=0, low=0.0, high=1.0)
    """
    if not 0 <= part <= whole:
        raise ValueError(f"no share: {part} of {whole}")
    if not whole:
        return Share(0, 0, 0.0, 1.0)
    value, square = part / whole, _Z * _Z / whole
    middle = (value + square / 2) / (1 + square)
    half = _Z * sqrt(value * (1 - value) / whole + square / (4 * whole)) / (1 + square)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    # Exact at the ends, where rounding would leave a trace.
    return Share(part, whole, low if part else 0.0, high if part < whole else 1.0)


def choose_level(score: float) -> int:
    """Return the number of the level of a score.

    >>> [choose_level(score) for score in (-3.0, 6.8, 8.0, 10.7, 99.0)]
    [0, 0, 1, 2, 4]
    """
    return bisect_right(LEVELS, score, 1) - 1


def name_month(at: int) -> str:
    """Return the month of a time in Vietnam.

    >>> name_month(1_790_787_600_000)
    '2026-10'
    """
    return to_iso_day(at)[:7]


DIMENSIONS: Final[Mapping[str, Callable[[Label], str]]] = {
    "month": lambda label: name_month(label.decided_at),
    "kind": lambda label: label.kind,
    "level": lambda label: str(choose_level(label.score)),
    "product": lambda label: label.product or "",
    "province": lambda label: label.province or "",
}
"""Dimensions of precision, each with the group of a label; empty: not known."""


@dataclass(frozen=True, slots=True)
class LabelSummary:
    """Summary of the labels of a period."""

    total: Share
    groups: Mapping[str, Mapping[str, Share]]
    """Precision by dimension: months in order, others the most frequent first."""
    causes: Mapping[str, int]
    """Number of labels with each cause, the most frequent first."""
    excluded: int
    """Decided alerts that are not the detector's."""
    median_ms: int | None
    """Median time from the alert to its decision."""


def summarize_labels(labels: Iterable[Label]) -> LabelSummary:
    """Return the precision of decided alerts as a whole and by each dimension."""
    counted = list(labels)
    known = [
        label for label in counted if label.kind in DETECTOR_KINDS and label.cause in LABEL_OF_CAUSE
    ]
    are_confirmed = [LABEL_OF_CAUSE[label.cause] for label in known]
    groups: dict[str, Mapping[str, Share]] = {}
    for dimension, choose in DIMENSIONS.items():
        names = [choose(label) for label in known]
        found, confirmed = Counter(names), Counter(compress(names, are_confirmed))
        by_name = dimension in ("month", "level")
        ordered = sorted(found.items(), key=lambda item: (0 if by_name else -item[1], item[0]))
        groups[dimension] = {name: estimate_share(confirmed[name], n) for name, n in ordered}
    causes = Counter(label.cause for label in known)
    return LabelSummary(
        total=estimate_share(sum(are_confirmed), len(known)),
        groups=groups,
        causes=dict(sorted(causes.items(), key=lambda item: (-item[1], item[0]))),
        excluded=len(counted) - len(known),
        median_ms=round(median(one.decided_at - one.opened_at for one in known)) if known else None,
    )
