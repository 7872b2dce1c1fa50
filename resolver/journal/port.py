"""The port: a scan goes in, and the call comes back when the scan is durable.

Duties of every adapter:

- `record` returns only when the evidence is where the adapter's setting says it survives (the
  direct journal: committed in the ledger; the stream: written to Redis under its appendfsync).
  Otherwise it raises `NotRecorded`, and then the scan may not be claimed as recorded.
- The queue is bounded: past it `TooManyWaiting` is raised at once. What was taken on is never
  dropped: `close` first writes what waits.
- A scan comes into the ledger exactly once however often it is written: it is named by its id.
- An alert is reported with its scan, after the scan is in the ledger.
"""

from typing import NamedTuple, Protocol

from ledger import ScanRow


class Evidence(NamedTuple):
    """A judged scan, and whether the judge wants people to look at it."""

    scan: ScanRow
    alert: bool


class Journal(Protocol):
    """Makes evidence durable."""

    @property
    def waiting(self) -> int:
        """Scans taken on that are not durable yet."""

    async def record(self, evidence: Evidence) -> None:
        """Return when the evidence is durable. Raises `NotRecorded`."""

    async def check(self) -> None:
        """Raise `NotRecorded` unless evidence can be made durable now (for `/health/ready`)."""

    async def close(self) -> None:
        """Write what waits, then let go."""
