"""Forms of field checks."""

from typing import Annotated

from pydantic import Field, StringConstraints

from desk.pages.forms.fields import Form, Scanned, Text
from ledger.field.field_findings import FindingKind, FindingWish
from services.alerts.case_handling import MAX_NOTE_LENGTH

_Note = Annotated[str, StringConstraints(max_length=MAX_NOTE_LENGTH)]


class FindingForm(Form):
    """A finding about a stamp or an address, from a page or from a phone's queue."""

    kind: FindingKind
    typed: Scanned
    note: _Note | None = None
    wish: FindingWish | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    province: Text | None = None
    answer: Text | None = None
    """What the phone said without a network."""
    phone: Text = ""
    """What the phone proves itself with."""
    owner: Text = ""
    """The account that queued it."""
    acted_at: Text = ""
    """When the stamp was looked at, by the phone's clock (RFC 3339)."""
    sent_at: Text = ""
    """When the phone sent it, by the same clock."""


class FindingNoteForm(Form):
    """What was done about a finding."""

    note: Annotated[str, StringConstraints(min_length=1, max_length=MAX_NOTE_LENGTH)]


class PhoneForm(Form):
    """What a phone calls itself."""

    label: Text = ""
