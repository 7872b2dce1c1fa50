"""Link sets: an organisation edits where its GS1 keys lead to.

A set is of one key with its qualifiers. It is saved whole, over the version that the editor saw.
The serial numbers of a trade item have no set of their own: such an address is a stamp's, and
answered by its verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger import LinkSetRow
from ledger.errors import UnknownRow
from services.context import ServiceContext
from services.errors import InvalidInput
from services.links.key_owners import edits_all, find_key_owner, owns_key, sees_all
from services.paging import Page, PageRequest
from services.permissions import Permission, require_permission
from traceability.document_fields import check_text
from traceability.gs1_text import parse_gs1_text
from traceability.gs1_values import MalformedGs1
from traceability.links.anchor import format_anchor, name_link_set, names_serial, split_anchor
from traceability.links.link_set import (
    MOST_LINKS,
    LinkTarget,
    MalformedLink,
    check_link,
    insert_link,
    remove_link,
)
from web.validation import RefusedValue

LONGEST_DESCRIPTION: Final = 120

Links = tuple[LinkTarget, ...]


@dataclass(frozen=True, slots=True)
class LinkSetDetails:
    """A link set as its editor sees it."""

    row: LinkSetRow
    links: Links
    hosts: tuple[str, ...]
    """The hosts that its links may lead to."""
    is_own: bool
    """Whether the actor may edit it."""


@dataclass(frozen=True, slots=True)
class LinkSetRequest:
    """Links that are asked for. `key` is an element string or Digital Link, as people have it."""

    key: str
    description: str = ""
    links: Links = ()
    organisation: str | None = None
    """Whose links they are; None: of the actor's organisation, or of the owner of the key."""


async def list_link_sets(
    context: ServiceContext, organisation: str | None, request: PageRequest
) -> Page[LinkSetRow]:
    """The link sets of an organisation, by key; for None all that the actor sees.

    Raises `Forbidden`, `InvalidInput`.
    """
    require_permission(context, Permission.LINK_SEE)
    if not sees_all(context):
        own = context.actor.organisation
        if own is None or organisation not in (None, own):
            return Page([], None)
        organisation = own
    key = request.key(str)
    rows = await context.ledger.link_sets.find_page(
        organisation=organisation,
        after=None if key is None else str(key[0]),
        limit=request.limit + 1,
    )
    return request.make_page(rows, lambda row: (row.anchor,))


async def get_link_set(context: ServiceContext, id_: str) -> LinkSetDetails:
    """A link set. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.LINK_SEE)
    row = await context.ledger.link_sets.get(id_)
    is_own = await _may_edit(context, row)
    if not is_own and not sees_all(context) and row.organisation != context.actor.organisation:
        raise UnknownRow(kind="link set", id=id_)
    hosts = (await context.ledger.key_owners.get(row.organisation)).hosts
    return LinkSetDetails(row, read_links(row.links), hosts, is_own)


async def add_link_set(context: ServiceContext, request: LinkSetRequest) -> LinkSetRow:
    """Add the links of a key; the same content again is the set that is there.

    Raises `Forbidden`, `InvalidInput`, `MalformedLink`, `AlreadyExists`, `LinkSetsFull`,
    `UnknownRow` for the organisation.
    """
    require_permission(context, Permission.LINK_EDIT)
    row = await make_link_set(context, request)
    return await context.ledger.link_sets.add(row, actor=context.actor.id)


async def make_link_set(context: ServiceContext, request: LinkSetRequest) -> LinkSetRow:
    """The link set that is asked for, checked and not saved.

    Raises `InvalidInput`, `MalformedLink`, `UnknownRow` for the organisation.
    """
    anchor = _parse_key(request.key)
    organisation = await _find_organisation(context, anchor, request.organisation)
    hosts = (await context.ledger.key_owners.get(organisation)).hosts
    return LinkSetRow(
        id=name_link_set(anchor),
        anchor=anchor,
        organisation=organisation,
        description=_check_description(request.description),
        links=[link.to_document() for link in _check_links(request.links, hosts, ())],
    )


async def change_link_set(
    context: ServiceContext,
    id_: str,
    description: str,
    links: Sequence[LinkTarget],
    *,
    version: int | None,
) -> LinkSetRow:
    """Give a key this description and these links, in this order.

    A link that was there before may stay as it is. Raises `Forbidden`, `UnknownRow`, `RowChanged`,
    `InvalidInput`, `MalformedLink`.
    """
    known = await _find_own(context, id_)
    checked = _check_links(links, known.hosts, known.links)
    return await _save(context, known, checked, version, _check_description(description))


async def put_link(
    context: ServiceContext,
    id_: str,
    link: LinkTarget,
    *,
    at: int | None,
    version: int | None,
) -> LinkSetRow:
    """Add a link at the end, or (with `at`, from 0 on) replace one.

    Raises as `change_link_set` does.
    """
    known = await _find_own(context, id_)
    if at is not None:
        _require_place(known, at)
    elif len(known.links) >= MOST_LINKS:
        raise InvalidInput(field="links", why=f"must be at most {MOST_LINKS}", most=MOST_LINKS)
    others = known.links if at is None else remove_link(known.links, at)
    place = len(others) if at is None else at
    links = insert_link(others, check_link(link, known.hosts), place)
    return await _save(context, known, links, version)


async def move_link_up(
    context: ServiceContext, id_: str, at: int, *, version: int | None
) -> LinkSetRow:
    """Put a link before the one above it; the first one is the default.

    Raises `Forbidden`, `UnknownRow`, `RowChanged`.
    """
    known = await _find_own(context, id_)
    _require_place(known, at)
    links = insert_link(remove_link(known.links, at), known.links[at], max(0, at - 1))
    return await _save(context, known, links, version)


async def take_link_away(
    context: ServiceContext, id_: str, at: int, *, version: int | None
) -> LinkSetRow:
    """Remove one link of a key. Raises `Forbidden`, `UnknownRow`, `RowChanged`."""
    known = await _find_own(context, id_)
    _require_place(known, at)
    return await _save(context, known, remove_link(known.links, at), version)


async def remove_link_set(context: ServiceContext, id_: str, *, version: int | None) -> LinkSetRow:
    """Remove and return all links of a key. Raises `Forbidden`, `UnknownRow`, `RowChanged`."""
    known = await _find_own(context, id_)
    await context.ledger.link_sets.remove(id_, version=version, actor=context.actor.id)
    return known.row


def read_links(documents: Sequence[Any]) -> Links:
    """Links from the JSON objects that the ledger keeps."""
    return tuple(map(LinkTarget.from_document, documents))


async def _find_own(context: ServiceContext, id_: str) -> LinkSetDetails:
    require_permission(context, Permission.LINK_EDIT)
    known = await get_link_set(context, id_)
    if not known.is_own:
        raise UnknownRow(kind="link set", id=id_)
    return known


async def _may_edit(context: ServiceContext, row: LinkSetRow) -> bool:
    own = context.actor.organisation
    if edits_all(context):
        return True
    return own == row.organisation and own is not None and await owns_key(context, own, row.anchor)


async def _save(
    context: ServiceContext,
    known: LinkSetDetails,
    links: Links,
    version: int | None,
    description: str | None = None,
) -> LinkSetRow:
    row = known.row
    changed = LinkSetRow(
        id=row.id,
        anchor=row.anchor,
        organisation=row.organisation,
        description=row.description if description is None else description,
        links=[link.to_document() for link in links],
    )
    return await context.ledger.link_sets.replace(changed, version=version, actor=context.actor.id)


async def _find_organisation(context: ServiceContext, anchor: str, asked: str | None) -> str:
    """The organisation whose links they become. Raises `InvalidInput`."""
    if edits_all(context):
        organisation = asked or await find_key_owner(context, anchor)
        if organisation is None:
            why = "is needed: no organisation has a prefix that begins the key"
            raise InvalidInput(field="organisation", why=why, expected="missing")
        return organisation
    own = context.actor.organisation
    if own is None or asked not in (None, own) or not await owns_key(context, own, anchor):
        why = "is not a key of your organisation: its company prefix is not registered to it"
        raise InvalidInput(field="key", why=why, expected="own_key")
    return own


def _parse_key(text: str) -> str:
    try:
        anchor = format_anchor(parse_gs1_text(text).elements)
    except MalformedGs1 as error:
        raise InvalidInput(field="key", why=str(error), expected="gs1_key") from error
    elements = split_anchor(anchor)
    if names_serial(anchor):
        why = "an address with the serial number of a trade item is a stamp's"
        raise InvalidInput(field="key", why=why, expected="key_without_serial")
    if "21" in elements and len(elements) > 2:
        why = "beside a serial number (21) stands neither (10) nor (22)"
        raise InvalidInput(field="key", why=why, expected="gs1_key")
    return anchor


def _check_links(links: Sequence[LinkTarget], hosts: Sequence[str], known: Links) -> Links:
    if len(links) > MOST_LINKS:
        raise InvalidInput(field="links", why=f"must be at most {MOST_LINKS}", most=MOST_LINKS)
    checked, flaws = [], []
    for at, link in enumerate(links):
        if link in known:
            checked.append(link)
            continue
        try:
            checked.append(check_link(link, hosts))
        except MalformedLink as refusal:
            flaws += [
                {**flaw, "field": f"links[{at}].{flaw['field']}"}
                for flaw in refusal.evidence["flaws"]
            ]
    if flaws:
        raise MalformedLink(flaws)
    return tuple(checked)


def _check_description(text: str) -> str:
    if not text.strip():
        return ""
    try:
        checked = check_text(text)
    except RefusedValue as error:
        raise InvalidInput(field="description", why=str(error)) from error
    if len(checked) > LONGEST_DESCRIPTION:
        why = f"is longer than {LONGEST_DESCRIPTION} characters"
        raise InvalidInput(field="description", why=why)
    return checked


def _require_place(known: LinkSetDetails, at: int) -> None:
    if not 0 <= at < len(known.links):
        raise UnknownRow(kind="link", id=f"{known.row.anchor} {at + 1}")
