"""Metrics of a recorder: what it wrote, and how far it is behind the stream."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from resolver.metrics import Histogram, counter_family
from web.metrics import render_metrics

_GROUP_SIZES: Final = (1, 10, 100, 500, 1_000, 2_000, 5_000)
_COMMIT_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class RecorderMetrics(Collector):
    """The metrics of one recorder."""

    def __init__(self) -> None:
        self.recorded = 0
        """Entries of the stream that were written and acknowledged."""
        self.claimed = 0
        """Entries that another recorder had taken and not acknowledged."""
        self.refused = 0
        """Entries that were refused: unreadable, or not proven."""
        self.unproven: defaultdict[str, int] = defaultdict(int)
        """Entries that no enrolled device signed as they are, by the slug that says why."""
        self.alerts = 0
        """Alerts opened or added to, counted once a stamp (or batch) and group."""
        self.retries: defaultdict[str, int] = defaultdict(int)
        """Groups that could not be recorded and were retried, by the error's code."""
        self.group_sizes = Histogram(
            "veritem_recorder_group_scans", "Scans in a group", _GROUP_SIZES
        )
        self.scans_seconds = Histogram(
            "veritem_recorder_scans_seconds", "Time to commit a group's scans", _COMMIT_SECONDS
        )
        self.alerts_seconds = Histogram(
            "veritem_recorder_alerts_seconds", "Time to commit a group's alerts", _COMMIT_SECONDS
        )
        self.families: list[Callable[[], Metric]] = []
        """Functions that make further families."""
        self.waiting: int | None = None
        """Entries of the stream that are not in the ledger yet; None: Redis does not answer."""
        self.put_aside: int | None = None
        """Refused entries that are still kept."""
        self.lag_seconds: float | None = None
        """Age of the oldest waiting entry."""

    def render(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return render_metrics(self)

    def collect(self) -> Iterable[Metric]:
        """The metrics as Prometheus families; those that Redis did not answer are left out."""
        for name, documentation, value in (
            ("veritem_recorder_scans", "Scans written and acknowledged", self.recorded),
            ("veritem_recorder_claimed", "Scans taken over from other recorders", self.claimed),
            ("veritem_recorder_refused", "Unreadable or unproven entries put aside", self.refused),
            ("veritem_recorder_alerts", "Alerts opened or added to, by group", self.alerts),
        ):
            yield CounterMetricFamily(name, documentation, value=value)
        yield counter_family(
            "veritem_recorder_unproven",
            "Entries that no enrolled device signed as they are",
            "why",
            self.unproven,
        )
        yield counter_family("veritem_recorder_retries", "Groups retried", "why", self.retries)
        for histogram in (self.group_sizes, self.scans_seconds, self.alerts_seconds):
            yield histogram.to_family()
        for name, documentation, read in (
            ("veritem_stream_scans", "Scans that wait in the stream", self.waiting),
            ("veritem_stream_lag_seconds", "Age of the oldest waiting scan", self.lag_seconds),
            ("veritem_stream_refused", "Entries that were put aside", self.put_aside),
        ):
            if read is not None:
                yield GaugeMetricFamily(name, documentation, value=read)
        for make_family in self.families:
            yield make_family()
