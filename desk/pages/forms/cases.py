"""Forms of cases, consumers' reports and proposals."""

from typing import Annotated

from pydantic import Field, StringConstraints

from desk.pages.forms.fields import Count, Form, Text
from ledger import AlertState, ReportState
from ledger.reports.report_groups import AnswerChannel
from services.alerts.case_handling import MAX_NOTE_LENGTH as MAX_ALERT_NOTE
from services.alerts.case_minutes import LONGEST_FIELD
from services.alerts.hearings import MAX_TEXT_LENGTH
from services.reports.consumer_reports import MAX_NOTE_LENGTH as MAX_REPORT_NOTE


class ChangeDecisionForm(Form):
    """The decision on the proposal that the page showed."""

    proposal: Count


class DecisionForm(Form):
    """The next state of an alert."""

    state: AlertState
    cause: Text | None = None
    note: Annotated[str, StringConstraints(max_length=MAX_ALERT_NOTE)] | None = None
    told: Annotated[str, StringConstraints(max_length=MAX_ALERT_NOTE)] | None = None
    """The reason that the parties are told."""


class NoteForm(Form):
    """A note on a case."""

    note: Annotated[str, StringConstraints(min_length=1, max_length=MAX_ALERT_NOTE)]


class HandOverForm(Form):
    """Receiver of a case, and the day by which it should be decided."""

    owner: Text
    due: Text | None = None
    note: Annotated[str, StringConstraints(max_length=MAX_ALERT_NOTE)] | None = None


Message = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT_LENGTH)]


class QuestionForm(Form):
    """A question to one party of a case, or to all."""

    to: Text
    text: Message
    due: Text | None = None


class AnswerForm(Form):
    """The answer of a party."""

    text: Message


class ReportStepForm(Form):
    """The next state of a group of reports; `owner` takes an assignment."""

    state: ReportState
    owner: Text | None = None
    note: Annotated[str, StringConstraints(max_length=MAX_REPORT_NOTE)] | None = None
    channel: AnswerChannel | None = None


LongText = Annotated[str, StringConstraints(max_length=LONGEST_FIELD)] | None


class MinutesForm(Form):
    """The minutes of an inspection; what is empty is filled by hand."""

    base: Annotated[int, Field(ge=0, le=1_000_000)]
    """The version that the form showed; 0 before the first."""
    parent_authority: LongText = None
    authority: LongText = None
    number: LongText = None
    place: LongText = None
    began: LongText = None
    about: LongText = None
    basis: LongText = None
    team: LongText = None
    party: LongText = None
    party_address: LongText = None
    representative: LongText = None
    witnesses: LongText = None
    findings: LongText = None
    statement: LongText = None
    conclusion: LongText = None
    measures: LongText = None
    ended: LongText = None
    copies: LongText = None
