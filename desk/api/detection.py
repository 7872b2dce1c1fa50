"""`/api/v1/detection`: what people's decisions say about the detector."""

from typing import Final

from desk.api.call import ApiCall
from desk.api.models import Query, Text
from desk.api.routing import ApiRoutes
from services.alerts import detection_report, detection_reviews
from services.documents.detection import (
    DetectionReportDocument,
    DetectionReviewDocument,
    describe_detection_report,
    describe_detection_review,
)
from services.documents.models import Document
from services.errors import InvalidInput
from services.permissions import Permission

routes = ApiRoutes("detection")

_SEE: Final = (Permission.DETECTION_SEE,)


class DetectionQuery(Query):
    """The period of the decisions: days, both included; the last year by default."""

    since: Text | None = None
    """`2026-01-01`."""
    until: Text | None = None


class DetectionReviewsDocument(Document):
    """The last review that was begun, and the last that has a result; null where there is none."""

    last: DetectionReviewDocument | None
    done: DetectionReviewDocument | None


@routes.add("GET", "detection", permissions=_SEE, errors=(InvalidInput,))
async def show_detection(call: ApiCall, query: DetectionQuery) -> DetectionReportDocument:
    """Show how many of the decided alerts were confirmed, with intervals."""
    report = await detection_report.make_report(
        call.context, since=query.since or "", until=query.until or ""
    )
    return describe_detection_report(report)


@routes.add("GET", "detection/reviews", permissions=_SEE)
async def show_detection_reviews(call: ApiCall) -> DetectionReviewsDocument:
    """Show what other thresholds would have done, and drift from the simulated world."""
    found = await detection_reviews.find_reviews(call.context)
    last, done = (None if one is None else describe_detection_review(one) for one in found)
    return DetectionReviewsDocument(last=last, done=done)


@routes.add("POST", "detection/reviews", permissions=(Permission.DETECTION_REVIEW,))
async def begin_detection_review(call: ApiCall) -> DetectionReviewDocument:
    """Begin a review; while one runs, answer that one. Nothing else is changed."""
    review = await detection_reviews.begin_review(call.context, call.runtime.reviews)
    return describe_detection_review(review)
