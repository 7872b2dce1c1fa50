"""Forms of organisations, places, print keys and webhooks."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from desk.pages.forms.fields import ConfirmationForm, Date, Form, Text, Tick
from ledger import OrganisationKind
from ledger.codes.code_evidence import EvidenceKind
from services.codes.code_evidence import MOST_NOTE
from services.errors import InvalidInput
from services.notices.webhooks import check_url
from services.organisations.organisations import ID_PATTERN
from services.organisations.places import PlaceKind
from services.record.mentions import MAX_NOTE_LENGTH


class MentionForm(Form):
    """Whether it is as another tells, and what is wrong with it."""

    answer: Literal["confirmed", "disputed"]
    note: Annotated[str, StringConstraints(max_length=MAX_NOTE_LENGTH)] | None = None


class OrganisationForm(Form):
    """Name, kind, address and province of an organisation."""

    name: Text
    kind: OrganisationKind
    address: Text | None = None
    province: Text | None = None


class ChangedOrganisationForm(OrganisationForm):
    """An organisation as it is to be, and what the page showed."""

    version: Text


class NewOrganisationForm(OrganisationForm):
    """An organisation to add."""

    id: Annotated[str, StringConstraints(pattern=ID_PATTERN)]


class PlaceForm(Form):
    """Fields of a place that can be changed; `ward` is a code or a name."""

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
    format: Text = ""
    password: str
    otp: Text | None = None


class ResendForm(Form):
    """The message that is sent again."""

    notice: Text


class RetireKeyForm(Form):
    """The key that is retired."""

    public_key: Text


class EnablingForm(Form):
    """Why an organisation is to be enabled again."""

    reason: Annotated[str, StringConstraints(max_length=500)]


class DisablingForm(ConfirmationForm):
    """Why an organisation is disabled."""

    reason: Annotated[str, StringConstraints(max_length=500)]


class EvidenceForm(Form):
    """What the sender says of a file of evidence."""

    kind: EvidenceKind
    shows_from: Date
    shows_until: Date | None = None
    source: Text
    maker: Text | None = None
    licence: Text | None = None
    original: Text | None = None
    note: Annotated[str, StringConstraints(max_length=MOST_NOTE)] | None = None
    is_public: Tick = None


class EvidenceReasonForm(ConfirmationForm):
    """Why evidence is withdrawn, or which law asks for its erasure."""

    reason: Text
