"""What a recorder counts, as Prometheus metrics: what it wrote, and how far behind it is."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from resolver.metrics import Histogram, counter, exposed

_GROUPS: Final = (1, 10, 100, 500, 1_000, 2_000, 5_000)
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class RecorderMetrics(Collector):
    """The counters of one recorder."""

    def __init__(self) -> None:
        self.recorded = 0
        """Entries of the stream written down and acknowledged."""
        self.claimed = 0
        """Entries of them that another recorder had taken and not acknowledged."""
        self.refused = 0
        """Entries put aside because they are no evidence."""
        self.alerts = 0
        """Alerts opened or added to, one a stamp (or batch) and group."""
        self.retries: defaultdict[str, int] = defaultdict(int)
        """Groups that could not be recorded and were tried again, by the error's code."""
        self.groups = Histogram("veritem_recorder_group_scans", "Scans in a group", _GROUPS)
        self.scans_seconds = Histogram(
            "veritem_recorder_scans_seconds", "Time to commit a group's scans", _SECONDS
        )
        self.alerts_seconds = Histogram(
            "veritem_recorder_alerts_seconds", "Time to commit a group's alerts", _SECONDS
        )
        self.waiting: int | None = None
        """Entries in the stream that are not in the ledger yet; None: Redis does not answer."""
        self.put_aside: int | None = None
        """Entries that were ever put aside and that nobody has removed."""
        self.lag_seconds: float | None = None
        """How long ago the oldest entry that waits was answered as recorded."""

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return exposed(self)

    def collect(self) -> Iterable[Metric]:
        """What is counted now; what could not be asked of Redis is left out."""
        for name, what, value in (
            ("veritem_recorder_scans", "Scans written down and acknowledged", self.recorded),
            ("veritem_recorder_claimed", "Scans taken over from others", self.claimed),
            ("veritem_recorder_refused", "Entries put aside as no evidence", self.refused),
            ("veritem_recorder_alerts", "Alerts opened or added to, by group", self.alerts),
        ):
            yield CounterMetricFamily(name, what, value=value)
        yield counter("veritem_recorder_retries", "Groups tried again", "why", self.retries)
        for histogram in (self.groups, self.scans_seconds, self.alerts_seconds):
            yield histogram.family()
        for name, what, found in (
            ("veritem_stream_scans", "Scans that wait in the stream", self.waiting),
            ("veritem_stream_lag_seconds", "Age of the oldest that waits", self.lag_seconds),
            ("veritem_stream_refused", "Entries that stand aside", self.put_aside),
        ):
            if found is not None:
                yield GaugeMetricFamily(name, what, value=found)
