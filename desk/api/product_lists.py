"""`/api/v1/product-lists` and `/api/v1/provinces`: lists of provinces, and their administration."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from desk.api.call import ApiCall
from desk.api.models import Body, ListDocument, PageQuery, Text
from desk.api.routing import ApiRoutes
from ledger import Proposal
from ledger.errors import AlreadyExists, AlreadyProposed, KeyReused, UnknownRow
from ledger.lots.product_lists import EntryEnded, ListEntryFilter, ListKind
from ledger.staff_errors import AccountRequired
from services.documents.product_lists import (
    ListEntryDocument,
    ProvinceDocument,
    describe_list_entry,
    describe_overview,
)
from services.errors import InvalidInput
from services.paging import PageRequest
from services.permissions import Permission
from services.product_lists import product_lists
from services.product_lists.product_lists import LONGEST_REASON, ListEntryRequest
from services.province import describe_province

routes = ApiRoutes("reviews")


class ListEntryBody(Body):
    """A product to put on a list."""

    kind: ListKind
    product: Text
    since: Text
    """The first day, 2026-12-31."""
    basis: Text
    """Number of the decision."""
    basis_day: Text
    province: str | None = None
    """Two digits, empty for the whole country; without it the own province."""
    organisation: Text | None = None
    """Whose product; without it of every organisation."""
    stars: int | None = None
    """OCOP class, 3 to 5."""
    until: Text | None = None
    note: Text | None = None


class EndBody(Body):
    """Why an entry ends."""

    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON)
    ]


class ListEntryQuery(PageQuery):
    """Which entries are listed."""

    province: str | None = None
    kind: ListKind | None = None
    product: Text | None = None
    ended: Annotated[bool | None, Field()] = None


class ListEntryListDocument(ListDocument):
    """Entries of product lists, the newest first."""

    entries: list[ListEntryDocument]


class AddedEntryDocument(BaseModel):
    """The entry that was added, or the proposal that a second person decides."""

    model_config = ConfigDict(frozen=True)

    entry: ListEntryDocument | None
    proposal: int | None


@routes.add(
    "GET", "product-lists", permissions=(Permission.PRODUCT_LIST_SEE,), errors=(InvalidInput,)
)
async def list_entries(call: ApiCall, query: ListEntryQuery) -> ListEntryListDocument:
    """List the entries of the own province and of the country; for the ministry all."""
    wanted = ListEntryFilter(
        provinces=None if query.province is None else (query.province,),
        kind=query.kind,
        product=query.product,
        is_ended=query.ended,
    )
    page = await product_lists.list_entries(
        call.context, wanted, PageRequest(query.limit, query.after)
    )
    return ListEntryListDocument(
        entries=[describe_list_entry(one) for one in page.items], next=page.next
    )


@routes.add(
    "GET",
    "product-lists/{entry}",
    permissions=(Permission.PRODUCT_LIST_SEE,),
    errors=(UnknownRow,),
)
async def show_entry(call: ApiCall, entry: str) -> ListEntryDocument:
    """Show an entry, ended ones too."""
    return describe_list_entry(await product_lists.get_entry(call.context, entry))


@routes.add(
    "POST",
    "product-lists",
    permissions=(Permission.PRODUCT_LIST_EDIT,),
    has_key=True,
    errors=(InvalidInput, UnknownRow, AlreadyExists, AlreadyProposed, AccountRequired, KeyReused),
)
async def add_entry(call: ApiCall, body: ListEntryBody) -> AddedEntryDocument:
    """Put a product on a list. A second person decides what makes a record mandatory."""
    request = ListEntryRequest(
        **body.model_dump(exclude={"since", "basis_day", "until"}),
        since=_parse_day("since", body.since),
        basis_day=_parse_day("basis_day", body.basis_day),
        until=None if body.until is None else _parse_day("until", body.until),
    )
    added = await product_lists.add_entry(call.context, request, call.key)
    if isinstance(added, Proposal):
        return AddedEntryDocument(entry=None, proposal=added.id)
    return AddedEntryDocument(entry=describe_list_entry(added), proposal=None)


@routes.add(
    "POST",
    "product-lists/{entry}/end",
    permissions=(Permission.PRODUCT_LIST_EDIT,),
    errors=(InvalidInput, UnknownRow, EntryEnded),
)
async def end_entry(call: ApiCall, entry: str, body: EndBody) -> ListEntryDocument:
    """Take a product off a list, with a reason. The entry stays as history."""
    return describe_list_entry(await product_lists.end_entry(call.context, entry, body.reason))


@routes.add(
    "GET",
    "provinces/{province}",
    permissions=(Permission.PRODUCT_LIST_EDIT,),
    errors=(InvalidInput,),
)
async def show_province(call: ApiCall, province: str) -> ProvinceDocument:
    """Show parties, lists, reviewers, reports, portals and what waits for review."""
    return describe_overview(await describe_province(call.context, province))


def _parse_day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        why = "must be a day, such as 2026-12-31"
        raise InvalidInput(field=field, why=why) from error
