"""Places of a lot: it names only those of the organisation that it belongs to.

The packing house is registered to the organisation. A growing area may belong to a grower or be
unknown to the registry, because growers do not write their part of the record themselves yet; one
that is registered to another packer is refused. Every other location that a stage names is free,
unless it is another organisation's packing house.

A registered code that names its organisation decides; the places of the registry decide for others.
"""

from collections.abc import Collection
from typing import Final

from ledger import PlaceRow
from services.context import ServiceContext
from services.errors import ForeignPlace
from services.registered_codes import CodeQuery, list_codes
from services.registry import list_places
from traceability import Lot
from traceability.lot_rules import list_named_places

PACKING_HOUSE: Final = "packing_house"
GROWING_AREA: Final = "growing_area"
_MOST_OFFERED: Final = 200
"""Registered codes that a form offers; others are typed."""


async def check_places(context: ServiceContext, lot: Lot, organisation: str) -> None:
    """Raise `ForeignPlace` if a lot of this organisation names a place that it may not name."""
    places = await _list_sites(context, list_named_places(lot))
    house = lot.packing_house
    own_houses = {place.code for place in _list_of_kind(places, PACKING_HOUSE, organisation)}
    if house is not None and house.code not in own_houses:
        raise ForeignPlace(place=house.code, kind="packing house", organisation=organisation)
    for place in places:
        if place.kind == PACKING_HOUSE and place.code not in own_houses:
            raise ForeignPlace(place=place.code, kind="packing house", organisation=organisation)
    areas = [place for place in places if place.kind == GROWING_AREA]
    for code in {place.code for place in areas}:
        if await _belongs_to_another(
            context, [area for area in areas if area.code == code], organisation
        ):
            raise ForeignPlace(place=code, kind="growing area", organisation=organisation)


async def list_places_to_choose(context: ServiceContext) -> list[PlaceRow]:
    """The places with a code that a form offers: those of the registry, and registered codes.

    Of the registered codes those of the actor's organisation that are in force, a bounded number.
    Raises `Forbidden`.
    """
    places = {p.code: p for p in await list_places(context) if p.code is not None}
    organisation = context.actor.organisation
    if organisation is not None:
        query = CodeQuery(organisation=organisation, condition="active")
        for row in (await list_codes(context, query, limit=_MOST_OFFERED)).items:
            places[row.code] = PlaceRow(
                row.code, row.kind, row.name, row.code, organisation=row.organisation
            )
    return sorted(places.values(), key=lambda place: place.code or "")


async def find_owner_of_packing_house(context: ServiceContext, lot: Lot) -> str | None:
    """The organisation that the lot's packing house is registered to, if it is to exactly one."""
    if lot.packing_house is None:
        return None
    places = await _list_sites(context, [lot.packing_house.code])
    owners = {place.organisation for place in places if place.kind == PACKING_HOUSE} - {None}
    return owners.pop() if len(owners) == 1 else None


async def _list_sites(context: ServiceContext, codes: Collection[str]) -> list[PlaceRow]:
    """The places that were registered with one of these codes, by whom they belong to."""
    registered = await context.ledger.registered_codes.get_many(codes)
    owned = {code: row for code, row in registered.items() if row.organisation is not None}
    places = await context.ledger.places.list_by_code(codes)
    return [place for place in places if place.code not in owned] + [
        PlaceRow(code, row.kind, row.name, code, organisation=row.organisation)
        for code, row in owned.items()
    ]


async def _belongs_to_another(
    context: ServiceContext, places: list[PlaceRow], organisation: str
) -> bool:
    """Whether a place is registered, and only to organisations that are no growers."""
    owners = {place.organisation for place in places}
    if not owners or None in owners or organisation in owners:
        return False
    kinds = [(await context.ledger.organisations.get(o)).kind for o in owners if o is not None]
    return "grower" not in kinds


def _list_of_kind(places: list[PlaceRow], kind: str, organisation: str) -> list[PlaceRow]:
    return [place for place in places if (place.kind, place.organisation) == (kind, organisation)]
