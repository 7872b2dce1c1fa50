"""Whether the stamps of one batch go wrong together: what the ledger counted by day, weighed.

The ledger counts a stamp once when it is first scanned and once when it comes to look odd by its
own scans, in the transaction that keeps the scan (`ledger.scans`). Folding the days of a batch
gives the rolling counts of `stamps.neighbourhood`; what they weigh reaches the judge of every
process with the batch's spans, and a batch that weighs all it can is an alert for people.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ledger import BatchDay, Ledger, ScanRow
from stamps.neighbourhood import Neighbourhood
from stamps.rules import Rules
from stamps.verdict import Reason


def neighbourhood(days: Sequence[BatchDay], rules: Rules) -> Neighbourhood:
    """The rolling counts of a batch after its days, in their order."""
    counts = Neighbourhood()
    for day in days:
        counts = counts.note(day.at, rules, scanned=day.scanned, odd=day.odd)
    return counts


async def report_batches(ledger: Ledger, scans: Iterable[ScanRow], rules: Rules) -> None:
    """Report the batches of which a stamp came to look odd just now, if they look leaked."""
    odd: dict[int, list[ScanRow]] = defaultdict(list)
    for scan in scans:
        if scan.odd:
            odd[scan.batch].append(scan)
    for batch, rows in odd.items():
        counts = neighbourhood(await ledger.scans.days_of(batch), rules)
        weight = counts.evidence(rules)
        if weight >= rules.batch_most:
            await ledger.alerts.report(
                "batch",
                batch,
                None,
                score=weight,
                reasons=[Reason.BATCH],
                scans=[scan.id for scan in rows],
                at=max(scan.at for scan in rows),
            )
