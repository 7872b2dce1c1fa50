"""Reports recorded scans to people: an alert for a suspicious stamp or a leaked batch.

The direct journal and the recorder report with this module, after the scans are in the ledger.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from detection.report_evidence import CONSUMER_REPORTS, bound_reports
from detection.rules import Rules
from detection.verdict import Reason
from ledger import AlertEvidence, BatchCount, Ledger, ScanRow
from resolver.batch_anomaly import fold_batch_days
from resolver.journal.port import Evidence
from resolver.scan_weights import Campaign


async def report_suspicions(ledger: Ledger, group: Sequence[Evidence], rules: Rules) -> int:
    """Report what a group of scans shows, in one transaction; returns the number of alerts.

    The scans must be in the ledger. Reporting them again adds nothing. Raises `StorageFailed`.
    """
    suspicions = await find_leaked_batches(ledger, (one.scan for one in group), rules)
    suspicions += await _find_suspect_stamps(ledger, group, rules)
    suspicions += [
        _suspect_campaign(one.scan, one.campaign, rules)
        for one in group
        if one.campaign is not None
    ]
    reported = await ledger.alerts.report_all(suspicions, reopen_margin=rules.reopen_margin)
    return len(reported)


async def report_other_claims(ledger: Ledger, rules: Rules) -> int:
    """Report stamps whose PIN others know; returns the number of alerts. Raises `StorageFailed`.

    A process that is killed between the two writes reports them again, which adds nothing.
    """
    claims = await ledger.claims.list_unreported()
    alerts = await ledger.alerts.report_all(
        [
            AlertEvidence(
                kind="stamp",
                batch=claim.batch,
                index=claim.index,
                score=max(rules.second_claim * claim.others, rules.alert),
                reasons=(Reason.SECOND_CLAIM,),
                at=claim.at,
            )
            for claim in claims
        ],
        reopen_margin=rules.reopen_margin,
    )
    await ledger.claims.mark_reported(claims)
    return len(alerts)


async def find_leaked_batches(
    ledger: Ledger, scans: Iterable[ScanRow], rules: Rules
) -> list[AlertEvidence]:
    """Suspicions against batches that look leaked and of which a stamp just became anomalous."""
    anomalous: dict[int, list[ScanRow]] = defaultdict(list)
    for scan in scans:
        if scan.anomalous:
            anomalous[scan.batch].append(scan)
    if not anomalous:
        return []
    days = await ledger.scans.list_batch_days(anomalous)
    suspicions = []
    for batch, rows in anomalous.items():
        counts = fold_batch_days(days.get(batch, []), rules)
        evidence = counts.evidence(rules)
        if evidence >= rules.batch_alert:
            suspicions.append(
                AlertEvidence(
                    kind="batch",
                    batch=batch,
                    index=None,
                    score=evidence,
                    reasons=(Reason.BATCH,),
                    scans=tuple(scan.id for scan in rows),
                    at=max(scan.at for scan in rows),
                    province=next((scan.province for scan in rows if scan.province), None),
                    stamp_count=sum(day.anomalous for day in days.get(batch, [])),
                    counted=BatchCount(
                        scanned=round(counts.scanned, 1),
                        anomalous=round(counts.anomalous, 1),
                        usual_share=rules.batch_anomalous_usual,
                    ),
                )
            )
    return suspicions


def _suspect_campaign(scan: ScanRow, campaign: Campaign, rules: Rules) -> AlertEvidence:
    return AlertEvidence(
        kind="campaign",
        batch=None,
        index=None,
        score=rules.alert,
        reasons=(Reason.FEW_NETWORKS,),
        scans=(scan.id,),
        at=scan.at,
        subject=campaign.name,
        stamps=campaign.stamps,
        province=scan.province,
    )


async def _find_suspect_stamps(
    ledger: Ledger, group: Sequence[Evidence], rules: Rules
) -> list[AlertEvidence]:
    """Suspicions against single stamps: by their scans, or by these with consumers' reports."""
    noted = [one for one in group if one.alert or one.near]
    weights = await ledger.report_evidence.read({(one.scan.batch, one.scan.index) for one in noted})
    suspicions = []
    for one in noted:
        scan = one.scan
        reports = bound_reports(weights.get((scan.batch, scan.index), 0.0), rules)
        if one.alert or scan.score + reports >= rules.alert:
            reasons = scan.reasons if one.alert else one.near
            suspicions.append(_suspect_stamp(scan, reasons, reports))
    return suspicions


def _suspect_stamp(scan: ScanRow, reasons: tuple[str, ...], reports: float) -> AlertEvidence:
    return AlertEvidence(
        kind="stamp",
        batch=scan.batch,
        index=scan.index,
        score=scan.score,
        report_score=reports,
        reasons=(*reasons, CONSUMER_REPORTS) if reports else reasons,
        scans=(scan.id,),
        at=scan.at,
        province=scan.province,
    )
