"""Forms of orders and of what is done with them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from desk.pages.forms.fields import Count, Date, Form, Text, Tick
from ledger import Grade
from ledger.orders.order_rules import MAX_COUNT
from services.orders.orders import MAX_NOTE_LENGTH as MAX_ORDER_NOTE
from services.orders.orders import MAX_REASON_LENGTH


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
    """Fields of an order that its limits compare, of a form that is shown again."""

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
