"""The batch anomaly from the ledger's daily counts (`detection.batch_anomaly`).

The ledger counts a stamp once when it is first scanned and once when it becomes anomalous by its
own scans, in the transaction that stores the scan.
"""

from collections.abc import Sequence

from detection.batch_anomaly import BatchAnomaly
from detection.rules import Rules
from ledger import BatchDay


def fold_batch_days(days: Sequence[BatchDay], rules: Rules) -> BatchAnomaly:
    """The rolling counts of a batch after its days, which are in time order."""
    counts = BatchAnomaly()
    for day in days:
        counts = counts.count(day.at, rules, scanned=day.scanned, anomalous=day.anomalous)
    return counts
