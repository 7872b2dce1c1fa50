"""Places: growing and farming areas, packing houses, warehouses, markets, shops, by a readable id.

Lots name a place by its code, so code and kind are given once; a place with another code is another
place. Name, ward, GLN and organisation can be changed.
"""

import re
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from ledger import PlaceRow, RegisteredCode
from ledger.errors import RowChanged
from services.context import ServiceContext
from services.errors import InvalidInput
from services.organisations.organisations import ID_PATTERN
from services.organisations.registry import check_name, compute_version
from services.permissions import Permission, require_permission
from traceability.administrative_units import derive_province, load_administrative_units
from traceability.gs1_values import MalformedGs1, parse_gln
from traceability.registration_codes import normalize_code
from web.plain_letters import to_ascii

PlaceKind = Literal["growing_area", "farming_area", "packing_house", "warehouse", "market", "shop"]
PLACE_KINDS: Final[tuple[PlaceKind, ...]] = get_args(PlaceKind)


@dataclass(frozen=True, slots=True)
class PlaceDetails:
    """A place, and the registered code that it has, if that is registered."""

    place: PlaceRow
    registered: RegisteredCode | None


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """Fields of a place that can be changed, as people type them; `ward` is a code or a name."""

    name: str
    province: str | None = None
    ward: str | None = None
    gln: str | None = None
    organisation: str | None = None


async def add_place(context: ServiceContext, place: PlaceRow) -> PlaceRow:
    """Add a place; code, ward and GLN are stored in canonical form.

    Raises `Forbidden`, `InvalidInput`, `AlreadyExists`, `UnknownRow` for the organisation.
    """
    require_permission(context, Permission.REGISTRY_EDIT)
    if re.fullmatch(ID_PATTERN, place.id) is None:
        raise InvalidInput(field="id", why="has a-z, 0-9 and hyphens", expected="place_id")
    if place.kind not in PLACE_KINDS:
        raise InvalidInput(field="kind", why=f"must be one of {', '.join(PLACE_KINDS)}")
    code = None if place.code is None else normalize_code(place.code)
    change = PlaceChange(place.name, place.province, place.ward, place.gln, place.organisation)
    row = await _apply_change(context, replace(place, code=code), change)
    return await context.ledger.places.add(row, actor=context.actor.id, at=context.clock())


async def change_place(
    context: ServiceContext, id_: str, change: PlaceChange, *, version: str | None = None
) -> PlaceRow:
    """Give a place another name, ward, GLN or organisation; the audit log has who did.

    With `version` it must still be what the editor saw (`registry.compute_version`). The same
    change again is no conflict. Raises `Forbidden`, `UnknownRow`, `RowChanged`, `InvalidInput`.
    """
    require_permission(context, Permission.REGISTRY_EDIT)
    known = await context.ledger.places.get(id_)
    row = await _apply_change(context, known, change)
    if version is not None and row != known and version != compute_version(known):
        raise RowChanged(kind="place", id=id_)
    return await context.ledger.places.replace(
        row, seen=known, actor=context.actor.id, at=context.clock()
    )


async def get_place(context: ServiceContext, id_: str) -> PlaceDetails:
    """One place with its registered code. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.REGISTRY_SEE)
    place = await context.ledger.places.get(id_)
    codes = [] if place.code is None else [place.code]
    registered = await context.ledger.registered_codes.get_many(codes)
    return PlaceDetails(place, next(iter(registered.values()), None))


def find_ward(text: str, province: str | None) -> str:
    """The code of a ward, given by its code or by its name in a province (or in all of them).

    >>> find_ward("24169", None), find_ward("Xã Ea Knuếc", "66") == find_ward("ea knuec", "66")
    ('24169', True)

    Raises:
        InvalidInput: there is no such ward, or several have the name.
    """
    units = load_administrative_units()
    if text in units.wards:
        return text
    wards = units.wards.values() if province is None else units.wards_of(province)
    typed = to_ascii(text).casefold()
    found = [
        ward.code
        for ward in wards
        if typed in (to_ascii(ward.short).casefold(), to_ascii(ward.full_name).casefold())
    ]
    if not found:
        raise InvalidInput(field="ward", why=f"there is no ward {text}", expected="ward")
    if len(found) > 1:
        raise InvalidInput(field="ward", why=f"several wards are {text}", expected="ward_of_many")
    return found[0]


async def _apply_change(context: ServiceContext, place: PlaceRow, change: PlaceChange) -> PlaceRow:
    units = load_administrative_units()
    if change.province is not None and change.province not in units.provinces:
        raise InvalidInput(field="province", why="is not a province in force", expected="choose")
    if change.organisation is not None:
        await context.ledger.organisations.get(change.organisation)
    ward = None if change.ward is None else find_ward(change.ward, change.province)
    try:
        province = derive_province(ward, change.province)
    except ValueError as error:
        raise InvalidInput(field="ward", why=str(error), expected="ward") from error
    try:
        gln = None if change.gln is None else parse_gln(change.gln)
    except MalformedGs1 as error:
        raise InvalidInput(field="gln", why=str(error), expected="gln") from error
    return replace(
        place,
        name=check_name("name", change.name),
        province=province,
        ward=ward,
        gln=gln,
        organisation=change.organisation,
    )
