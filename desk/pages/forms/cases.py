"""Forms of cases, consumers' reports and proposals."""

from typing import Annotated

from pydantic import StringConstraints

from desk.pages.forms.fields import Count, Form, Text
from ledger import AlertState, ReportState
from ledger.report_groups import AnswerChannel
from services.case_handling import MAX_NOTE_LENGTH as MAX_ALERT_NOTE
from services.consumer_reports import MAX_NOTE_LENGTH as MAX_REPORT_NOTE
from services.hearings import MAX_TEXT_LENGTH


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
