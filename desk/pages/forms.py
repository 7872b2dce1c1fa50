"""Models of the forms on the pages.

An unknown field is refused by its name; an empty field counts as absent. Numbers and dates that can
be read in two ways are refused with both readings. Only a count takes the sign that separates
thousands in the page's language, because the pages write counts so.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ledger import AlertState, Grade, OrganisationKind, ReportState, Role
from ledger.order_rules import MAX_COUNT
from services.case_handling import MAX_NOTE_LENGTH as MAX_ALERT_NOTE
from services.consumer_reports import MAX_NOTE_LENGTH as MAX_REPORT_NOTE
from services.errors import InvalidInput
from services.orders import MAX_NOTE_LENGTH as MAX_ORDER_NOTE
from services.orders import MAX_REASON_LENGTH
from services.organisations import ID_PATTERN
from services.permissions import Permission
from services.places import PlaceKind
from services.webhooks import check_url
from stamps.lifecycle import Transition
from stamps.typed_date import parse_typed_date
from stamps.typed_number import parse_whole_number

Text = Annotated[str, StringConstraints(max_length=200)]
Scanned = Annotated[str, StringConstraints(max_length=2048)]
"""What a scanner reads from a symbol, or a person types of it."""
Tick = Literal["yes"] | None
Ticked = Literal["yes"]
"""A box that must be ticked."""


def _parse_count(value: object, info: ValidationInfo) -> object:
    """A whole number as people type it on a page whose language separates thousands so."""
    thousands: Literal[".", ","] = "." if info.context == "vi" else ","
    return parse_whole_number(value, thousands) if isinstance(value, str) else value


Count = Annotated[int, BeforeValidator(_parse_count)]
"""A whole number; the validation context is the language of the page."""


def _parse_date(value: object) -> object:
    return parse_typed_date(value) if isinstance(value, str) else value


Date = Annotated[Text, BeforeValidator(_parse_date)]
"""A date as ISO 8601."""


class Form(BaseModel):
    """A submitted form; `csrf` ties it to its session, `key` makes sending it twice harmless."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    csrf: str = ""
    key: str = ""

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, values: Any) -> Any:
        return {name: value for name, value in values.items() if value != ""}


class SignInForm(Form):
    """Name, password and one-time code."""

    name: Text = ""
    password: str = ""
    otp: Text | None = None
    next: str = ""
    kept: str = ""


class PasswordForm(Form):
    """The old and the new password; `username` is for password managers."""

    username: str = ""
    old: str
    new: str
    otp: Text | None = None


class TokenForm(Form):
    """A new token, with password and one-time code; `username` is for password managers."""

    username: str = ""
    label: Text
    days: Annotated[Count, Field(ge=1)]
    password: str
    otp: Text | None = None
    access: Literal["all", "read", "chosen"] = "all"
    """All permissions of the account, those to read, or the ticked ones."""
    scopes: tuple[Permission, ...] = ()
    """The permissions whose boxes are ticked."""

    @model_validator(mode="before")
    @classmethod
    def _collect_scopes(cls, values: Any) -> Any:
        """A box of the page is named `scope.` and its permission."""
        boxes = [name for name in values if name.startswith("scope.")]
        others = {name: value for name, value in values.items() if name not in boxes}
        return others | {"scopes": [name.removeprefix("scope.") for name in boxes]}


class OrganisationForm(Form):
    """Name, kind and address of an organisation."""

    name: Text
    kind: OrganisationKind
    address: Text | None = None


class ChangedOrganisationForm(OrganisationForm):
    """An organisation as it is to be, and what the page showed."""

    version: Text


class NewOrganisationForm(OrganisationForm):
    """An organisation to add."""

    id: Annotated[str, StringConstraints(pattern=ID_PATTERN)]


class PlaceForm(Form):
    """What can be changed of a place; `ward` is a code or a name."""

    name: Text
    organisation: Text | None = None
    province: Text | None = None
    ward: Text | None = None
    gln: Text | None = None


class ChangedPlaceForm(PlaceForm):
    """A place as it is to be, and what the page showed."""

    version: Text


class NewPlaceForm(PlaceForm):
    """A place to add."""

    id: Annotated[str, StringConstraints(pattern=ID_PATTERN)]
    kind: PlaceKind
    code: Text | None = None


class InvitationForm(Form):
    """The code of an invitation, and the password that its person chose."""

    invitation: str
    password: str


class RoleForm(Form):
    """A role, and where the person works."""

    role: Role
    organisation: Text | None = None


class InviteForm(RoleForm):
    """A person who is invited."""

    name: Text
    account: Text


class ResetForm(Form):
    """The reset of somebody else's account: of the password, or of the one-time codes too."""

    codes: Tick = None


class ProofForm(Form):
    """Password and one-time code; `username` is for password managers."""

    username: str = ""
    password: str
    otp: Text | None = None


class CodeSetupForm(ProofForm):
    """A code of the app that is set up."""

    code: Text


class DeviceForm(Form):
    """A device to be enrolled."""

    label: Text


class EnrolmentForm(Form):
    """The request that a device signed (`stamps.device_enrolment`)."""

    request: Annotated[str, StringConstraints(max_length=2048)] = ""
    code: Text = ""
    """The code alone, sent where no script runs; it enrols nothing."""


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
    """What was searched for."""


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


class OrderForm(Form):
    """A request for stamps."""

    count: Annotated[Count, Field(ge=1, le=MAX_COUNT)]
    grade: Grade
    has_pin: Tick = None
    product: Text
    packer: Text | None = None
    print_house: Text | None = None
    note: Annotated[str, StringConstraints(max_length=MAX_ORDER_NOTE)] | None = None
    due_on: Date | None = None
    excess_reason: Annotated[str, StringConstraints(max_length=MAX_REASON_LENGTH)] | None = None
    is_another: Tick = None


class PackerChoiceForm(OrderForm):
    """A request for stamps by somebody who orders for a packer."""

    packer: Text


class DraftOrder(BaseModel):
    """What an order's limits compare, of a form that is shown again."""

    model_config = ConfigDict(frozen=True)

    packer: Annotated[Text, Field(min_length=1)]
    product: Annotated[Text, Field(min_length=1)]
    count: Annotated[Count, Field(ge=1, le=MAX_COUNT)]


class OrderReasonForm(Form):
    """Why an order is refused, or approved above a limit."""

    reason: Annotated[str, StringConstraints(max_length=MAX_REASON_LENGTH)]


class QuotaForm(Form):
    """The stamps of a packer in a year; empty for no quota."""

    stamps: Annotated[Count, Field(ge=0, le=MAX_COUNT)] | None = None


class IssueForm(Form):
    """The issue of an order's stamps."""

    gs1: Tick = None


class SheetForm(Form):
    """The first and the last stamp of a printed sheet, where the print house states them."""

    first: Text = ""
    last: Text = ""


class ReportForm(Form):
    """A print report that was pasted; one in a file is beside the fields."""

    text: str = ""


class PrintKeyForm(Form):
    """A further key of a print house, with password and one-time code."""

    public_key: Text
    label: Text = ""
    password: str
    otp: Text | None = None


def _collect_events(values: Any) -> Any:
    """A box of the page is named `event.` and its event."""
    boxes = [name for name in values if name.startswith("event.")]
    others = {name: value for name, value in values.items() if name not in boxes}
    return others | {"events": [name.removeprefix("event.") for name in boxes]}


def _require_events(events: tuple[str, ...]) -> tuple[str, ...]:
    if not events:
        raise PydanticCustomError("flaw.webhook_events", "must be one or more")
    return events


def _check_webhook_url(text: str) -> str:
    try:
        return check_url(text)
    except InvalidInput as refusal:
        kind = f"flaw.{refusal.evidence['expected']}"
        raise PydanticCustomError(kind, "is no address of a receiver") from refusal


Events = Annotated[tuple[str, ...], AfterValidator(_require_events)]
"""The events whose boxes are ticked."""


class WebhookChangeForm(Form):
    """Name and events of a webhook; the page sends an empty `events` beside the boxes."""

    label: Text = ""
    events: Events

    collect_events = model_validator(mode="before")(_collect_events)


class WebhookForm(WebhookChangeForm):
    """A new webhook, with password and one-time code."""

    organisation: Text
    url: Annotated[str, StringConstraints(max_length=500), AfterValidator(_check_webhook_url)]
    password: str
    otp: Text | None = None


class ResendForm(Form):
    """The message that is sent again."""

    notice: Text


class RetireKeyForm(Form):
    """The key that is retired."""

    public_key: Text


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


class ChangeDecisionForm(Form):
    """The decision on the proposal that the page showed."""

    proposal: Count


class RecallForm(Form):
    """A recall; `sure` confirms what can not be undone."""

    reason: Text
    sure: Ticked


class DecisionForm(Form):
    """The next state of an alert."""

    state: AlertState
    cause: Text | None = None
    note: Annotated[str, StringConstraints(max_length=MAX_ALERT_NOTE)] | None = None


class NoteForm(Form):
    """A note on a case."""

    note: Annotated[str, StringConstraints(min_length=1, max_length=MAX_ALERT_NOTE)]


class HandOverForm(Form):
    """Whom a case is given to, and until when it should be decided."""

    owner: Text
    due: Text | None = None
    note: Annotated[str, StringConstraints(max_length=MAX_ALERT_NOTE)] | None = None


class ReportStepForm(Form):
    """The next state of a group of reports; `owner` takes an assignment."""

    state: ReportState
    owner: Text | None = None
    note: Annotated[str, StringConstraints(max_length=MAX_REPORT_NOTE)] | None = None


class SuspensionForm(Form):
    """The suspension of an alert's stamp."""

    reason: Text


class StampTransitionForm(Form):
    """A transition of the stamps that are shown; `sure` confirms what can not be undone."""

    q: Text
    transition: Transition
    reason: Text | None = None
    """Not asked for where a transition has no reasons."""
    sure: Tick = None


class ConfirmationForm(Form):
    """A button that a tick confirms."""

    sure: Ticked
