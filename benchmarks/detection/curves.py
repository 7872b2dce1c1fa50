"""Rates over several worlds with bootstrap intervals, and recall at equal false alarms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from benchmarks.detection.evaluate import Tally
from simulation.chance import Floats

DRAWS = 2000


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval; `of` is the denominator that it was counted over."""

    value: float
    low: float
    high: float
    of: float = 0.0

    def text(self, form: str = ".2f") -> str:
        """Return `value [low, high]`."""
        if not np.isfinite(self.value):
            return "–"
        return f"{self.value:{form}} [{self.low:{form}}, {self.high:{form}}]"


def ratio(
    tallies: Sequence[Tally], part: Callable[[Tally], float], whole: Callable[[Tally], float]
) -> Estimate:
    """Sum both over worlds and divide; resample whole worlds (seeds) for the interval.

    When the count is zero or there is one world, resampling would claim certainty, so the interval
    is the exact binomial one (for a count of zero the upper end is about 3 / n).
    """
    a, b = np.array([part(t) for t in tallies]), np.array([whole(t) for t in tallies])
    if b.sum() == 0:
        return Estimate(float("nan"), float("nan"), float("nan"))
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(tallies), (DRAWS, len(tallies)))
    totals = b[drawn].sum(axis=1)
    ok = totals > 0
    low, high = np.percentile(a[drawn].sum(axis=1)[ok] / totals[ok], [2.5, 97.5])
    hits, of = float(a.sum()), float(b.sum())
    if hits == 0 or len(tallies) == 1:
        low = stats.beta.ppf(0.025, hits, of - hits + 1) if hits else 0.0
        high = stats.beta.ppf(0.975, hits + 1, of - hits) if hits < of else 1.0
    return Estimate(hits / of, float(low), float(high), of)


def stratum(column: int, *, at_least: int = 1, at_most: int = 10**9, pattern: str = "",
            kind: str = "copied") -> Callable[[Tally], float]:  # fmt: skip
    """Return a count over the strata of one kind with K in a range (see `Tally.strata`)."""

    def count(t: Tally) -> float:
        total = 0
        for name, values in t.strata.items():
            its_kind, k, its_pattern = name.split("/")
            if its_kind == kind and at_least <= int(k) <= at_most:
                total += values[column] if pattern in ("", its_pattern) else 0
        return float(total)

    return count


def recall(tallies: Sequence[Tally], **which: int | str) -> Estimate:
    """Return recall relative to the ceiling: alerted codes of the observable ones."""
    return ratio(tallies, stratum(4, **which), stratum(1, **which))  # type: ignore[arg-type]  # forwarded by name


def roc(tallies: Sequence[Tally], low: int = 1, high: int = 10**9) -> tuple[Floats, Floats]:
    """Return (false alarms per genuine stamp, share of observable copied codes caught), ascending.

    Every distinct score is one threshold. Points between thresholds are random choices between
    them, so that few distinct scores are no disadvantage.
    """
    wrong, counts, right = _scores(tallies, low, high)
    # The pooled curve is unknown beyond the end of any world's list of scores.
    floor = max(t.genuine_scores[-1][0] for t in tallies)
    levels = np.unique(np.concatenate([wrong, right]))[::-1]
    levels = levels[levels >= floor]
    total = np.concatenate(([0.0], np.cumsum(counts)))
    alarms = total[np.searchsorted(-wrong, -levels, side="right")]
    caught = np.searchsorted(-right, -levels, side="right") / max(len(right), 1)
    genuine = sum(t.genuine for t in tallies)
    return np.concatenate(([0.0], alarms / genuine)), np.concatenate(([0.0], caught))


def recall_at(tallies: Sequence[Tally], rate: float, low: int = 1, high: int = 10**9) -> float:
    """Return the best recall of the ceiling at a given rate of false alarms.

    The threshold is the score at which the allowed alarms are exhausted; when several genuine
    stamps have that score, the choice between it and the next higher score is random.
    """
    wrong, counts, right = _scores(tallies, low, high)
    if not len(right):
        return float("nan")
    allowed = rate * sum(t.genuine for t in tallies)
    total = np.cumsum(counts)
    at = min(int(np.searchsorted(total, allowed, side="right")), len(wrong) - 1)
    threshold = wrong[at]
    equal, above = counts[wrong == threshold].sum(), counts[wrong > threshold].sum()
    share = min((allowed - above) / equal, 1.0)
    return float(((right > threshold).sum() + share * (right == threshold).sum()) / len(right))


def _scores(tallies: Sequence[Tally], low: int, high: int) -> tuple[Floats, Floats, Floats]:
    """Return genuine scores, their counts, and scores of observable copied codes, descending."""
    pooled = np.concatenate([np.array(t.genuine_scores).reshape(-1, 2) for t in tallies])
    pooled = pooled[np.argsort(-pooled[:, 0], kind="stable")]
    rows = np.concatenate([np.array(t.attacked_scores).reshape(-1, 2) for t in tallies])
    right = np.sort(rows[(rows[:, 0] >= low) & (rows[:, 0] <= high), 1])[::-1]
    return pooled[:, 0], pooled[:, 1], right


def lead_over(
    ours: Sequence[Tally], peer: Sequence[Tally], low: int, high: int, draws: int = 200
) -> tuple[float, float, Estimate]:
    """Return our recall, the peer's recall at our rate of false alerts, and the difference."""

    def pair(which: Sequence[int]) -> tuple[float, float]:
        mine, theirs = [ours[i] for i in which], [peer[i] for i in which]
        rate = sum(t.false_alerts for t in mine) / sum(t.genuine for t in mine)
        own = ratio_of(mine, low, high)
        return own, recall_at(theirs, rate, low, high)

    own, other = pair(range(len(ours)))
    rng = np.random.default_rng(0)
    drawn = [pair(rng.integers(0, len(ours), len(ours)).tolist()) for _ in range(draws)]
    leads = np.array([a - b for a, b in drawn])
    leads = leads[np.isfinite(leads)]
    if not len(leads):
        return own, other, Estimate(float("nan"), float("nan"), float("nan"))
    ends = np.percentile(leads, [2.5, 97.5])
    return own, other, Estimate(own - other, float(ends[0]), float(ends[1]))


def ratio_of(tallies: Sequence[Tally], low: int, high: int) -> float:
    """Return alerted of observable, without an interval."""
    whole = sum(stratum(1, at_least=low, at_most=high)(t) for t in tallies)
    part = sum(stratum(4, at_least=low, at_most=high)(t) for t in tallies)
    return part / whole if whole else float("nan")
