"""`/api/v1/reviews`: submitted versions of lots, their review, and what is published."""

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from desk.api.call import ApiCall
from desk.api.models import Body, ListDocument, SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from ledger import SubmissionState
from ledger.errors import (
    LotChanged,
    LotIncomplete,
    LotRecalled,
    ReviewerInvolved,
    SubmissionClosed,
    UnknownLot,
    UnknownRow,
    UnknownSubmission,
    VersionPublished,
)
from ledger.lists.records import read_submission
from ledger.lots.review_rules import COUNTRY
from ledger.staff_errors import AccountRequired
from services.documents.reviews import (
    PublicationDocument,
    ReviewDocument,
    ReviewRuleDocument,
    SubmissionDocument,
    describe_publication,
    describe_review,
    describe_review_rule,
    describe_submission,
)
from services.errors import InvalidInput
from services.lists.find import find_list_page
from services.lists.reviews import SUBMISSIONS
from services.lots import lot_reviews
from services.lots.lot_reviews import LONGEST_COMMENT, MOST_REVIEWERS
from services.permissions import Permission

routes = ApiRoutes("reviews")

WHOLE_COUNTRY: Final = "country"
"""Names the rule of the whole country in an address."""
_Comment = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_COMMENT)]
_DECISION_ERRORS: Final = (UnknownSubmission, SubmissionClosed, ReviewerInvolved, AccountRequired)


class SubmissionBody(Body):
    """The version of a lot that is submitted, which must be the last one."""

    version: Annotated[int, Field(ge=1)]
    note: _Comment | None = None
    """A message to the reviewer."""


class ApprovalBody(Body):
    """An approval."""

    comment: _Comment | None = None


class ReturnBody(Body):
    """Why a version is returned."""

    comment: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_COMMENT),
    ]


class ReviewRuleBody(Body):
    """How many people review a record before it is published."""

    reviewers: Annotated[int, Field(ge=1, le=MOST_REVIEWERS)]


class SubmissionQuery(SortedPageQuery):
    """Which submitted versions are listed: those that wait, if nothing is searched or filtered.

    Sorted by `submitted_at`, the longest waiting first.
    """

    state: SubmissionState | None = None
    product: Text | None = None
    organisation: Text | None = None
    province: Text | None = None


class SubmissionListDocument(SortedListDocument):
    """Submitted versions of lots."""

    submissions: list[SubmissionDocument]


class ReviewRuleListDocument(ListDocument):
    """How many people review the records of provinces, and of the country."""

    rules: list[ReviewRuleDocument]


@routes.add(
    "POST",
    "lots/{lot}/submissions",
    permissions=(Permission.LOT_SUBMIT,),
    errors=(InvalidInput, UnknownLot, LotChanged, LotIncomplete, LotRecalled, VersionPublished),
)
async def submit_version(call: ApiCall, lot: str, body: SubmissionBody) -> SubmissionDocument:
    """Submit a version of a lot for review. The same version sent twice is one submission."""
    return describe_submission(
        await lot_reviews.submit_version(call.context, lot, body.version, body.note or "")
    )


@routes.add(
    "GET",
    "lots/{lot}/publication",
    permissions=(Permission.LOT_SEE,),
    errors=(UnknownLot, UnknownRow),
)
async def show_publication(call: ApiCall, lot: str) -> PublicationDocument:
    """Show what is published of a lot, with the statement that the issuer signed."""
    return describe_publication(await lot_reviews.get_publication(call.context, lot))


@routes.add("GET", "reviews", permissions=(Permission.LOT_SEE,), errors=(InvalidInput,))
async def list_reviews(call: ApiCall, query: SubmissionQuery) -> SubmissionListDocument:
    """Search and filter submitted versions of lots in the caller's scope."""
    asked = query.to_request("state", "product", "organisation", "province")
    page = await find_list_page(call.context, SUBMISSIONS, asked)
    return SubmissionListDocument(
        submissions=[describe_submission(read_submission(row)) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add(
    "GET", "reviews/{review}", permissions=(Permission.LOT_SEE,), errors=(UnknownSubmission,)
)
async def show_review(call: ApiCall, review: int) -> ReviewDocument:
    """Show a submitted version: its record and the steps of its review."""
    return describe_review(await lot_reviews.open_review(call.context, review))


@routes.add(
    "POST",
    "reviews/{review}/approve",
    permissions=(Permission.LOT_REVIEW,),
    errors=(*_DECISION_ERRORS, LotRecalled, InvalidInput),
)
async def approve_version(call: ApiCall, review: int, body: ApprovalBody) -> SubmissionDocument:
    """Approve a submitted version; the last approval that it needs publishes it.

    Where a result of a laboratory is above its limit, the comment says why it is published.
    """
    return describe_submission(
        await lot_reviews.approve_version(call.context, review, body.comment or "")
    )


@routes.add(
    "POST",
    "reviews/{review}/return",
    permissions=(Permission.LOT_REVIEW,),
    errors=(*_DECISION_ERRORS, InvalidInput),
)
async def return_version(call: ApiCall, review: int, body: ReturnBody) -> SubmissionDocument:
    """Return a submitted version to its organisation, with a comment."""
    return describe_submission(await lot_reviews.return_version(call.context, review, body.comment))


@routes.add(
    "POST",
    "reviews/{review}/withdraw",
    permissions=(Permission.LOT_SUBMIT,),
    errors=(UnknownSubmission, SubmissionClosed),
)
async def withdraw_version(call: ApiCall, review: int) -> SubmissionDocument:
    """Withdraw a submitted version of the own organisation."""
    return describe_submission(await lot_reviews.withdraw_version(call.context, review))


@routes.add("GET", "review-rules", permissions=(Permission.LOT_REVIEW,))
async def list_rules(call: ApiCall) -> ReviewRuleListDocument:
    """List how many people review records. Of province and country the stricter rule holds."""
    rules = await lot_reviews.list_review_rules(call.context)
    return ReviewRuleListDocument(rules=[describe_review_rule(one) for one in rules], next=None)


@routes.add(
    "PUT",
    "review-rules/{province}",
    permissions=(Permission.REVIEW_RULE_SET,),
    errors=(InvalidInput,),
)
async def put_rule(call: ApiCall, province: str, body: ReviewRuleBody) -> ReviewRuleDocument:
    """Set how many people review records of a province, or of the `country`."""
    named = COUNTRY if province == WHOLE_COUNTRY else province
    return describe_review_rule(
        await lot_reviews.set_review_rule(call.context, named, body.reviewers)
    )
