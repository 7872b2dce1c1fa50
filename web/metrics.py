"""Metrics of connections and of turns, and their text format."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from web.connection_guard import ConnectionGuard
from web.request_turns import RequestTurns


class ConnectionMetrics(Collector):
    """The connections of one guard."""

    def __init__(self, guard: ConnectionGuard) -> None:
        self._guard = guard

    def collect(self) -> Iterable[Metric]:
        """The families."""
        guard = self._guard
        yield GaugeMetricFamily("veritem_connections", "Open connections", value=len(guard))
        yield GaugeMetricFamily(
            "veritem_connections_limit", "Most connections", value=guard.limits.connections
        )
        for name, documentation, value in (
            ("refused", "Connections refused because of a limit", guard.refused),
            ("expired", "Connections that passed a deadline", guard.expired),
            ("evicted", "Waiting connections cut to make room for new ones", guard.evicted),
        ):
            yield CounterMetricFamily(f"veritem_connections_{name}", documentation, value=value)


class TurnMetrics(Collector):
    """The requests that have or await their turn."""

    def __init__(self, turns: RequestTurns) -> None:
        self._turns = turns

    def collect(self) -> Iterable[Metric]:
        """The families."""
        turns = self._turns
        yield GaugeMetricFamily(
            "veritem_requests_waiting", "Requests that wait for their turn", value=turns.waiting
        )
        yield CounterMetricFamily(
            "veritem_requests_refused",
            "Requests refused because too many waited",
            value=turns.refused,
        )


def render_metrics(*collectors: Collector) -> bytes:
    """The metrics of collectors in Prometheus' text format."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)
