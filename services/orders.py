"""Orders: one person requests stamps, another approves or refuses."""

import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from typing import Final

from ledger import Grade, Order, OrderState
from ledger.errors import UnknownRow
from services import scope
from services.context import ServiceContext
from services.errors import InvalidInput
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission
from services.print_keys import require_key_for_pins

ORDER_ID_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
MAX_NOTE_LENGTH: Final = 1000
MAX_COUNT: Final = 1_000_000_000
"""Stamps of one order: twice a year's need of the largest crop. A greater number is a slip."""
_ID_BYTES: Final = 8
_ORDER_ID: Final = re.compile(ORDER_ID_PATTERN)


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """A request for stamps."""

    count: int
    grade: Grade
    id: str | None = None
    """Name of the order; a random one when None."""
    has_pin: bool = False
    product: str | None = None
    packer: str | None = None
    """Who activates the stamps. A packer orders for itself, which is also its default."""
    print_house: str | None = None
    note: str | None = None


async def request_order(
    context: ServiceContext, request: OrderRequest, key: str | None = None
) -> Order:
    """Request stamps. The same content under the same `id` twice is one order.

    `key`, an idempotency key, names an order without an `id`, so that a form that is sent twice
    makes one order. Raises `Forbidden`, `KeyRequired`, `InvalidInput` (which names the field),
    `PinsNeedEncryption` (the print house has no key), `AlreadyExists`.
    """
    require_permission(context, Permission.ORDER_REQUEST)
    actor = context.actor
    packer = request.packer
    if actor.role == "packer":
        packer = packer or actor.organisation
        if packer != actor.organisation:
            raise InvalidInput(field="packer", why="a packer orders for its own organisation")
    order_id = request.id or _make_id(context, key)
    if not _ORDER_ID.fullmatch(order_id):
        why = "must be 1 to 40 letters, digits, dots, underscores or hyphens"
        raise InvalidInput(field="id", why=why)
    if request.count < 1:
        raise InvalidInput(field="count", why="must be at least 1", least=1)
    if request.count > MAX_COUNT:
        raise InvalidInput(field="count", why=f"must be at most {MAX_COUNT:,}", most=MAX_COUNT)
    if request.note is not None and len(request.note) > MAX_NOTE_LENGTH:
        raise InvalidInput(field="note", why=f"must have at most {MAX_NOTE_LENGTH} characters")
    await _check_references(context, request.product, packer, request.print_house)
    await require_key_for_pins(context.ledger, request.print_house, request.has_pin)
    return await context.ledger.orders.add(
        Order(
            id=order_id,
            count=request.count,
            grade=request.grade,
            requested_by=actor.id,
            has_pin=request.has_pin,
            product=request.product,
            packer=packer,
            print_house=request.print_house,
            note=request.note,
            requested_at=context.clock(),
        )
    )


async def approve_order(context: ServiceContext, order_id: str) -> Order:
    """Approve an order of another person; approving twice is approving once.

    Raises `Forbidden`, `UnknownOrder`, `SamePerson`, `OrderNotOpen`.
    """
    require_permission(context, Permission.ORDER_DECIDE)
    await scope.find_order(context, order_id)
    return await context.ledger.orders.approve(order_id, context.actor.id, at=context.clock())


async def refuse_order(context: ServiceContext, order_id: str) -> Order:
    """Refuse an order of another person; raises as `approve_order` does."""
    require_permission(context, Permission.ORDER_DECIDE)
    await scope.find_order(context, order_id)
    return await context.ledger.orders.refuse(order_id, context.actor.id, at=context.clock())


async def get_order(context: ServiceContext, order_id: str) -> Order:
    """One order. Raises `Forbidden`, `UnknownOrder`."""
    require_permission(context, Permission.ORDER_SEE)
    return await scope.find_order(context, order_id)


async def list_orders(
    context: ServiceContext,
    *,
    state: OrderState | None = None,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[Order]:
    """The orders in scope, newest first. Raises `Forbidden`, `InvalidInput`."""
    require_permission(context, Permission.ORDER_SEE)
    request = PageRequest(limit, after)
    wanted = replace(scope.order_scope(context.actor), state=state)
    rows = await context.ledger.orders.find_page(
        wanted, after=request.key(int, str), limit=limit + 1
    )
    return request.make_page(rows, lambda order: (order.requested_at or 0, order.id))


def _make_id(context: ServiceContext, key: str | None) -> str:
    """A name for an order: from the key where there is one, else at random."""
    if key is None:
        return f"o-{secrets.token_hex(_ID_BYTES)}"
    return f"o-{hashlib.sha256(context.scope_key(key).encode()).hexdigest()[: 2 * _ID_BYTES]}"


async def _check_references(
    context: ServiceContext, product: str | None, packer: str | None, print_house: str | None
) -> None:
    ledger = context.ledger
    for field, name, registry in (
        ("product", product, ledger.products),
        ("packer", packer, ledger.organisations),
        ("print_house", print_house, ledger.organisations),
    ):
        if name is None:
            continue
        try:
            await registry.get(name)
        except UnknownRow:
            raise InvalidInput(field=field, why=f"there is no {name}") from None
