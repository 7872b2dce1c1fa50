"""Organisations: one with its places, changes of its content, disabling and enabling.

The key of a print house is not changed here: a bundle's secrets are encrypted to it
(`ledger.organisations` keeps it as it is).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ledger import Organisation, OrganisationKind, PlaceRow, Proposal
from ledger.errors import RowChanged
from ledger.organisation_states import name_subject
from services.context import ServiceContext
from services.errors import OrganisationEnabled
from services.paging import DEFAULT_LIMIT
from services.permissions import Permission, require_permission
from services.proposal_kinds import ORGANISATION_ENABLE
from services.proposals import propose
from services.registry import check_name, check_province, compute_version

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


async def disable_organisation(context: ServiceContext, id_: str) -> Organisation:
    """Disable an organisation at once; its people, sessions and tokens are refused.

    Again changes nothing. Raises `Forbidden`, `UnknownRow`, `TooFewAdministrators`.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    return await context.ledger.organisations.disable(
        id_, actor=context.actor.id, at=context.clock()
    )


async def propose_enabling(context: ServiceContext, id_: str, key: str) -> Proposal:
    """Propose that an organisation is enabled again; another person approves.

    Raises `Forbidden`, `KeyRequired`, `UnknownRow`, `OrganisationEnabled`, and as
    `proposals.propose` does.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    known = await context.ledger.organisations.get(id_)
    if known.disabled_at is None:
        raise OrganisationEnabled(organisation=id_)
    return await propose(
        context, ORGANISATION_ENABLE, name_subject(id_), {"organisation": id_}, None, key
    )


async def find_enabling(context: ServiceContext, id_: str) -> Proposal | None:
    """The proposal to enable an organisation that waits. Raises `Forbidden`."""
    require_permission(context, Permission.REGISTRY_SEE)
    return await context.ledger.proposals.get_open(ORGANISATION_ENABLE.name, name_subject(id_))


async def change_organisation(
    context: ServiceContext,
    id_: str,
    name: str,
    kind: OrganisationKind,
    address: str | None,
    province: str | None,
    *,
    version: str | None = None,
) -> Organisation:
    """Give an organisation another name, kind, address or province; the audit log has who did.

    With `version` it must still be what the editor saw (`registry.compute_version`). The same
    change again is no conflict. Raises `Forbidden`, `UnknownRow`, `RowChanged`, `InvalidInput` for
    a name that cannot be read as written, and for an unknown province.
    """
    require_permission(context, Permission.REGISTRY_EDIT)
    organisations = context.ledger.organisations
    known = await organisations.get(id_)
    changed = replace(
        known,
        name=check_name("name", name),
        kind=kind,
        address=address,
        province=check_province(province),
    )
    if version is not None and changed != known and version != compute_version(known):
        raise RowChanged(kind="organisation", id=id_)
    return await organisations.replace(
        changed, seen=known, actor=context.actor.id, at=context.clock()
    )
