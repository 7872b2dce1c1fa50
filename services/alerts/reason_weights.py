"""Weights of the reasons of a stamp's case, judged again from the stored scans."""

from collections.abc import Sequence
from typing import NamedTuple

from detection.apply_scan import apply_scan
from detection.report_evidence import CONSUMER_REPORTS
from detection.rules import Rules
from detection.scan_history import EMPTY
from detection.verdict import weigh_reasons
from ledger import Alert, LotRow, ScanRow
from ledger.scans.scan_events import build_event
from services.stamps.stamp_contexts import build_stamp_context
from stamps.spans import Span


class ReasonWeight(NamedTuple):
    """A reason and its weight in nats; positive: it supports the suspicion."""

    reason: str
    nats: float


def weigh_case(
    alert: Alert, scans: Sequence[ScanRow], span: Span, lot: LotRow | None
) -> list[ReasonWeight]:
    """The reasons of a case with their weights, the heaviest first.

    The scans, which may be an excerpt, are judged by the standard rules and the lot as it is now,
    so a weight may differ from that at the time of the alert. Consumers' reports weigh what they
    added to the score. A reason that the model has no weight for weighs 0.
    """
    rules, context = Rules(), build_stamp_context(span, lot)
    history = EMPTY
    for scan in scans:
        history = apply_scan(history, build_event(scan), context, rules)
    supported, explained = weigh_reasons(history, context, rules)
    nats = {str(reason): weight for reason, weight in (explained | supported).items()}
    nats[CONSUMER_REPORTS] = alert.report_score
    weighed = [ReasonWeight(slug, nats.get(slug, 0.0)) for slug in alert.reasons]
    return sorted(weighed, key=lambda one: -one.nats)
