"""Organisations: one with its places and people, and changes of name, kind and address.

The key of a print house is not changed here: a bundle's secrets are encrypted to it
(`ledger.organisations` keeps it as it is).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ledger import Organisation, OrganisationKind, PlaceRow
from ledger.errors import RowChanged
from services.context import ServiceContext
from services.paging import DEFAULT_LIMIT
from services.permissions import Permission, require_permission
from services.registry import check_name, compute_version

ID_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,62}$"


@dataclass(frozen=True, slots=True)
class OrganisationDetails:
    """An organisation with its first places."""

    organisation: Organisation
    places: Sequence[PlaceRow]


async def get_organisation(context: ServiceContext, id_: str) -> OrganisationDetails:
    """One organisation with its first hundred places. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.REGISTRY_SEE)
    ledger = context.ledger
    return OrganisationDetails(
        organisation=await ledger.organisations.get(id_),
        places=await ledger.places.find_page(
            ids=None, cells={"organisation": id_}, after=None, limit=DEFAULT_LIMIT
        ),
    )


async def change_organisation(
    context: ServiceContext,
    id_: str,
    name: str,
    kind: OrganisationKind,
    address: str | None,
    *,
    version: str | None = None,
) -> Organisation:
    """Give an organisation another name, kind or address; the audit log has who did.

    With `version` it must still be what the editor saw (`registry.compute_version`). The same
    change again is no conflict. Raises `Forbidden`, `UnknownRow`, `RowChanged`, `InvalidInput` for
    a name that cannot be read as written.
    """
    require_permission(context, Permission.REGISTRY_EDIT)
    organisations = context.ledger.organisations
    known = await organisations.get(id_)
    changed = replace(known, name=check_name("name", name), kind=kind, address=address)
    if version is not None and changed != known and version != compute_version(known):
        raise RowChanged(kind="organisation", id=id_)
    return await organisations.replace(
        changed, seen=known, actor=context.actor.id, at=context.clock()
    )
