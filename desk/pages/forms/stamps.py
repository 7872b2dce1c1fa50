"""Forms of what is done with stamps: print reports, activation, transitions, recalls."""

from typing import Annotated

from pydantic import Field, StringConstraints

from desk.pages.forms.fields import Form, Scanned, Text, Tick, Ticked
from services.traces.trace_starts import StartKind
from stamps.lifecycle import Transition


class ActivationForm(Form):
    """First and last stamp of a roll, scanned or typed, and the lot that it is activated for."""

    batch: Text = ""
    """The batch of numbers; a code says its batch itself."""
    first: Scanned
    last: Scanned
    lot: Text


class RollForm(ActivationForm):
    """The form of an activation, with the search for its lot."""

    seek: Text = ""
    """The text that was searched for."""


class ActForm(ActivationForm):
    """An activation that a phone queued."""

    owner: Text = ""
    """The account that queued it."""
    acted_at: Text = ""
    """When the packer pressed the button, by the phone's clock (RFC 3339)."""
    sent_at: Text = ""
    """When the phone sent it, by the same clock."""


class UndoForm(Form):
    """The number of the activation that is taken back."""

    act: Annotated[int, Field(ge=1, lt=1 << 53)]


class SheetForm(Form):
    """The first and the last stamp of a printed sheet, where the print house states them."""

    first: Text = ""
    last: Text = ""


class ReportForm(Form):
    """A print report that was pasted; one in a file is beside the fields."""

    text: str = ""


class TypedReportForm(Form):
    """A print report in fields: everything printed, and rows of spoiled stamps."""

    printed: Tick = None
    unreported: Annotated[str, StringConstraints(max_length=4096)] = ""
    first1: Text = ""
    last1: Text = ""
    reason1: Text = ""
    first2: Text = ""
    last2: Text = ""
    reason2: Text = ""
    first3: Text = ""
    last3: Text = ""
    reason3: Text = ""

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """First, last and reason of each row."""
        return [
            (self.first1, self.last1, self.reason1),
            (self.first2, self.last2, self.reason2),
            (self.first3, self.last3, self.reason3),
        ]


class PackingForm(Form):
    """What a packer scans: a code a line, the label of a carton among them."""

    scan: str


class UnpackingForm(Form):
    """What is taken out of a carton: a code a line, or all that is in it."""

    scan: str = ""
    all: Tick = None


class RecallForm(Form):
    """A recall; `sure` confirms what cannot be undone."""

    reason: Text
    sure: Ticked


class CodeRecallForm(RecallForm):
    """A recall of the lots that name a code, by the days in which they were packed."""

    since: Text | None = None
    until: Text | None = None


class TraceRecallForm(RecallForm):
    """A recall of every stamp that a trace forward reaches."""

    item: Text
    kind: StartKind | None = None
    since: Text | None = None
    until: Text | None = None


class SuspensionForm(Form):
    """The suspension of an alert's stamp."""

    reason: Text


class StampTransitionForm(Form):
    """A transition of the stamps that are shown; `sure` confirms what cannot be undone."""

    q: Text
    transition: Transition
    reason: Text | None = None
    """Not asked for where a transition has no reasons."""
    sure: Tick = None
