"""`/api/v1/link-sets`: where GS1 keys lead to; `/api/v1/key-owners`: whose keys they are."""

from typing import Annotated, Final

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import Body, ListDocument, PageQuery, Query, Text
from desk.api.routing import ApiRoutes
from ledger import LinkSetRow
from ledger.errors import AlreadyExists, LinkSetsFull, UnknownRow
from services.documents.links import (
    KeyOwnerDocument,
    LinkAnswersDocument,
    LinkSetDocument,
    describe_key_owner,
    describe_link_answers,
    describe_link_set,
)
from services.errors import InvalidInput
from services.links import key_owners, link_answers, link_sets
from services.links.link_sets import LinkSetRequest
from services.organisations.registry import compute_version
from services.paging import PageRequest
from services.permissions import Permission
from traceability.links.link_set import (
    LONGEST_ADDRESS,
    MOST_LINKS,
    LinkTarget,
    MalformedLink,
)

routes = ApiRoutes("links")

_SEE: Final = (Permission.LINK_SEE,)
_EDIT: Final = (Permission.LINK_EDIT,)
_ONE: Final = "link-sets/{link_set}"
_OWNER: Final = "key-owners/{organisation}"


class LinkBody(Body):
    """A link; `type` with or without `gs1:`, `href` of a host that the organisation has stated."""

    type: Text
    href: Annotated[str, Field(min_length=1, max_length=LONGEST_ADDRESS)]
    title: Text
    hreflang: Annotated[list[Text], Field(default_factory=list, max_length=10)]
    """Languages of what it leads to (BCP 47); none: any."""
    media_type: Text | None = None
    context: Annotated[list[Text], Field(default_factory=list, max_length=10)]
    """Contexts that it is for, such as a country; none: any."""


class LinkSetBody(Body):
    """Description and links, in their order; the first link is the default."""

    description: Annotated[str, Field(max_length=120)] = ""
    links: Annotated[list[LinkBody], Field(max_length=MOST_LINKS)]


class NewLinkSetBody(LinkSetBody):
    """Links of a key, which is an element string or a GS1 Digital Link."""

    key: Annotated[str, Field(min_length=1, max_length=2048)]
    organisation: Text | None = None
    """Whose links they are; without it the owner of the key."""


class LinkSetQuery(PageQuery):
    """Which link sets are listed, by key."""

    organisation: Text | None = None


class LinkSetListDocument(ListDocument):
    """Link sets, by key."""

    link_sets: list[LinkSetDocument]


class LinkAnswersQuery(Query):
    """The link type that is asked for; without it the default."""

    type: Text | None = None


class KeyOwnerBody(Body):
    """All prefixes and hosts of an organisation, instead of the present ones."""

    prefixes: Annotated[list[Text], Field(max_length=key_owners.MOST_PREFIXES)]
    hosts: Annotated[list[Text], Field(max_length=key_owners.MOST_HOSTS)]


@routes.add("GET", "link-sets", permissions=_SEE, errors=(InvalidInput,))
async def list_link_sets(call: ApiCall, query: LinkSetQuery) -> LinkSetListDocument:
    """List the link sets of an organisation, or all that the account sees."""
    request = PageRequest(query.limit, query.after)
    page = await link_sets.list_link_sets(call.context, query.organisation, request)
    return LinkSetListDocument(
        link_sets=[describe_link_set(row) for row in page.items], next=page.next
    )


@routes.add(
    "POST",
    "link-sets",
    permissions=_EDIT,
    status=201,
    errors=(InvalidInput, MalformedLink, AlreadyExists, LinkSetsFull, UnknownRow),
)
async def add_link_set(call: ApiCall, body: NewLinkSetBody) -> LinkSetDocument:
    """Add the links of a key; the same content twice is one set."""
    request = LinkSetRequest(body.key, body.description, _read_links(body.links), body.organisation)
    added = await link_sets.add_link_set(call.context, request)
    call.headers["Location"] = f"/api/v1/link-sets/{added.id}"
    return _answer(call, added)


@routes.add("GET", _ONE, permissions=_SEE, errors=(UnknownRow,))
async def show_link_set(call: ApiCall, link_set: str) -> LinkSetDocument:
    """Show the links of a key; its ETag is what an edit names."""
    return _answer(call, (await link_sets.get_link_set(call.context, link_set)).row)


@routes.add("GET", f"{_ONE}/answers", permissions=_SEE, errors=(InvalidInput, UnknownRow))
async def find_link_answers(
    call: ApiCall, link_set: str, query: LinkAnswersQuery
) -> LinkAnswersDocument:
    """Show where the public service leads readers of each language from a key."""
    found = await link_answers.find_link_answers(call.context, link_set, query.type)
    return describe_link_answers(found)


@routes.add(
    "PUT",
    _ONE,
    permissions=_EDIT,
    has_version=True,
    errors=(InvalidInput, MalformedLink, UnknownRow),
)
async def change_link_set(call: ApiCall, link_set: str, body: LinkSetBody) -> LinkSetDocument:
    """Give a key this description and these links."""
    changed = await link_sets.change_link_set(
        call.context,
        link_set,
        body.description,
        _read_links(body.links),
        version=_read_version(call),
    )
    return _answer(call, changed)


@routes.add("DELETE", _ONE, permissions=_EDIT, has_version=True, errors=(UnknownRow,))
async def remove_link_set(call: ApiCall, link_set: str) -> LinkSetDocument:
    """Remove all links of a key, and answer what they were."""
    removed = await link_sets.remove_link_set(call.context, link_set, version=_read_version(call))
    return describe_link_set(removed)


@routes.add("GET", _OWNER, permissions=_SEE, errors=(UnknownRow,))
async def show_key_owner(call: ApiCall, organisation: str) -> KeyOwnerDocument:
    """Show the GS1 company prefixes and hosts of an organisation."""
    owner = await key_owners.get_key_owner(call.context, organisation)
    call.headers["ETag"] = f'"{compute_version(owner)}"'
    return describe_key_owner(owner)


@routes.add(
    "PUT",
    _OWNER,
    permissions=(Permission.REGISTRY_EDIT,),
    has_version=True,
    errors=(InvalidInput, MalformedLink, AlreadyExists, UnknownRow),
)
async def change_key_owner(
    call: ApiCall, organisation: str, body: KeyOwnerBody
) -> KeyOwnerDocument:
    """Record the GS1 company prefixes and hosts of an organisation."""
    owner = await key_owners.change_key_owner(
        call.context, organisation, body.prefixes, body.hosts, version=call.version
    )
    call.headers["ETag"] = f'"{compute_version(owner)}"'
    return describe_key_owner(owner)


def _answer(call: ApiCall, row: LinkSetRow) -> LinkSetDocument:
    call.headers["ETag"] = f'"{row.version}"'
    return describe_link_set(row)


def _read_version(call: ApiCall) -> int | None:
    """The version that `If-Match` names; another text is the version of nothing."""
    if call.version is None:
        return None
    return int(call.version) if call.version.isdecimal() and len(call.version) < 10 else -1


def _read_links(bodies: list[LinkBody]) -> tuple[LinkTarget, ...]:
    return tuple(LinkTarget.from_document(body.model_dump()) for body in bodies)
