"""Registry: organisations, products and places that orders and lots refer to by name."""

import hashlib
from dataclasses import astuple, dataclass, replace

import orjson

from ledger import KeyOwner, Organisation, PlaceRow, ProductRow
from services.context import ServiceContext
from services.errors import InvalidInput
from services.permissions import Permission, require_permission
from traceability.administrative_units import load_administrative_units
from traceability.document_fields import check_text
from traceability.gs1_values import MalformedGs1, parse_gtin
from traceability.lot_profiles import load_profiles


@dataclass(frozen=True, slots=True)
class RegistryRows:
    """All rows of the registry, each kind by name."""

    organisations: list[Organisation]
    products: list[ProductRow]
    places: list[PlaceRow]


async def add_organisation(context: ServiceContext, organisation: Organisation) -> Organisation:
    """Add an organisation. Raises `Forbidden`, `InvalidInput`, `AlreadyExists`."""
    require_permission(context, Permission.REGISTRY_EDIT)
    organisation = replace(
        organisation,
        name=check_name("name", organisation.name),
        province=check_province(organisation.province),
    )
    return await context.ledger.organisations.add(
        organisation, actor=context.actor.id, at=context.clock()
    )


async def add_product(context: ServiceContext, product: ProductRow) -> ProductRow:
    """Add a product; its GTIN is stored with 14 digits.

    Raises `Forbidden`, `InvalidInput` for a malformed GTIN or name or an unknown kind of produce,
    `AlreadyExists`.
    """
    require_permission(context, Permission.REGISTRY_EDIT)
    names = {language: check_name("name", name) for language, name in product.name.items()}
    product = replace(product, name=names)
    if product.kind is not None and product.kind not in load_profiles():
        raise InvalidInput(field="kind", why=f"must be one of {', '.join(load_profiles())}")
    if product.gtin is not None:
        try:
            product = replace(product, gtin=parse_gtin(product.gtin))
        except MalformedGs1 as error:
            raise InvalidInput(field="gtin", why=str(error)) from error
    return await context.ledger.products.add(product, actor=context.actor.id, at=context.clock())


async def list_registry(context: ServiceContext) -> RegistryRows:
    """All organisations, products and places. Raises `Forbidden`."""
    require_permission(context, Permission.REGISTRY_SEE)
    ledger = context.ledger
    return RegistryRows(
        organisations=await ledger.organisations.list(),
        products=await ledger.products.list(),
        places=await ledger.places.list(),
    )


async def list_organisations(context: ServiceContext) -> list[Organisation]:
    """All organisations by name. Raises `Forbidden`."""
    require_permission(context, Permission.REGISTRY_SEE)
    return await context.ledger.organisations.list()


async def list_products(context: ServiceContext) -> list[ProductRow]:
    """All products by name. Raises `Forbidden`."""
    require_permission(context, Permission.REGISTRY_SEE)
    return await context.ledger.products.list()


async def list_places(context: ServiceContext) -> list[PlaceRow]:
    """All places by name. Raises `Forbidden`."""
    require_permission(context, Permission.REGISTRY_SEE)
    return await context.ledger.places.list()


def compute_version(row: Organisation | PlaceRow | KeyOwner) -> str:
    """A digest of the content, by which an edit names what its editor saw."""
    return hashlib.sha256(orjson.dumps(astuple(row))).hexdigest()[:16]


def check_province(province: str | None) -> str | None:
    """The code of a province in force, or None. Raises `InvalidInput`."""
    if province is not None and province not in load_administrative_units().provinces:
        why = f"no province in force since July 2025 has the code {province}"
        raise InvalidInput(field="province", why=why)
    return province


def check_name(field: str, name: str) -> str:
    """A name in canonical form; one that a reader cannot see as it is written is refused."""
    try:
        return check_text(name)
    except ValueError as error:
        raise InvalidInput(field=field, why=str(error)) from error
