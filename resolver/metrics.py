"""Metrics of the public service: plain integers while serving, Prometheus families when scraped."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ledger.clock import SteadyClock
from web.metrics import render_metrics

# mypyc 2.4 takes an inferred constant tuple of floats as unset: the type is written in full.
ANSWER_SECONDS: Final[tuple[float, ...]] = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.3,
    1.0,
    3.0,
)
"""Bucket bounds of answer times; EU medicines rules allow 0.3 s for 95 % of the answers."""


CHANGE_SECONDS: Final[tuple[float, ...]] = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)
"""Bucket bounds of the times until pages show a change; a decision is to take a second."""


class Histogram:
    """Counts of values by upper bound."""

    def __init__(self, name: str, documentation: str, bounds: Sequence[float]) -> None:
        self._name, self._documentation = name, documentation
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def to_family(self) -> HistogramMetricFamily:
        """The histogram as the Prometheus client takes it."""
        total, buckets = 0, []
        for bound, count in zip((*map(str, self._bounds), "+Inf"), self._counts, strict=True):
            total += count
            buckets.append((bound, float(total)))
        family = HistogramMetricFamily(self._name, self._documentation)
        family.add_metric([], buckets=buckets, sum_value=self._sum)
        return family


class Metrics(Collector):
    """The metrics of one process. `gauges` are read when they are scraped."""

    def __init__(self) -> None:
        self.visits: defaultdict[str, int] = defaultdict(int)
        """Answered visits by `StampAnswer.kind`."""
        self.scans: defaultdict[str, int] = defaultdict(int)
        """Recorded scans by `StampAnswer.kind`."""
        self.signed_scans: defaultdict[str, int] = defaultdict(int)
        """Recorded scans of enrolled devices by what they count as."""
        self.refusals: defaultdict[str, int] = defaultdict(int)
        """Refused requests by the error's code."""
        self.gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        """Name → documentation and a function that reads the value."""
        self.families: list[Callable[[], Metric]] = []
        """Functions that make further families."""
        times = Histogram("veritem_answer_seconds", "Time from request to answer", ANSWER_SECONDS)
        self._times = times
        self.connections: Collector | None = None
        """The connections of the process, while it serves."""
        self.observe_answer = times.observe
        """`observe_answer(seconds)` counts the time of an answer."""

    def render(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return render_metrics(self)

    def collect(self) -> Iterable[Metric]:
        """The metrics as Prometheus families."""
        yield counter_family("veritem_visits", "Answered visits", "verdict", self.visits)
        yield counter_family("veritem_scans", "Recorded scans", "verdict", self.scans)
        yield counter_family(
            "veritem_signed_scans", "Recorded scans of enrolled devices", "via", self.signed_scans
        )
        yield counter_family("veritem_refusals", "Refused requests", "problem", self.refusals)
        yield self._times.to_family()
        if self.connections is not None:
            yield from self.connections.collect()
        for name, (documentation, read) in self.gauges.items():
            yield GaugeMetricFamily(name, documentation, value=read())
        for make_family in self.families:
            yield make_family()


def counter_family(
    name: str, documentation: str, label: str, counts: Mapping[str, int]
) -> CounterMetricFamily:
    """A counter with one label."""
    family = CounterMetricFamily(name, documentation, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


def clock_family(clock: SteadyClock) -> GaugeMetricFamily:
    """Seconds by which the system's clock differs from the time of this process."""
    return GaugeMetricFamily(
        "veritem_clock_offset_seconds",
        "Seconds by which the system's clock is ahead of the time of the process",
        value=clock.read_offset(),
    )
