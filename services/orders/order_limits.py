"""Limits of orders as people see them: quota used and left, stamps against the crop."""

from typing import Final

from ledger import LimitedOrder, Order, OrderLimits, OrderQuota
from ledger.orders.order_numbers import find_year
from ledger.orders.order_rules import MAX_COUNT
from services import scope
from services.context import ServiceContext
from services.errors import InvalidInput, OrderIncomplete
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission

FIRST_YEAR: Final = 2020
LAST_YEAR: Final = 2099


async def compare_request(
    context: ServiceContext, packer: str, product: str, count: int
) -> OrderLimits:
    """Compare an order that is not placed yet with its limits. Raises `Forbidden`."""
    require_permission(context, Permission.ORDER_REQUEST)
    now = context.clock()
    limited = LimitedOrder(packer, product, count, find_year(now))
    return await context.ledger.order_quotas.compare(limited, now)


async def get_order_limits(context: ServiceContext, order_id: str) -> OrderLimits:
    """An order against its limits. Raises `Forbidden`, `UnknownOrder`, `OrderIncomplete`."""
    require_permission(context, Permission.ORDER_SEE)
    order = await scope.find_order(context, order_id)
    require_complete(order)
    limits = await compare_order(context, order)
    assert limits is not None  # noqa: S101 - a complete order has limits
    return limits


def require_complete(order: Order) -> None:
    """Raise `OrderIncomplete` for an older order that names no packer or product."""
    for missing in ("packer", "product"):
        if getattr(order, missing) is None:
            raise OrderIncomplete(order=order.id, missing=missing)


async def compare_order(context: ServiceContext, order: Order) -> OrderLimits | None:
    """An order that the caller has, against its limits; None without packer or product."""
    limited = order.to_limited()
    if limited is None:
        return None
    return await context.ledger.order_quotas.compare(limited, context.clock())


async def list_quotas(
    context: ServiceContext,
    *,
    year: int | None = None,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[OrderQuota]:
    """The packers with their quotas of a year (None: this one), by id.

    Raises `Forbidden`, `InvalidInput`.
    """
    require_permission(context, Permission.QUOTA_SET, Permission.BALANCE_SEE)
    request = PageRequest(limit, after)
    key = request.key(str)
    rows = await context.ledger.order_quotas.find_page(
        _check_year(context, year),
        province=context.actor.province,
        after=None if key is None else str(key[0]),
        limit=limit + 1,
    )
    return request.make_page(rows, lambda quota: (quota.organisation,))


async def get_quota(
    context: ServiceContext, organisation: str, year: int | None = None
) -> OrderQuota:
    """The quota of a packer in a year (None: this one). Raises as `list_quotas`, `UnknownRow`."""
    require_permission(context, Permission.QUOTA_SET, Permission.BALANCE_SEE)
    await scope.require_packer(context, organisation)
    return await context.ledger.order_quotas.get(organisation, _check_year(context, year))


async def set_quota(
    context: ServiceContext, organisation: str, year: int, stamps: int | None
) -> OrderQuota:
    """Set how many stamps a packer may be given in a year; None takes the quota away.

    Raises `Forbidden`, `UnknownRow`, `InvalidInput`.
    """
    require_permission(context, Permission.QUOTA_SET)
    await scope.require_packer(context, organisation)
    if stamps is not None and not 0 <= stamps <= MAX_COUNT:
        bound = {"least": 0} if stamps < 0 else {"most": MAX_COUNT}
        raise InvalidInput(field="stamps", why=f"must be 0 to {MAX_COUNT:,}", **bound)
    return await context.ledger.order_quotas.put(
        organisation,
        _check_year(context, year),
        stamps,
        actor=context.actor.id,
        at=context.clock(),
    )


def _check_year(context: ServiceContext, year: int | None) -> int:
    if year is None:
        return find_year(context.clock())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        bound = {"least": FIRST_YEAR} if year < FIRST_YEAR else {"most": LAST_YEAR}
        raise InvalidInput(field="year", why=f"must be {FIRST_YEAR} to {LAST_YEAR}", **bound)
    return year
