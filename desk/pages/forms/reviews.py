"""Forms of reviews of lots."""

from typing import Annotated

from pydantic import StringConstraints

from desk.pages.forms.fields import Count, Form, Text
from services.lots.lot_reviews import LONGEST_COMMENT

Comment = Annotated[str, StringConstraints(max_length=LONGEST_COMMENT)]


class SubmitForm(Form):
    """The version that its author saw, with a message to the reviewer."""

    version: Count
    note: Comment = ""


class ApproveForm(Form):
    """Why a version is approved, where a result is above its limit."""

    comment: Comment = ""


class ReturnForm(Form):
    """Why a version is returned."""

    comment: Comment


class ReviewRuleForm(Form):
    """How many people review the records of a province; none: of the whole country."""

    province: Text = ""
    reviewers: Count
