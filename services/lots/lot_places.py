"""Places of a lot: it names only those of the organisation that it belongs to.

The packing house is registered to the organisation. A growing or farming area may belong to a
grower or be unknown to the registry, because growers do not write their part of the record
themselves yet; one that is registered to another packer is refused. Every other location that a
stage names is free, unless it is another organisation's packing house.

A registered code that names its organisation decides; the places of the registry decide for others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger import OrganisationKind, PlaceRow
from ledger.codes.registered_code import CodeCondition
from services.codes.registered_codes import CodeQuery, list_codes
from services.context import ServiceContext
from services.errors import ForeignPlace
from services.organisations.registry import list_places
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


@dataclass(frozen=True, slots=True)
class SiteOwners:
    """Registered places that lots name, by code, and the kinds of their organisations, by id."""

    places: Mapping[str, Sequence[PlaceRow]]
    kinds: Mapping[str, OrganisationKind]


async def find_site_owners(
    context: ServiceContext, lots: Iterable[Lot], named: str | None = None
) -> SiteOwners:
    """Return the registered places that lots name, with a few queries for all of them.

    The kind of the organisation `named` is among the kinds, if it is registered.
    """
    codes = {code for lot in lots for code in list_named_places(lot)}
    registered = await context.ledger.registered_codes.get_many(codes)
    found: dict[str, list[PlaceRow]] = {
        code: [PlaceRow(code, row.kind, row.name, code, organisation=row.organisation)]
        for code, row in registered.items()
        if row.organisation is not None
    }
    for place in await context.ledger.places.list_by_code(codes - found.keys()):
        found.setdefault(place.code or "", []).append(place)
    ids = {named, *(place.organisation for places in found.values() for place in places)}
    known = await context.ledger.organisations.get_many({one for one in ids if one is not None})
    return SiteOwners(found, {id_: one.kind for id_, one in known.items()})


def check_places(owners: SiteOwners, lot: Lot, organisation: str) -> None:
    """Raise `ForeignPlace` if a lot of this organisation names a place that it may not name."""
    named = sorted(list_named_places(lot))
    places = [place for code in named for place in owners.places.get(code, ())]
    house = lot.packing_house
    own_houses = {place.code for place in _list_of_kind(places, PACKING_HOUSE, organisation)}
    if house is not None and house.code not in own_houses:
        raise ForeignPlace(place=house.code, kind="packing house", organisation=organisation)
    for place in places:
        if place.kind == PACKING_HOUSE and place.code not in own_houses:
            raise ForeignPlace(place=place.code, kind="packing house", organisation=organisation)
    areas = [place for place in places if place.kind in ORIGINS]
    for code in {place.code for place in areas}:
        alike = [area for area in areas if area.code == code]
        if _belongs_to_another(owners, alike, organisation):
            kind = alike[0].kind.replace("_", " ")
            raise ForeignPlace(place=code, kind=kind, organisation=organisation)


async def find_places(context: ServiceContext, kind: str, search: str) -> list[PlaceChoice]:
    """Places with a code of a kind that a lot can name, by a part of code or name.

    Of packing houses those of the actor's organisation, of others all. Codes that are not in force
    are among them, so that people see why they cannot be chosen. At most `MOST_FOUND`, by code.
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


def find_owner_of_packing_house(owners: SiteOwners, lot: Lot) -> str | None:
    """The organisation that the lot's packing house is registered to, if it is to exactly one."""
    if lot.packing_house is None:
        return None
    places = owners.places.get(lot.packing_house.code, ())
    found = {place.organisation for place in places if place.kind == PACKING_HOUSE} - {None}
    return found.pop() if len(found) == 1 else None


def _belongs_to_another(owners: SiteOwners, places: list[PlaceRow], organisation: str) -> bool:
    """Whether a place is registered, and only to organisations that are no growers."""
    named = {place.organisation for place in places}
    if not named or None in named or organisation in named:
        return False
    return "grower" not in {owners.kinds.get(one) for one in named if one is not None}


def _list_of_kind(places: list[PlaceRow], kind: str, organisation: str) -> list[PlaceRow]:
    return [place for place in places if (place.kind, place.organisation) == (kind, organisation)]
