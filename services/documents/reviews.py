"""JSON documents of reviews and publications of lots."""

from typing import Any

from ledger import Publication, ReviewAct, ReviewRule, ReviewStep, Submission, SubmissionState
from services.documents.models import Document, Timestamp
from services.lots.lot_reviews import ReviewFile
from stamps.timestamps import format_rfc3339


class SubmissionDocument(Document):
    """A version of a lot that was submitted for review."""

    id: int
    lot: str
    version: int
    organisation: str
    product: str | None
    sha256: str
    """Hash of the record: SHA-256 of its canonical JSON."""
    reviewers: int
    """How many people must approve it."""
    state: SubmissionState
    submitted_by: str
    submitted_at: Timestamp
    updated_at: Timestamp


class ReviewStepDocument(Document):
    """A step of a review."""

    at: Timestamp
    actor: str
    organisation: str | None
    what: ReviewAct
    text: str


class ReviewDocument(Document):
    """A submitted version with its record and the steps of its review."""

    submission: SubmissionDocument
    record: dict[str, Any]
    """What is published of the version."""
    steps: list[ReviewStepDocument]
    latest_version: int
    """The last version of the lot."""
    needs_reason: bool
    """Whether an approval needs a comment: a result of a laboratory is above its limit."""
    later_results: dict[str, Any]
    """What laboratories and certifiers told since the submission; in the form of the record."""
    ended_results: list[str]
    """Events of the record that their organisation corrected or took back since."""
    published_version: int | None


class PublicationDocument(Document):
    """What is published of a lot, and who vouches for it.

    `signature` is the issuer's, of the canonical JSON of `statement`.
    """

    lot: str
    version: int
    record: dict[str, Any]
    statement: dict[str, Any]
    signature: dict[str, str]
    at: Timestamp


class ReviewRuleDocument(Document):
    """How many people review records of a province; null: of the whole country."""

    province: str | None
    reviewers: int
    set_by: str
    set_at: Timestamp


def describe_submission(one: Submission) -> SubmissionDocument:
    """The document of a submission."""
    return SubmissionDocument(
        id=one.id,
        lot=one.lot,
        version=one.version,
        organisation=one.organisation,
        product=one.product,
        sha256=one.sha256,
        reviewers=one.reviewers,
        state=one.state,
        submitted_by=one.submitted_by,
        submitted_at=format_rfc3339(one.submitted_at),
        updated_at=format_rfc3339(one.updated_at),
    )


def describe_review(file: ReviewFile) -> ReviewDocument:
    """The document of a review."""
    return ReviewDocument(
        submission=describe_submission(file.submission),
        record=dict(file.submission.record),
        steps=[_describe_step(step) for step in file.steps],
        latest_version=file.lot.version,
        needs_reason=file.needs_reason,
        later_results=file.later_results.to_document(),
        ended_results=sorted(file.ended_results),
        published_version=None if file.published is None else file.published.version,
    )


def describe_publication(one: Publication) -> PublicationDocument:
    """The document of a publication."""
    return PublicationDocument(
        lot=one.lot,
        version=one.version,
        record=dict(one.record),
        statement=dict(one.statement),
        signature=dict(one.signature),
        at=format_rfc3339(one.at),
    )


def describe_review_rule(one: ReviewRule) -> ReviewRuleDocument:
    """The document of a rule."""
    return ReviewRuleDocument(
        province=one.province or None,
        reviewers=one.reviewers,
        set_by=one.set_by,
        set_at=format_rfc3339(one.set_at),
    )


def _describe_step(step: ReviewStep) -> ReviewStepDocument:
    return ReviewStepDocument(
        at=format_rfc3339(step.at),
        actor=step.actor,
        organisation=step.organisation,
        what=step.what,
        text=step.text,
    )
