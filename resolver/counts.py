"""What is counted: plain integers on the hot path, made into Prometheus metrics when asked for."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0)
"""Upper bounds of the answer times, in seconds; 0.3 is what EU medicines rules allow for 95 %."""


class Counts(Collector):
    """The counters of one process. `gauges` are read when the metrics are asked for."""

    def __init__(self) -> None:
        self.visits: defaultdict[str, int] = defaultdict(int)
        """Pages and documents given, by verdict (`unsure` where we could not look)."""
        self.scans: defaultdict[str, int] = defaultdict(int)
        """Scans recorded, by verdict."""
        self.refusals: defaultdict[str, int] = defaultdict(int)
        """Refusals, by slug."""
        self.gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        self._times = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0

    def took(self, seconds: float) -> None:
        """Count an answer's time."""
        self._times[bisect_left(BOUNDS, seconds)] += 1
        self._sum += seconds

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterable[Metric]:
        """What is counted now."""
        yield _counter("veritem_visits", "Pages and documents given", "verdict", self.visits)
        yield _counter("veritem_scans", "Scans recorded", "verdict", self.scans)
        yield _counter("veritem_refusals", "Requests refused", "problem", self.refusals)
        total, buckets = 0, []
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self._times, strict=True):
            total += count
            buckets.append((bound, float(total)))
        times = HistogramMetricFamily("veritem_answer_seconds", "Time from request to answer")
        times.add_metric([], buckets=buckets, sum_value=self._sum)
        yield times
        for name, (what, read) in self.gauges.items():
            yield GaugeMetricFamily(name, what, value=read())


def _counter(name: str, what: str, label: str, counts: Mapping[str, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, what, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family
