"""Orders: one person requests stamps, another approves or refuses.

An order names its packer and product. One above the packer's limits
(`services.orders.order_limits`) has a written reason and is approved by two people. What was
ordered never changes: who requested it withdraws it and orders again.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from ledger import Grade, Order, OrderState, Organisation, Proposal
from ledger.account_names import is_same_account
from ledger.errors import OrderNotOpen, SamePerson, UnknownOrder, UnknownRow
from ledger.orders.orders import order_subject
from ledger.packer_provinces import ConcernedRows
from services import scope
from services.batches.print_keys import require_key_for_pins
from services.context import ServiceContext
from services.documents import describe_order_limits
from services.errors import ExcessReasonRequired, InvalidInput, SimilarOrder
from services.orders.order_limits import compare_order, compare_request, require_complete
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission
from services.proposals.proposal_kinds import ORDER_EXCESS
from services.proposals.proposals import propose
from stamps.timestamps import format_rfc3339
from stamps.vietnam_time import DAY_MS, to_iso_day

ORDER_ID_PATTERN: Final = "^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
MAX_NOTE_LENGTH: Final = 1000
MAX_REASON_LENGTH: Final = 1000
MAX_DUE_DAYS: Final = 730
"""Furthest day, from today, for which stamps can be ordered; a later one is a slip."""
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
    """The product of the stamps; an order without one is refused."""
    packer: str | None = None
    """The packer who activates the stamps; a packer orders for itself, which is its default."""
    print_house: str | None = None
    note: str | None = None
    due_on: str | None = None
    """The day by which the stamps are needed, an ISO date."""
    excess_reason: str | None = None
    """Why the order is above a limit."""
    is_another: bool = False
    """Confirms that a similar order of the last days is not this one."""


async def request_order(
    context: ServiceContext, request: OrderRequest, key: str | None = None
) -> Order:
    """Request stamps. The same content under the same `id` twice is one order.

    `key`, an idempotency key, names an order without an `id`, so that a form that is sent twice
    makes one order. Raises `Forbidden`, `KeyRequired`, `InvalidInput` (which names every field at
    fault), `PinsNeedEncryption` (the print house has no key), `ExcessReasonRequired`,
    `SimilarOrder`, `AlreadyExists`.
    """
    require_permission(context, Permission.ORDER_REQUEST)
    actor = context.actor
    if actor.role == "packer" and request.packer is None:
        request = replace(request, packer=actor.organisation)
    order_id = request.id or _make_id(context, key)
    if not await _is_placed(context, order_id):  # an order that is sent again was checked before
        await _check_request(context, replace(request, id=order_id))
    return await context.ledger.orders.add(
        Order(
            id=order_id,
            count=request.count,
            grade=request.grade,
            requested_by=actor.id,
            has_pin=request.has_pin,
            product=request.product,
            packer=request.packer,
            print_house=request.print_house,
            note=request.note,
            requested_at=context.clock(),
            due_on=request.due_on,
            excess_reason=request.excess_reason,
        )
    )


async def find_similar_order(
    context: ServiceContext, packer: str, product: str, count: int
) -> Order | None:
    """The newest order like a new one, within the days of the rules. Raises `Forbidden`."""
    require_permission(context, Permission.ORDER_REQUEST)
    since = context.clock() - context.order_rules.repeat_days * DAY_MS
    return await context.ledger.orders.find_similar(packer, product, count, since=since)


async def approve_order(context: ServiceContext, order_id: str) -> Order:
    """Approve an order of another person; approving twice is approving once.

    Raises `Forbidden`, `UnknownOrder`, `OrderIncomplete`, `SamePerson`, `OrderNotOpen`,
    `OrganisationDisabled`, `OrderAboveLimits` (`propose_excess` asks a second person to approve
    such an order).
    """
    require_permission(context, Permission.ORDER_DECIDE)
    require_complete(await scope.find_order(context, order_id))
    return await context.ledger.orders.approve(order_id, context.actor.id, at=context.clock())


async def propose_excess(context: ServiceContext, order_id: str, reason: str, key: str) -> Proposal:
    """Approve an order above a limit, with a reason; a third person's approval approves it.

    The same key again is the same proposal. Raises `Forbidden`, `KeyRequired`, `UnknownOrder`,
    `OrderIncomplete`, `SamePerson`, `OrderNotOpen`, `InvalidInput` (the reason),
    `AlreadyProposed`, `AccountRequired`, `KeyReused`.
    """
    require_permission(context, Permission.ORDER_DECIDE)
    order = await scope.find_order(context, order_id)
    require_complete(order)
    if is_same_account(order.requested_by, context.actor.id):
        raise SamePerson(order=order.id, actor=order.requested_by)
    if order.state is not OrderState.REQUESTED:
        raise OrderNotOpen(order=order.id, state=order.state, wanted=OrderState.REQUESTED)
    limits = await compare_order(context, order)
    sums = None if limits is None else describe_order_limits(limits).model_dump(mode="json")
    return await propose(
        context,
        ORDER_EXCESS,
        order_subject(order.id),
        {"order": order.id, "limits": sums},
        _check_reason(reason),
        key,
        ConcernedRows(packers=(order.packer,) if order.packer else ()),
    )


async def find_excess_proposal(context: ServiceContext, order_id: str) -> Proposal | None:
    """The first approval of an order that waits for the second. Raises `Forbidden`."""
    require_permission(context, Permission.ORDER_SEE)
    await scope.find_order(context, order_id)
    return await context.ledger.proposals.get_open(ORDER_EXCESS.name, order_subject(order_id))


async def refuse_order(context: ServiceContext, order_id: str, reason: str) -> Order:
    """Refuse an order of another person, with a reason that its requester sees.

    Raises `Forbidden`, `UnknownOrder`, `InvalidInput` (the reason), `SamePerson`, `OrderNotOpen`.
    """
    require_permission(context, Permission.ORDER_DECIDE)
    await scope.find_order(context, order_id)
    return await context.ledger.orders.refuse(
        order_id, context.actor.id, _check_reason(reason), at=context.clock()
    )


async def withdraw_order(context: ServiceContext, order_id: str) -> Order:
    """Withdraw one's own order before it is decided; twice is once.

    Raises `Forbidden`, `UnknownOrder`, `ForeignOrder`, `OrderNotOpen`.
    """
    require_permission(context, Permission.ORDER_REQUEST)
    await scope.find_order(context, order_id)
    return await context.ledger.orders.withdraw(order_id, context.actor.id, at=context.clock())


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


async def _is_placed(context: ServiceContext, order_id: str) -> bool:
    try:
        await context.ledger.orders.get(order_id)
    except UnknownOrder:
        return False
    return True


async def _check_request(context: ServiceContext, request: OrderRequest) -> None:
    """Check a new request; raises as `request_order` does."""
    flaws = [*_find_flaws(context, request), *await _find_unknown_names(context, request)]
    if flaws:
        raise InvalidInput(**flaws[0], **({"flaws": flaws} if len(flaws) > 1 else {}))
    await require_key_for_pins(context.ledger, request.print_house, request.has_pin)
    packer, product = str(request.packer), str(request.product)
    limits = await compare_request(context, packer, product, request.count)
    if limits.is_above and not (request.excess_reason or "").strip():
        raise ExcessReasonRequired(
            count=request.count, quota_left=limits.left, crop_left=limits.crop_left
        )
    similar = await find_similar_order(context, packer, product, request.count)
    if similar is not None and not request.is_another:
        raise SimilarOrder(order=similar.id, requested_at=format_rfc3339(similar.requested_at or 0))


def _find_flaws(context: ServiceContext, request: OrderRequest) -> list[Mapping[str, Any]]:
    """Return the flaws of the fields by themselves: evidence of `InvalidInput` for each."""
    actor, most = context.actor, context.order_rules.most_stamps
    flaws: list[Mapping[str, Any]] = []
    if not _ORDER_ID.fullmatch(str(request.id)):
        why = "must be 1 to 40 letters, digits, dots, underscores or hyphens"
        flaws.append({"field": "id", "why": why})
    if request.count < 1:
        flaws.append({"field": "count", "why": "must be at least 1", "least": 1})
    if request.count > most:
        flaws.append({"field": "count", "why": f"must be at most {most:,}", "most": most})
    flaws += [
        {"field": field, "why": f"an order names its {field}", "expected": "missing"}
        for field in ("product", "packer")
        if getattr(request, field) is None
    ]
    if actor.role == "packer" and request.packer != actor.organisation:
        flaws.append({"field": "packer", "why": "a packer orders for its own organisation"})
    flaws += [
        {"field": field, "why": f"must have at most {longest} characters"}
        for field, longest in (("note", MAX_NOTE_LENGTH), ("excess_reason", MAX_REASON_LENGTH))
        if len(getattr(request, field) or "") > longest
    ]
    if request.due_on is not None and (flaw := _find_due_flaw(request.due_on, context.clock())):
        flaws.append(flaw)
    return flaws


def _find_due_flaw(due_on: str, now: int) -> Mapping[str, Any] | None:
    """Return the flaws of the day by which stamps are needed: evidence of `InvalidInput`."""
    today = date.fromisoformat(to_iso_day(now))
    try:
        due = date.fromisoformat(due_on)
    except ValueError:
        return {"field": "due_on", "why": "must be a date such as 2026-12-31", "expected": "date"}
    if due < today:
        return {"field": "due_on", "why": f"is before today, {today}", "expected": "due_past"}
    if due > today + timedelta(days=MAX_DUE_DAYS):
        why = f"is more than {MAX_DUE_DAYS} days ahead"
        return {"field": "due_on", "why": why, "expected": "due_far"}
    return None


async def _find_unknown_names(
    context: ServiceContext, request: OrderRequest
) -> list[Mapping[str, Any]]:
    """The fields that name nothing that is registered: evidence of `InvalidInput` for each."""
    ledger = context.ledger
    flaws: list[Mapping[str, Any]] = []
    for field, name, registry in (
        ("product", request.product, ledger.products),
        ("packer", request.packer, ledger.organisations),
        ("print_house", request.print_house, ledger.organisations),
    ):
        if name is None:
            continue
        try:
            row = await registry.get(name)
        except UnknownRow:
            flaws.append({"field": field, "why": f"there is no {name}"})
            continue
        if isinstance(row, Organisation) and row.disabled_at is not None:
            why = f"{name} is disabled"
            flaws.append({"field": field, "why": why, "expected": "organisation_disabled"})
    return flaws


def _check_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise InvalidInput(field="reason", why="must not be empty", expected="missing")
    if len(reason) > MAX_REASON_LENGTH:
        raise InvalidInput(field="reason", why=f"must have at most {MAX_REASON_LENGTH} characters")
    return reason
