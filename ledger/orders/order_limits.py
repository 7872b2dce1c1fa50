"""Limits of an order: the packer's quota of the year, and the crop of its growing areas.

The sums are read in the transaction that decides, so that two orders at once do not pass a limit
that only one of them keeps. A year is a calendar year of Vietnam, by the order's number; a season
is taken as a year. An area that grows several products counts whole for each, and an area without
hectares or yield not at all: the page names both.

The trigger of migration 0024 repeats the comparison, with every active area, whatever its days.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.codes.code_filter import list_conditions
from ledger.orders.crop import CropEstimate, describe_area
from ledger.orders.order_states import OrderState
from stamps.lifecycle import State
from stamps.vietnam_time import to_date_start

_COUNTED: Final = (OrderState.APPROVED, OrderState.FULFILLED)
"""Orders in these states use up the limits."""
_ON_PRODUCE: Final = (State.ACTIVATED, State.CLAIMED, State.SUSPENDED, State.RECALLED)
_MOST_AREAS: Final = 10_000
"""Growing areas of one organisation that are added up."""


@dataclass(frozen=True, slots=True)
class LimitedOrder:
    """Comparison of an order with its limits: the packer's quota and the crop."""

    packer: str
    product: str
    count: int
    year: int
    id: str | None = None
    """Left out of the sums; None for an order that is not placed yet."""


@dataclass(frozen=True, slots=True)
class OrderLimits:
    """An order against the limits of its packer. Counts are stamps."""

    year: int
    count: int
    """The stamps of the order itself."""
    quota: int | None
    """The packer's stamps of the year; None where nobody set a quota."""
    used: int
    """Stamps of the packer's other approved orders of the year."""
    ordered: int
    """Stamps of the packer's other approved orders of the year and this product."""
    activated: int
    """Stamps of the packer and product that were issued this year and are on produce."""
    crop: CropEstimate | None
    """None where the product's weight is not registered, or no area with hectares and yield."""
    areas_left_out: int
    """Areas for the product whose hectares or yield are not registered."""

    @property
    def left(self) -> int | None:
        """Stamps that the quota leaves for this order; never less than 0."""
        return None if self.quota is None else max(0, self.quota - self.used)

    @property
    def crop_left(self) -> int | None:
        """Stamps that the crop leaves for this order; never less than 0."""
        return None if self.crop is None else max(0, self.crop.fruits - self.ordered)

    @property
    def is_above_quota(self) -> bool:
        """Whether the order takes more than the quota leaves."""
        return self.quota is not None and self.used + self.count > self.quota

    @property
    def is_above_crop(self) -> bool:
        """Whether there would be more stamps than fruits."""
        return self.crop is not None and self.ordered + self.count > self.crop.fruits

    @property
    def is_above(self) -> bool:
        """Whether the order needs a reason and a second approval."""
        return self.is_above_quota or self.is_above_crop


async def compute_order_limits(
    connection: AsyncConnection, order: LimitedOrder, today: str
) -> OrderLimits:
    """Compare an order with its limits, inside the caller's transaction.

    `today` is the ISO date that the validity of growing areas is judged by.
    """
    crop, left_out = await _estimate_crop(connection, order, today)
    return OrderLimits(
        year=order.year,
        count=order.count,
        quota=await _find_quota(connection, order.packer, order.year),
        used=await sum_ordered(connection, order.packer, order.year, besides=order.id),
        ordered=await sum_ordered(
            connection, order.packer, order.year, product=order.product, besides=order.id
        ),
        activated=await _sum_activated(connection, order),
        crop=crop,
        areas_left_out=left_out,
    )


async def sum_ordered(
    connection: AsyncConnection,
    packer: str,
    year: int,
    *,
    product: str | None = None,
    besides: str | None = None,
) -> int:
    """The stamps of a packer's approved orders of a year."""
    orders, numbers = schema.orders.c, schema.order_numbers.c
    query = (
        select(func.coalesce(func.sum(orders.count), 0))
        .join_from(schema.orders, schema.order_numbers, numbers.order_id == orders.id)
        .where(orders.packer == packer, orders.state.in_(_COUNTED), numbers.year == year)
    )
    if product is not None:
        query = query.where(orders.product == product)
    if besides is not None:
        query = query.where(orders.id != besides)
    return int(await connection.scalar(query) or 0)


async def _find_quota(connection: AsyncConnection, packer: str, year: int) -> int | None:
    quotas = schema.order_quotas.c
    query = select(quotas.stamps).where(quotas.organisation == packer, quotas.year == year)
    found: int | None = await connection.scalar(query)
    return found


async def _sum_activated(connection: AsyncConnection, order: LimitedOrder) -> int:
    parties, spans = schema.batch_parties.c, schema.spans.c
    query = (
        select(func.coalesce(func.sum(spans.hi - spans.lo), 0))
        .join_from(schema.batch_parties, schema.spans, spans.batch == parties.number)
        .where(
            parties.packer == order.packer,
            parties.product == order.product,
            parties.at >= _start_year(order.year),
            parties.at < _start_year(order.year + 1),
            spans.state.in_(_ON_PRODUCE),
        )
    )
    return int(await connection.scalar(query) or 0)


async def _estimate_crop(
    connection: AsyncConnection, order: LimitedOrder, today: str
) -> tuple[CropEstimate | None, int]:
    """The crop of the packer's valid areas for the product; how many areas lack a figure."""
    products, codes = schema.products.c, schema.registered_codes.c
    product = (
        await connection.execute(
            select(products.yield_t_per_ha, products.fruit_kg).where(products.id == order.product)
        )
    ).one_or_none()
    if product is None or product.fruit_kg is None:
        return None, 0
    rows = await connection.execute(
        select(codes.code, codes.hectares, codes.yield_t_per_ha)
        .where(
            codes.kind == "growing_area",
            codes.organisation == order.packer,
            codes.products.contains(f'"{order.product}"', autoescape=True),
            *list_conditions("active", today),
        )
        .order_by(codes.code)
        .limit(_MOST_AREAS)
    )
    described = [describe_area(*row, product.yield_t_per_ha) for row in rows]
    areas = [area for area in described if area is not None]
    crop = CropEstimate(areas, product.fruit_kg) if areas else None
    return crop, len(described) - len(areas)


def _start_year(year: int) -> int:
    """The first millisecond of a year in Vietnam."""
    return to_date_start(date(year, 1, 1))
