"""A submitted version of a lot, the steps of its review, and its publication, as rows hold them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import RowMapping

STATEMENT_FORMAT: Final = "veritem publication v1"


class SubmissionState(StrEnum):
    """Where the review of a submitted version stands."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    """The first of two reviewers approved it."""
    PUBLISHED = "published"
    RETURNED = "returned"
    RESUBMITTED = "resubmitted"
    """Returned; the lot was submitted again since."""
    WITHDRAWN = "withdrawn"
    """By its organisation, or because a later version was submitted."""

    @property
    def is_open(self) -> bool:
        """Whether the version waits for a reviewer."""
        return self in (SubmissionState.SUBMITTED, SubmissionState.APPROVED)


class ReviewAct(StrEnum):
    """What a step of a review did."""

    SUBMIT = "submit"
    APPROVE = "approve"
    """Approved; the last approval that is needed publishes."""
    RETURN = "return"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Submission:
    """A version of a lot that was submitted for review. Times are milliseconds, UTC."""

    id: int
    lot: str
    version: int
    organisation: str
    """The author's organisation, which owns the lot."""
    product: str | None
    record: Mapping[str, Any]
    """What is published of the version."""
    sha256: str
    """Of the canonical JSON of `record`."""
    reviewers: int
    """How many people must approve it."""
    state: SubmissionState
    submitted_by: str
    submitted_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class ReviewStep:
    """One step of a review."""

    submission: int
    n: int
    at: int
    actor: str
    organisation: str | None
    what: ReviewAct
    text: str
    audit: int
    """The number of the entry in the audit chain."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A published version of a lot: its record, and who vouches for it with the signature."""

    submission: int
    lot: str
    version: int
    record: Mapping[str, Any]
    sha256: str
    statement: Mapping[str, Any]
    """Names the record by its hash, its author's organisation and those of its reviewers."""
    signature: Mapping[str, str]
    """The issuer's, of the statement."""
    at: int


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """How many people review the records of a province; of the country where it is empty."""

    province: str
    reviewers: int
    set_by: str
    set_at: int


def submission_from_row(row: RowMapping) -> Submission:
    """Return the submission that a row of `lot_submissions` holds."""
    return Submission(
        **{
            **row,
            "record": json.loads(row["record"]),
            "state": SubmissionState(row["state"]),
        }
    )


def step_from_row(row: RowMapping) -> ReviewStep:
    """Return the step that a row of `lot_review_steps` holds."""
    return ReviewStep(**{**row, "what": ReviewAct(row["what"])})


def publication_from_row(row: RowMapping) -> Publication:
    """Return the publication of a row of `lot_publications` with the record of its submission."""
    return Publication(
        **{
            **row,
            **{name: json.loads(row[name]) for name in ("record", "statement", "signature")},
        }
    )
