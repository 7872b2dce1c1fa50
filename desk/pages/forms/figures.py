"""Forms of figures."""

from typing import Annotated

from pydantic import Field

from desk.pages.forms.fields import Form, Text


class SubmitReportForm(Form):
    """The version of a yearly report that a submission follows, and what a correction corrects."""

    follows: Annotated[int, Field(ge=0, le=99_999)]
    reason: Text | None = None
