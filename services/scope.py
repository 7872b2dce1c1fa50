"""Scope: the orders, batches and lots that an actor may see and act on.

Inspectors, issuers, administrators, the operator and the authority of the ministry see everything.
The authority of a province sees the orders, batches and lots of the packers of its province
(`ledger.packer_provinces`). A print house sees the orders assigned to it and their batches. A
packer sees its own orders, orders that name no packer, and the lots that belong to it. A grower
sees the lots that name a growing area registered to its organisation. All of them see their own
hearings and events. Evidence of a registered code is for the organisation of the code and the
authority of the code's province. A row outside of the scope is answered as unknown.

The scope is a filter of the ledger's queries, the same for one row and for lists.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from ledger import (
    Batch,
    BatchFilter,
    Hearing,
    LotFilter,
    LotRow,
    Order,
    OrderFilter,
    RegisteredCode,
)
from ledger.cartons.carton_rows import Carton
from ledger.cartons.cartons import CartonFilter
from ledger.errors import UnknownBatch, UnknownHearing, UnknownLot, UnknownOrder, UnknownRow
from ledger.organisations.actor_invitations import ActorInvitation
from services.context import Actor, ServiceContext
from traceability.carton_label import parse_carton_label
from traceability.registration_codes import normalize_code

_UNRESTRICTED: Final = frozenset(
    {"inspector", "authority", "issuer", "administrator", "demo", "operator"}
)
_NOBODY: Final = ""
"""The name of no organisation."""


def order_scope(actor: Actor) -> OrderFilter:
    """The orders in the actor's scope.

    An order that names no packer is open to every packer. One that names no print house is
    printed by nobody until it does.
    """
    if actor.role in _UNRESTRICTED:
        return OrderFilter(province=actor.province)
    if actor.role == "print_house":
        return OrderFilter(print_house=actor.organisation or _NOBODY)
    return OrderFilter(open_to_packer=actor.organisation or _NOBODY)


def lot_scope(actor: Actor) -> LotFilter:
    """The lots in the actor's scope: those of its organisation, of its areas or of its province."""
    if actor.role in _UNRESTRICTED:
        return LotFilter(province=actor.province)
    if actor.role == "grower":
        return LotFilter(grower=actor.organisation or _NOBODY)
    return LotFilter(organisation=actor.organisation or _NOBODY)


def is_party(
    actor: Actor,
    packers: Collection[str],
    print_houses: Collection[str],
    provinces: Collection[str],
) -> bool:
    """Whether a batch or lot of these organisations is in the actor's scope, for one row in hand.

    `provinces` are those of the packers. As `order_scope` and `lot_scope`, but what names no packer
    is in no packer's scope.
    """
    if actor.role in _UNRESTRICTED:
        return actor.province is None or actor.province in provinces
    own = print_houses if actor.role == "print_house" else packers
    return actor.organisation in own


async def find_order(context: ServiceContext, order_id: str) -> Order:
    """The order, if it is in scope. Raises `UnknownOrder`."""
    wanted = replace(order_scope(context.actor), id=order_id)
    found = await context.ledger.orders.find_page(wanted, limit=1)
    if not found:
        raise UnknownOrder(order=order_id)
    return found[0]


async def find_batch(context: ServiceContext, number: int) -> Batch:
    """The batch, if its order is in scope. Raises `UnknownBatch`."""
    wanted = BatchFilter(number=number, order=order_scope(context.actor))
    found = await context.ledger.batches.find_page(wanted, limit=1)
    if not found:
        raise UnknownBatch(batch=number)
    return found[0]


async def find_lot(context: ServiceContext, code: str) -> LotRow:
    """The lot, if it is in scope. Raises `UnknownLot`."""
    wanted = replace(lot_scope(context.actor), code=code)
    found = await context.ledger.lots.find_page(wanted, limit=1)
    if not found:
        raise UnknownLot(lot=code)
    return found[0]


async def require_packer(context: ServiceContext, id_: str) -> None:
    """Raise `UnknownRow` for a packer of another province than the one the actor is limited to."""
    own = context.actor.province
    if own is not None and await context.ledger.organisations.find_province(id_) != own:
        raise UnknownRow(kind="organisation", id=id_)


def own_scope(actor: Actor) -> str | None:
    """The organisation to whose rows the actor is limited; None: it sees those of all."""
    return None if actor.role in _UNRESTRICTED else actor.organisation or _NOBODY


def carton_scope(actor: Actor) -> CartonFilter:
    """The cartons in the actor's scope: those of its organisation or province."""
    return CartonFilter(organisation=own_scope(actor), province=actor.province)


async def find_carton(context: ServiceContext, name: str) -> Carton:
    """The carton or pallet in scope that a label, or `LABEL@ORGANISATION`, names.

    Raises `MalformedLabel`, `UnknownCarton`, `AmbiguousCarton`.
    """
    text, at, organisation = name.rpartition("@")
    label = parse_carton_label(text if at else name)
    wanted = carton_scope(context.actor)
    return await context.ledger.cartons.get(label, organisation if at else None, wanted)


def is_code_in_scope(actor: Actor, code: RegisteredCode) -> bool:
    """Whether the evidence of a registered code is in the actor's scope."""
    if actor.role in _UNRESTRICTED:
        return actor.province is None or actor.province == code.province
    return actor.organisation is not None and actor.organisation == code.organisation


async def find_code(context: ServiceContext, text: str) -> RegisteredCode:
    """The registered code, as it is typed, if its evidence is in scope. Raises `UnknownRow`."""
    found = await context.ledger.registered_codes.get(normalize_code(text))
    if not is_code_in_scope(context.actor, found):
        raise UnknownRow(kind="registered code", id=found.code)
    return found


def hearing_scope(actor: Actor) -> str | None:
    """The organisation whose hearings the actor sees; None: those of all parties."""
    return own_scope(actor)


def invitation_scope(actor: Actor) -> str:
    """The organisation whose invitations the actor sees; empty for those of no organisation."""
    return actor.organisation or _NOBODY


async def find_actor_invitation(context: ServiceContext, id_: str) -> ActorInvitation:
    """The invitation, if it is in scope. Raises `UnknownRow`."""
    found = await context.ledger.actor_invitations.get(id_)
    if found.inviter != invitation_scope(context.actor):
        raise UnknownRow(kind="invitation", id=id_)
    return found


async def find_hearing(context: ServiceContext, id_: str) -> Hearing:
    """The hearing, if it is in scope. Raises `UnknownHearing`."""
    found = await context.ledger.hearings.get(id_)
    if hearing_scope(context.actor) not in (None, found.organisation):
        raise UnknownHearing(hearing=id_)
    return found
