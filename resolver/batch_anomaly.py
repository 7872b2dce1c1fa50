"""Whether the stamps of one batch go wrong together: what the ledger counted by day, weighed.

The ledger counts a stamp once when it is first scanned and once when it becomes anomalous by its
own scans, in the transaction that keeps the scan (`ledger.scans`). Folding the days of a batch
gives the rolling counts of `detection.batch_anomaly`; what they weigh reaches the judge of every
process with the batch's spans, and a batch that weighs all it can is an alert for people.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from detection.batch_anomaly import BatchAnomaly
from detection.rules import Rules
from detection.verdict import Reason
from ledger import BatchDay, Ledger, ScanRow, Suspicion


def fold_batch_days(days: Sequence[BatchDay], rules: Rules) -> BatchAnomaly:
    """The rolling counts of a batch after its days, in their order."""
    counts = BatchAnomaly()
    for day in days:
        counts = counts.note(day.at, rules, scanned=day.scanned, anomalous=day.anomalous)
    return counts


async def find_leaked_batches(
    ledger: Ledger, scans: Iterable[ScanRow], rules: Rules
) -> list[Suspicion]:
    """The batches of which a stamp became anomalous just now and that look leaked."""
    anomalous: dict[int, list[ScanRow]] = defaultdict(list)
    for scan in scans:
        if scan.anomalous:
            anomalous[scan.batch].append(scan)
    if not anomalous:
        return []
    days = await ledger.scans.days_of_each(anomalous)
    found = []
    for batch, rows in anomalous.items():
        weight = fold_batch_days(days.get(batch, []), rules).evidence(rules)
        if weight >= rules.batch_alert:
            found.append(
                Suspicion(
                    "batch",
                    batch,
                    None,
                    weight,
                    (Reason.BATCH,),
                    tuple(scan.id for scan in rows),
                    max(scan.at for scan in rows),
                )
            )
    return found
