"""`/api/v1/cartons`: pack stamps into cartons and cartons onto pallets, unpack, show."""

from typing import Annotated, Final

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.events import EventListDocument
from desk.api.models import Body, ListDocument, PageQuery, SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from ledger.cartons.carton_errors import (
    AlreadyPacked,
    AmbiguousCarton,
    CartonEmpty,
    CartonFull,
    CartonsElsewhere,
    CartonsNotOnPallet,
    StampsElsewhere,
    StampsNotActive,
    StampsNotInCarton,
    StampsOfAnother,
    UnknownCarton,
    WrongCartonKind,
)
from ledger.cartons.carton_rows import CartonKind
from ledger.cartons.cartons import carton_from_row
from ledger.errors import KeyReused
from services.cartons import cartons
from services.cartons.scanned_contents import (
    MOST_LINES,
    ContentsMissing,
    MixedContents,
    TooManyLines,
)
from services.documents.cartons import (
    CartonDetailsDocument,
    CartonDocument,
    PackingDocument,
    PackingResultDocument,
    describe_carton,
    describe_carton_details,
    describe_packing_act,
    describe_packing_result,
)
from services.documents.events import describe_event
from services.errors import InvalidInput, UnreadLines
from services.lists.find import find_list_page
from services.lists.lots import CARTONS
from services.permissions import Permission
from traceability.carton_label import MalformedLabel

routes = ApiRoutes("cartons")

CARTON_NAMING_ERRORS: Final = (MalformedLabel, UnknownCarton, AmbiguousCarton)
"""Refusals of a label in an address or a body."""
_ENTRY_ERRORS: Final = (
    InvalidInput,
    MalformedLabel,
    UnreadLines,
    TooManyLines,
    ContentsMissing,
    MixedContents,
    UnknownCarton,
    WrongCartonKind,
    CartonEmpty,
    KeyReused,
)

_Name = Annotated[Text, Field(examples=["7·0-479"])]


class PackingBody(Body):
    """What is packed: serial ranges and codes of stamps, or labels of cartons."""

    contents: Annotated[list[_Name], Field(max_length=MOST_LINES)]


class UnpackingBody(Body):
    """What is unpacked, as in a packing; all that is in it if null."""

    contents: Annotated[list[_Name], Field(max_length=MOST_LINES)] | None = None


class CartonQuery(SortedPageQuery):
    """Which cartons are listed; sorted by `-changed_at`. `q` is a label, a stamp or a lot."""

    kind: CartonKind | None = None
    organisation: Text | None = None
    province: Text | None = None


class CartonListDocument(SortedListDocument):
    """Cartons and pallets, the one that changed last first."""

    cartons: list[CartonDocument]


class PackingListDocument(ListDocument):
    """Acts of packing, newest first."""

    acts: list[PackingDocument]


@routes.add("GET", "cartons", permissions=(Permission.CARTON_SEE,), errors=(InvalidInput,))
async def list_cartons(call: ApiCall, query: CartonQuery) -> CartonListDocument:
    """Search and filter the cartons and pallets in the caller's scope."""
    asked = query.to_request("kind", "organisation", "province")
    page = await find_list_page(call.context, CARTONS, asked)
    return CartonListDocument(
        cartons=[describe_carton(carton_from_row(row)) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add(
    "GET", "cartons/{carton}", permissions=(Permission.CARTON_SEE,), errors=CARTON_NAMING_ERRORS
)
async def show_carton(call: ApiCall, carton: str) -> CartonDetailsDocument:
    """Show a carton or pallet with its contents; `LABEL`, or `LABEL@ORGANISATION`."""
    return describe_carton_details(await cartons.get_carton(call.context, carton))


@routes.add(
    "GET",
    "cartons/{carton}/acts",
    permissions=(Permission.CARTON_SEE,),
    errors=(*CARTON_NAMING_ERRORS, InvalidInput),
)
async def list_acts(call: ApiCall, carton: str, query: PageQuery) -> PackingListDocument:
    """List what was packed into a carton and unpacked, and on which pallets it was."""
    page = await cartons.list_acts(call.context, carton, limit=query.limit, after=query.after)
    return PackingListDocument(
        acts=[describe_packing_act(one) for one in page.items], next=page.next
    )


@routes.add(
    "GET",
    "cartons/{carton}/events",
    permissions=(Permission.CARTON_SEE,),
    errors=(*CARTON_NAMING_ERRORS, InvalidInput),
)
async def list_carton_events(call: ApiCall, carton: str, query: PageQuery) -> EventListDocument:
    """List the EPCIS events of the carton's organisation that name it, newest first."""
    page = await cartons.list_carton_events(
        call.context, carton, limit=query.limit, after=query.after
    )
    return EventListDocument(events=[describe_event(one) for one in page.items], next=page.next)


@routes.add(
    "POST",
    "cartons/{carton}/packings",
    permissions=(Permission.CARTON_PACK,),
    has_key=True,
    errors=(
        *_ENTRY_ERRORS,
        StampsNotActive,
        StampsOfAnother,
        StampsElsewhere,
        CartonsElsewhere,
        CartonFull,
        AlreadyPacked,
    ),
)
async def pack(call: ApiCall, carton: str, body: PackingBody) -> PackingResultDocument:
    """Pack stamps into a carton or cartons onto a pallet, all or none; a new label makes one."""
    return describe_packing_result(
        await cartons.pack(call.context, carton, body.contents, call.key)
    )


@routes.add(
    "POST",
    "cartons/{carton}/unpackings",
    permissions=(Permission.CARTON_PACK,),
    has_key=True,
    errors=(*_ENTRY_ERRORS, StampsNotInCarton, CartonsNotOnPallet),
)
async def unpack(call: ApiCall, carton: str, body: UnpackingBody) -> PackingResultDocument:
    """Unpack stamps from a carton or cartons from a pallet, all or none of what is named."""
    return describe_packing_result(
        await cartons.unpack(call.context, carton, body.contents, call.key)
    )
