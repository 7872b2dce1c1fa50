"""Owners of GS1 keys: an administrator records prefixes and hosts of an organisation.

An organisation states both to the administrator, who checks the prefixes against its GS1 contract
and the hosts with it. Its people then edit links within them. So an account of it that was stolen
leads consumers to no place but the organisation's own.
"""

import re
from collections.abc import Iterable
from typing import Final

from ledger import KeyOwner
from ledger.errors import RowChanged, UnknownRow
from services.context import ServiceContext
from services.errors import InvalidInput
from services.organisations.registry import compute_version
from services.permissions import Permission, has_permission, require_permission
from traceability.links.anchor import find_gln, find_key_digits
from traceability.links.link_set import check_host

MOST_PREFIXES: Final = 20
MOST_HOSTS: Final = 20
_PREFIX: Final = re.compile("[0-9]{6,12}")


async def get_key_owner(context: ServiceContext, organisation: str) -> KeyOwner:
    """Prefixes and hosts of an organisation. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.LINK_SEE)
    if not sees_all(context) and organisation != context.actor.organisation:
        raise UnknownRow(kind="organisation", id=organisation)
    return await context.ledger.key_owners.get(organisation)


async def change_key_owner(
    context: ServiceContext,
    organisation: str,
    prefixes: Iterable[str],
    hosts: Iterable[str],
    *,
    version: str | None = None,
) -> KeyOwner:
    """Give an organisation these prefixes and hosts; the audit log has who did.

    With `version` they must still be what the editor saw (`registry.compute_version`). Links to a
    host that is taken away are no longer followed. Raises `Forbidden`, `UnknownRow`, `RowChanged`,
    `InvalidInput`, `MalformedLink` for what is no public host, `AlreadyExists` for a prefix that
    overlaps another organisation's.
    """
    require_permission(context, Permission.REGISTRY_EDIT)
    owners = context.ledger.key_owners
    known = await owners.get(organisation)
    owner = KeyOwner(
        organisation, _check_prefixes(prefixes), tuple(sorted({check_host(one) for one in hosts}))
    )
    if len(owner.hosts) > MOST_HOSTS:
        raise InvalidInput(field="hosts", why=f"must be at most {MOST_HOSTS}", most=MOST_HOSTS)
    if version is not None and owner != known and version != compute_version(known):
        raise RowChanged(kind="key owner", id=organisation)
    return await owners.replace(owner, seen=known, actor=context.actor.id)


async def find_key_owner(context: ServiceContext, anchor: str) -> str | None:
    """The organisation whose prefix begins the key of an anchor."""
    return await context.ledger.key_owners.find_by_digits(find_key_digits(anchor))


async def owns_key(context: ServiceContext, organisation: str, anchor: str) -> bool:
    """Whether a key is an organisation's: by its prefix, or as the number of one of its places."""
    owner = await find_key_owner(context, anchor)
    if owner is not None:
        return owner == organisation
    gln = find_gln(anchor)
    return gln is not None and await context.ledger.key_owners.has_gln(organisation, gln)


def sees_all(context: ServiceContext) -> bool:
    """Whether the actor sees the links of every organisation, not of its own alone."""
    return context.actor.role in ("administrator", "authority", "operator", "demo")


def edits_all(context: ServiceContext) -> bool:
    """Whether the actor edits the links of every organisation."""
    return has_permission(context.actor, Permission.REGISTRY_EDIT)


def _check_prefixes(texts: Iterable[str]) -> tuple[str, ...]:
    prefixes = sorted({re.sub(r"[\s.-]", "", text) for text in texts})
    for prefix in prefixes:
        if _PREFIX.fullmatch(prefix) is None:
            why = f"{prefix!r} is not a GS1 company prefix of 6 to 12 digits"
            raise InvalidInput(field="prefixes", why=why, expected="gs1_prefixes")
    if len(prefixes) > MOST_PREFIXES:
        why = f"must be at most {MOST_PREFIXES}"
        raise InvalidInput(field="prefixes", why=why, most=MOST_PREFIXES)
    return tuple(prefixes)
