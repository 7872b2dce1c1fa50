"""Organisations: one with its places, changes of its content, disabling and enabling.

The key of a print house is not changed here: a bundle's secrets are encrypted to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ledger import Organisation, OrganisationKind, PlaceRow, Proposal
from ledger.errors import RowChanged
from ledger.organisations.organisation_states import DISABLE, name_subject
from services.context import ServiceContext
from services.errors import InvalidInput, OrganisationEnabled
from services.organisations.registry import check_name, check_province, compute_version
from services.paging import DEFAULT_LIMIT
from services.permissions import Permission, require_permission
from services.proposals.proposal_kinds import ORGANISATION_ENABLE
from services.proposals.proposals import propose
from traceability.document_fields import check_text

ID_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,62}$"


@dataclass(frozen=True, slots=True)
class OrganisationDetails:
    """An organisation with its first places."""

    organisation: Organisation
    places: Sequence[PlaceRow]
    disabled_reason: str | None = None
    """Why it is disabled; None while it is enabled, and where no reason was recorded."""


async def get_organisation(context: ServiceContext, id_: str) -> OrganisationDetails:
    """One organisation with its first hundred places. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.REGISTRY_SEE)
    ledger = context.ledger
    organisation = await ledger.organisations.get(id_)
    return OrganisationDetails(
        organisation=organisation,
        places=await ledger.places.find_page(
            ids=None, cells={"organisation": id_}, after=None, limit=DEFAULT_LIMIT
        ),
        disabled_reason=await _find_reason(context, organisation),
    )


async def disable_organisation(context: ServiceContext, id_: str, reason: str) -> Organisation:
    """Disable an organisation at once; its people, sessions and tokens are refused.

    The reason is in the audit log. Again changes nothing. Raises `Forbidden`, `InvalidInput`
    without a reason, `UnknownRow`, `TooFewAdministrators`.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    return await context.ledger.organisations.disable(
        id_, actor=context.actor.id, reason=_check_reason(reason), at=context.clock()
    )


async def propose_enabling(context: ServiceContext, id_: str, reason: str, key: str) -> Proposal:
    """Propose that an organisation is enabled again; another person reads why, and approves.

    Raises `Forbidden`, `KeyRequired`, `InvalidInput` without a reason, `UnknownRow`,
    `OrganisationEnabled`, and as `proposals.propose` does.
    """
    require_permission(context, Permission.ACCOUNT_MANAGE)
    reason = _check_reason(reason)
    known = await context.ledger.organisations.get(id_)
    if known.disabled_at is None:
        raise OrganisationEnabled(organisation=id_)
    return await propose(
        context, ORGANISATION_ENABLE, name_subject(id_), {"organisation": id_}, reason, key
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


def _check_reason(reason: str) -> str:
    try:
        return check_text(reason)
    except ValueError as error:
        raise InvalidInput(field="reason", why=str(error)) from error


async def _find_reason(context: ServiceContext, organisation: Organisation) -> str | None:
    """Why an organisation is disabled, as the last audit entry of it says."""
    if organisation.disabled_at is None:
        return None
    subject = name_subject(organisation.id)
    found = await context.ledger.audit.list_of_subject(subject, action=DISABLE, limit=1)
    return found[0].details.get("reason") if found else None
