"""The port of the scan journal: a call returns when its scan is durable.

Duties of every adapter (contract suite: `tests/resolver/journal/test_journal.py`):

- `record` returns only when the evidence survives as the adapter's settings promise: with the
  direct journal it is committed in the ledger; with the stream it is written to Redis under its
  `appendfsync`. Otherwise it raises `NotRecorded`, and nobody may claim that the scan is recorded.
- The queue is bounded: beyond it `record` raises `TooManyWaiting` at once. An accepted scan is
  never dropped: `close` first writes what waits.
- A scan is in the ledger exactly once however often it is written. Its id identifies it.
- An alert is reported with its scan, after the scan is in the ledger.
"""

from typing import NamedTuple, Protocol

from ledger import ScanRow
from resolver.scan_weights import Campaign


class Evidence(NamedTuple):
    """A judged scan, whether people must look at it, and the campaign that it belongs to.

    `near`: the reasons of a scan that people must look at only if consumers' reports of the stamp
    add enough; the journal reads these after the scan is answered for.
    """

    scan: ScanRow
    alert: bool
    campaign: Campaign | None = None
    near: tuple[str, ...] = ()

    @property
    def concerns_people(self) -> bool:
        """Whether the evidence may open an alert."""
        return self.alert or bool(self.near) or self.scan.anomalous or self.campaign is not None


class Journal(Protocol):
    """Makes evidence durable."""

    @property
    def waiting(self) -> int:
        """The number of accepted scans that are not durable yet."""

    async def record(self, evidence: Evidence) -> None:
        """Return when the evidence is durable. Raises `NotRecorded`."""

    async def find(self, evidence: Evidence) -> bool | None:
        """Whether evidence that `record` was unsure of is durable; None: that is not known yet."""

    async def report_claims(self) -> None:
        """Report that others know the PIN of a claimed stamp, if this process opens alerts.

        The ledger keeps what is not reported yet: a failure is logged, and the report repeated.
        """

    async def check(self) -> None:
        """Raise `NotRecorded` unless evidence can be made durable now (for `/health/ready`)."""

    async def close(self) -> None:
        """Write what waits, then release resources."""
