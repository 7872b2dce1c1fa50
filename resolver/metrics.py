"""What is counted: plain integers on the hot path, made into Prometheus metrics when asked for."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

BOUNDS: Final[tuple[float, ...]] = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0)
"""Upper bounds of the answer times, in seconds; 0.3 is what EU medicines rules allow for 95 %."""


class Histogram:
    """How often a value fell below each of some bounds."""

    def __init__(self, name: str, what: str, bounds: Sequence[float]) -> None:
        self._name, self._what = name, what
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def family(self) -> HistogramMetricFamily:
        """The histogram as Prometheus' client takes it."""
        total, buckets = 0, []
        for bound, count in zip((*map(str, self._bounds), "+Inf"), self._counts, strict=True):
            total += count
            buckets.append((bound, float(total)))
        family = HistogramMetricFamily(self._name, self._what)
        family.add_metric([], buckets=buckets, sum_value=self._sum)
        return family


class Metrics(Collector):
    """The counters of one process. `gauges` are read when the metrics are asked for."""

    def __init__(self) -> None:
        self.visits: defaultdict[str, int] = defaultdict(int)
        """Pages and documents given, by verdict (`unsure` where we could not look)."""
        self.scans: defaultdict[str, int] = defaultdict(int)
        """Scans recorded, by verdict."""
        self.refusals: defaultdict[str, int] = defaultdict(int)
        """Refusals, by slug."""
        self.gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        times = Histogram("veritem_answer_seconds", "Time from request to answer", BOUNDS)
        self._times = times
        self.observe_answer = times.add
        """`observe_answer(seconds)` counts an answer's time."""

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return exposed(self)

    def collect(self) -> Iterable[Metric]:
        """What is counted now."""
        yield counter("veritem_visits", "Pages and documents given", "verdict", self.visits)
        yield counter("veritem_scans", "Scans recorded", "verdict", self.scans)
        yield counter("veritem_refusals", "Requests refused", "problem", self.refusals)
        yield self._times.family()
        for name, (what, read) in self.gauges.items():
            yield GaugeMetricFamily(name, what, value=read())


def counter(name: str, what: str, label: str, counts: Mapping[str, int]) -> CounterMetricFamily:
    """A counter by one label."""
    family = CounterMetricFamily(name, what, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


def exposed(collector: Collector) -> bytes:
    """What a collector says, in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry)
