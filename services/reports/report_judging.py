"""Judge reported stamps: consumers' reports as weak evidence of an alert.

The desk does this after it filed reports. Reports are added to the active case of their stamp. A
stamp without a case gets one if its scans nearly raise an alert and the reports close the gap.
Later scans meet the reports in the journal (`resolver.journal.suspicions`). When a scan and a
report come at the same time one sees the other, because each is committed before it looks.

A stamp that people have decided on is left alone, and the page of the stamp never changes.
"""

from detection.apply_scan import apply_scan
from detection.report_evidence import CONSUMER_REPORTS, bound_reports
from detection.rules import Rules
from detection.scan_history import EMPTY
from detection.verdict import find_near_reasons
from ledger import AlertEvidence, Ledger, ScanRow
from ledger.reports.weighed_reports import WeighedReports
from ledger.scans.scan_events import build_event
from services.stamps.stamp_contexts import find_present_context


async def judge_reported_stamps(ledger: Ledger, rules: Rules) -> int:
    """Tell alerts what reports weigh; return how many stamps had news.

    Reports alone open no alert. A killed process leaves the news untold, and telling it twice adds
    nothing.
    """
    untold = await ledger.report_evidence.list_untold()
    if untold:
        found = [await _judge(ledger, rules, one) for one in untold]
        await ledger.alerts.report_all(
            [one for one in found if one is not None], reopen_margin=rules.reopen_margin
        )
        await ledger.report_evidence.mark_told(untold)
    return len(untold)


async def _judge(ledger: Ledger, rules: Rules, reports: WeighedReports) -> AlertEvidence | None:
    """Return what an alert must know of the reports of a stamp; None if it needs none."""
    nats = bound_reports(reports.nats, rules)
    standing = await ledger.alerts.find_standing(reports.batch, reports.index)
    score, reasons, province = 0.0, tuple[str, ...](), None
    if standing.active is None:
        if standing.is_decided:
            return None
        scans = (await ledger.scan_excerpts.read(reports.batch, reports.index)).rows
        if not scans or scans[-1].score + nats < rules.alert:
            return None
        score, province = scans[-1].score, scans[-1].province
        reasons = await _find_reasons(ledger, rules, scans)
        if not reasons:
            return None
    return AlertEvidence(
        kind="stamp",
        batch=reports.batch,
        index=reports.index,
        score=score,
        report_score=nats,
        reasons=(*reasons, CONSUMER_REPORTS),
        at=reports.at,
        province=province,
    )


async def _find_reasons(ledger: Ledger, rules: Rules, scans: list[ScanRow]) -> tuple[str, ...]:
    """The reasons of a stamp whose scans nearly raise an alert; none if something explains them.

    `scans` may be an excerpt: a household or a sample on show has fewer. The score is the one that
    the last scan was judged with.
    """
    last = scans[-1]
    found = await find_present_context(ledger, last.batch, last.index)
    if found is None:
        return ()
    _, context = found
    history = EMPTY
    for scan in scans:
        history = apply_scan(history, build_event(scan), context, rules)
    return tuple(map(str, find_near_reasons(last.score, history, context, rules)))
