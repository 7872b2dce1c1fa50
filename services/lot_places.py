"""Places of a lot: it names only those of the organisation that it belongs to.

The packing house is registered to the organisation. A growing or farming area may belong to a
grower or be unknown to the registry, because growers do not write their part of the record
themselves yet; one that is registered to another packer is refused. Every other location that a
stage names is free, unless it is another organisation's packing house.

A registered code that names its organisation decides; the places of the registry decide for others.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from ledger import PlaceRow
from ledger.registered_code import CodeCondition
from services.context import ServiceContext
from services.errors import ForeignPlace
from services.registered_codes import CodeQuery, list_codes
from services.registry import list_places
from traceability import Lot
from traceability.code_forms import CodeKind
from traceability.lot_rules import list_named_places
from traceability.registration_codes import to_plain_letters

PACKING_HOUSE: Final = "packing_house"
ORIGINS: Final = ("growing_area", "farming_area")
MOST_FOUND: Final = 12
"""Places that a search shows; more letters find others."""


@dataclass(frozen=True, slots=True)
class PlaceChoice:
    """A place that a form offers; only one whose code is in force can be chosen."""

    code: str
    name: str
    condition: CodeCondition


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
    areas = [place for place in places if place.kind in ORIGINS]
    for code in {place.code for place in areas}:
        if await _belongs_to_another(
            context, [area for area in areas if area.code == code], organisation
        ):
            kind = next(area.kind for area in areas if area.code == code).replace("_", " ")
            raise ForeignPlace(place=code, kind=kind, organisation=organisation)


async def find_places(context: ServiceContext, kind: str, search: str) -> list[PlaceChoice]:
    """Places with a code of a kind that a lot can name, by a part of code or name.

    Of packing houses those of the actor's organisation, of others all. Codes that are not in force
    are among them, so that people see why they can not be chosen. At most `MOST_FOUND`, by code.
    Raises `Forbidden`.
    """
    owner = context.actor.organisation if kind == PACKING_HOUSE else None
    query = CodeQuery(search=search, kind=CodeKind(kind), organisation=owner)
    found = {
        row.code: PlaceChoice(row.code, row.name, row.get_condition(context.clock()))
        for row in (await list_codes(context, query, limit=MOST_FOUND)).items
    }
    words = search.casefold()
    for place in await list_places(context):
        named = f"{place.code} {to_plain_letters(place.code or '')} {place.name}".casefold()
        if place.code is None or place.kind != kind or words not in named:
            continue
        if owner in (None, place.organisation) and place.code not in found:
            registered = await context.ledger.registered_codes.get_many([place.code])
            if not registered:
                found[place.code] = PlaceChoice(place.code, place.name, "active")
    return sorted(found.values(), key=lambda place: place.code)[:MOST_FOUND]


async def find_owner_of_packing_house(context: ServiceContext, lot: Lot) -> str | None:
    """The organisation that the lot's packing house is registered to, if it is to exactly one."""
    if lot.packing_house is None:
        return None
    places = await _list_sites(context, [lot.packing_house.code])
    owners = {place.organisation for place in places if place.kind == PACKING_HOUSE} - {None}
    return owners.pop() if len(owners) == 1 else None


async def _list_sites(context: ServiceContext, codes: Collection[str]) -> list[PlaceRow]:
    """Return the places that are registered with one of these codes, by owner."""
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
