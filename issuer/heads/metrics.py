"""Metrics of the signer: how old the newest state of the ledger is that each place knows."""

from collections.abc import Callable, Iterable

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from issuer.heads.state import SignerState
from web.metrics import render_metrics


class HeadMetrics(Collector):
    """The metrics of one signer.

    A place is current while it has the last head and the ledger still ends there. Its age counts
    from the moment when it was last known to be current, so it grows when a push fails, when
    nothing can be signed, and when the ledger does not answer.
    """

    def __init__(self, state: SignerState, clock: Callable[[], int]) -> None:
        self._state = state
        self._clock = clock
        self.refused = False
        """Whether the ledger's history cannot be signed."""
        self._signed_at = clock()
        self._current_at = {
            name: record.through or self._signed_at for name, record in state.places.items()
        }

    def note_signed(self) -> None:
        """Note that the last head is where the ledger ends now."""
        self._signed_at = self._clock()
        for name in self._current_at:
            self.note_pushed(name)

    def note_pushed(self, place: str) -> None:
        """Note what a place knows after a push."""
        if not self._state.list_due(place):
            self._current_at[place] = self._signed_at

    def collect(self) -> Iterable[Metric]:
        """The families."""
        now = self._clock()
        age = GaugeMetricFamily(
            "veritem_chain_head_age_seconds",
            "Age of the newest state of the ledger that a place has a signed head of",
            labels=["place"],
        )
        waiting = GaugeMetricFamily(
            "veritem_chain_heads_waiting",
            "Signed heads that a place does not have",
            labels=["place"],
        )
        for name, current_at in self._current_at.items():
            age.add_metric([name], max(now - current_at, 0) / 1000)
            waiting.add_metric([name], len(self._state.list_due(name)))
        yield age
        yield waiting
        yield GaugeMetricFamily(
            "veritem_chain_heads_refused",
            "1 while the history of the ledger does not extend what was signed",
            value=int(self.refused),
        )

    async def render(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return render_metrics(self)
