"""JSON documents of orders, their limits and quotas."""

from dataclasses import asdict

from ledger import Grade, Order, OrderLimits, OrderQuota, OrderState
from services.documents.models import Document, Timestamp
from stamps.timestamps import format_rfc3339


class OrderDocument(Document):
    """An order; another person than the requester decides it."""

    id: str
    number: str | None
    """Year and place in the year: 2026-00017."""
    count: int
    grade: Grade
    has_pin: bool
    product: str | None
    packer: str | None
    print_house: str | None
    note: str | None
    state: OrderState
    requested_by: str
    requested_at: Timestamp
    decided_by: str | None
    decided_at: Timestamp | None
    """When it was decided or withdrawn."""
    due_on: str | None
    """The day by which the stamps are needed, an ISO date."""
    excess_reason: str | None
    """Why the requester asks for more than the limits leave."""
    decision_reason: str | None
    """Why it was refused."""


class CropAreaDocument(Document):
    """A growing area, with the yield that counts for it."""

    code: str
    hectares: float
    yield_t_per_ha: float


class OrderLimitsDocument(Document):
    """An order against the packer's quota and crop; counts are stamps, or fruits of the crop."""

    year: int
    count: int
    quota: int | None
    quota_used: int
    quota_left: int | None
    ordered: int
    """Stamps of the packer's other approved orders of the product and year."""
    activated: int
    crop: int | None
    """Fruits: hectares × yield ÷ weight of a fruit. None where a figure is not registered."""
    crop_left: int | None
    fruit_kg: float | None
    areas: list[CropAreaDocument]
    areas_left_out: int
    """Growing areas whose hectares or yield are not registered."""
    is_above: bool
    """Whether the order needs a reason and a second approval."""


class QuotaDocument(Document):
    """The quota of a packer in a calendar year; `stamps` is null without one."""

    organisation: str
    name: str
    year: int
    stamps: int | None
    used: int
    left: int | None


def describe_order(order: Order) -> OrderDocument:
    """The document of an order."""
    return OrderDocument(
        id=order.id,
        number=None if order.number is None else str(order.number),
        count=order.count,
        grade=order.grade,
        has_pin=order.has_pin,
        product=order.product,
        packer=order.packer,
        print_house=order.print_house,
        note=order.note,
        state=order.state,
        requested_by=order.requested_by,
        requested_at=format_rfc3339(order.requested_at or 0),
        decided_by=order.decided_by,
        decided_at=format_rfc3339(order.decided_at),
        due_on=order.due_on,
        excess_reason=order.excess_reason,
        decision_reason=order.decision_reason,
    )


def describe_order_limits(limits: OrderLimits) -> OrderLimitsDocument:
    """The document of an order's limits."""
    areas = () if limits.crop is None else limits.crop.areas
    return OrderLimitsDocument(
        year=limits.year,
        count=limits.count,
        quota=limits.quota,
        quota_used=limits.used,
        quota_left=limits.left,
        ordered=limits.ordered,
        activated=limits.activated,
        crop=None if limits.crop is None else limits.crop.fruits,
        crop_left=limits.crop_left,
        fruit_kg=None if limits.crop is None else limits.crop.fruit_kg,
        areas=[CropAreaDocument(**asdict(area)) for area in areas],
        areas_left_out=limits.areas_left_out,
        is_above=limits.is_above,
    )


def describe_quota(quota: OrderQuota) -> QuotaDocument:
    """The document of a quota."""
    return QuotaDocument(
        organisation=quota.organisation,
        name=quota.name,
        year=quota.year,
        stamps=quota.stamps,
        used=quota.used,
        left=quota.left,
    )
