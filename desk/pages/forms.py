"""Models of the forms on the pages.

An unknown field is refused by its name; an empty field counts as absent.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from ledger import AlertState, Grade
from services.alerts import MAX_NOTE_LENGTH as MAX_ALERT_NOTE
from services.orders import MAX_NOTE_LENGTH as MAX_ORDER_NOTE
from stamps.lifecycle import Transition

Text = Annotated[str, StringConstraints(max_length=200)]
Tick = Literal["yes"] | None


def _strip_separators(value: object) -> object:
    """A whole number as people type it: `25.000`, `25,000` or `25 000`."""
    if not isinstance(value, str):
        return value
    return value.replace(".", "").replace(",", "").replace(" ", "").replace("\u00a0", "")


Count = Annotated[int, BeforeValidator(_strip_separators), Field(ge=1, lt=10**12)]


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


class PasswordForm(Form):
    """The old and the new password; `username` is for password managers."""

    username: str = ""
    old: str = ""
    new: str = ""


class TokenForm(Form):
    """A new token."""

    label: Text = ""
    days: int


class ActivationForm(Form):
    """A range of a batch, and the lot that it is activated for."""

    batch: Text
    first: Text = ""
    last: Text = ""
    lot: Text = ""

    @property
    def range_text(self) -> str:
        """The range as people write it."""
        return f"{self.batch}·{self.first}-{self.last}"


class OrderForm(Form):
    """A request for stamps."""

    count: Count
    grade: Grade
    has_pin: Tick = None
    product: Text | None = None
    packer: Text | None = None
    print_house: Text | None = None
    note: Annotated[str, StringConstraints(max_length=MAX_ORDER_NOTE)] | None = None


class IssueForm(Form):
    """The issue of an order's stamps."""

    gs1: Tick = None


class ReportForm(Form):
    """A print report, as a file or pasted."""

    file: str = ""
    text: str = ""


class LotForm(Form):
    """A lot's description; every field may be empty."""

    code: Text = ""
    product: Text | None = None
    image: Text | None = None
    brand: Text | None = None
    shelf_life: Text | None = None
    standard: Text | None = None
    certificate: Text | None = None
    producer: Text | None = None
    kind: Text | None = None
    address: Text | None = None
    province: Text | None = None
    growing_area: Text | None = None
    packing_house: Text | None = None
    grown: Text | None = None
    harvested: Text | None = None
    packed: Text | None = None


class RecallForm(Form):
    """A recall; `sure` confirms what can not be undone."""

    reason: Text = ""
    sure: Tick = None


class DecisionForm(Form):
    """The next state of an alert."""

    state: AlertState
    cause: Text | None = None
    note: Annotated[str, StringConstraints(max_length=MAX_ALERT_NOTE)] | None = None


class SuspensionForm(Form):
    """The suspension of an alert's stamp."""

    reason: Text | None = None


class StampTransitionForm(Form):
    """A transition of the stamps that are shown; `sure` confirms what can not be undone."""

    q: Text
    transition: Transition
    reason: Text | None = None
    sure: Tick = None


class EmptyForm(Form):
    """A button."""
