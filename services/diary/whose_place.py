"""The places that an organisation keeps a diary of: those that are registered to it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from ledger import CodeFilter, ProductRow
from services.context import ServiceContext
from services.permissions import Permission, require_permission
from stamps.vietnam_time import to_iso_day
from traceability.code_forms import CodeKind

MOST_OFFERED: Final = 200
"""Places that a form offers."""


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """A place that a form offers."""

    code: str
    name: str
    kind: CodeKind
    products: tuple[str, ...]
    """The products that the registry says of it."""


async def find_owned_places(
    context: ServiceContext, organisation: str, codes: Collection[str]
) -> frozenset[str]:
    """Those of some codes that are registered to an organisation.

    A registered code that names its organisation decides; the places of the registry decide for
    others (as `services.lots.lot_places`).
    """
    registered = await context.ledger.registered_codes.get_many(codes)
    decided = {code: row.organisation for code, row in registered.items() if row.organisation}
    others = set(codes) - decided.keys()
    places = await context.ledger.places.list_by_code(others)
    owners = {(one.code, one.organisation) for one in places}
    return frozenset(
        code
        for code in codes
        if decided.get(code) == organisation or (code, organisation) in owners
    )


@dataclass(frozen=True, slots=True)
class EntryChoices:
    """What a form of entries offers: own places, and products, those of the places first."""

    places: tuple[OwnPlace, ...]
    products: tuple[ProductRow, ...]


async def find_choices(context: ServiceContext, organisation: str) -> EntryChoices:
    """What a form of the actor's organisation offers. Raises `Forbidden`."""
    require_permission(context, Permission.EVENT_RECORD)
    places = await list_own_places(context, organisation)
    grown = {product for place in places for product in place.products}
    products = await context.ledger.products.list()
    return EntryChoices(
        tuple(places), tuple(sorted(products, key=lambda one: (one.id not in grown, one.id)))
    )


async def list_own_places(context: ServiceContext, organisation: str) -> list[OwnPlace]:
    """The registered places of an organisation, by code."""
    wanted = CodeFilter(organisation=organisation, today=to_iso_day(context.clock()))
    rows = await context.ledger.registered_codes.find_page(wanted, after=None, limit=MOST_OFFERED)
    found = {
        row.code: OwnPlace(row.code, row.name, CodeKind(row.kind), row.products) for row in rows
    }
    for place in await context.ledger.places.list_of_organisation(organisation, MOST_OFFERED):
        if place.code and place.code not in found and place.kind in set(CodeKind):
            found[place.code] = OwnPlace(place.code, place.name, CodeKind(place.kind), ())
    return [found[code] for code in sorted(found)]
