"""JSON documents of the report on the detector and of its reviews."""

from typing import Any

from detection.labels import Share
from ledger import DetectionReview
from ledger.alerts.detection_reviews import ReviewState
from services.alerts.detection_report import DetectionReport
from services.documents.models import Document, Timestamp
from stamps.timestamps import format_rfc3339


class ShareDocument(Document):
    """A share with its 95 % interval (Wilson's)."""

    part: int
    whole: int
    share: float | None
    """Null of nothing."""
    low: float
    high: float


class DetectionReportDocument(Document):
    """Precision: the share of the decided alerts of a period that people confirmed."""

    since: str
    until: str
    precision: ShareDocument
    by: dict[str, dict[str, ShareDocument]]
    """By `month`, `kind`, `level` (of the score), `product` and `province`; an empty name is an
    unknown one."""
    causes: dict[str, int]
    excluded: int
    """Decisions for causes that are no label."""
    is_cut: bool
    """Whether only the latest decisions of the period are counted."""
    median_hours: float | None
    """Median time from alert to decision."""
    waiting: int
    is_more_waiting: bool
    thresholds: dict[str, float]
    """The thresholds in force: `caution`, `alert`, `suspect`."""


class DetectionReviewDocument(Document):
    """A review of the detector."""

    id: int
    asked_by: str
    asked_at: Timestamp
    state: ReviewState
    done: int
    total: int
    result: dict[str, Any] | None
    """`thresholds`: what each would have done; `drift`: numbers of stamps beside those of the
    simulated world; null until it is done."""


def describe_share(share: Share) -> ShareDocument:
    """The document of a share."""
    return ShareDocument(
        part=share.part, whole=share.whole, share=share.value, low=share.low, high=share.high
    )


def describe_detection_report(report: DetectionReport) -> DetectionReportDocument:
    """The document of a report on the detector."""
    summary, rules = report.summary, report.rules
    hours = None if summary.median_ms is None else round(summary.median_ms / 3_600_000, 2)
    return DetectionReportDocument(
        since=str(report.since),
        until=str(report.until),
        precision=describe_share(summary.total),
        by={
            dimension: {name: describe_share(share) for name, share in groups.items()}
            for dimension, groups in summary.groups.items()
        },
        causes=dict(summary.causes),
        excluded=summary.excluded,
        is_cut=report.is_cut,
        median_hours=hours,
        waiting=report.waiting,
        is_more_waiting=report.is_more_waiting,
        thresholds={"caution": rules.caution, "alert": rules.alert, "suspect": rules.suspect},
    )


def describe_detection_review(review: DetectionReview) -> DetectionReviewDocument:
    """The document of a review of the detector."""
    return DetectionReviewDocument(
        id=review.id,
        asked_by=review.actor,
        asked_at=format_rfc3339(review.asked_at),
        state=review.state,
        done=review.done,
        total=review.total,
        result=None if review.result is None else dict(review.result),
    )
