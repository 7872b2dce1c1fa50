"""`/api/v1/places`: growing areas, packing houses and other places that lots name."""

from typing import Annotated, Final

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import Body, SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from ledger import PlaceRow
from ledger.errors import AlreadyExists, UnknownRow
from ledger.lists.records import read_place
from services.documents.models import Document
from services.errors import InvalidInput
from services.lists.administration import PLACES
from services.lists.find import find_list_page
from services.organisations import places
from services.organisations.organisations import ID_PATTERN
from services.organisations.places import PlaceChange, PlaceKind
from services.organisations.registry import compute_version
from services.permissions import Permission

routes = ApiRoutes("places")

_EDIT: Final = (Permission.REGISTRY_EDIT,)


class PlaceBody(Body):
    """Fields of a place that can be changed; `ward` is its code, or its name in the province."""

    name: Text
    province: Text | None = None
    ward: Text | None = None
    gln: Text | None = None
    """GS1 location number, 13 digits."""
    organisation: Text | None = None


class NewPlaceBody(PlaceBody):
    """A place to add; kind and code are given once."""

    id: Annotated[str, Field(pattern=ID_PATTERN)]
    kind: PlaceKind
    code: Text | None = None


class PlaceQuery(SortedPageQuery):
    """Which places are listed; sorted by `name`."""

    kind: PlaceKind | None = None
    organisation: Text | None = None
    province: Text | None = None


class PlaceDocument(Document):
    """A place."""

    id: str
    kind: str
    name: str
    code: str | None
    province: str | None
    ward: str | None
    gln: str | None
    organisation: str | None


class PlaceListDocument(SortedListDocument):
    """Places, by name."""

    places: list[PlaceDocument]


@routes.add("GET", "places", permissions=(Permission.REGISTRY_SEE,), errors=(InvalidInput,))
async def list_places(call: ApiCall, query: PlaceQuery) -> PlaceListDocument:
    """Search, filter and sort the places."""
    asked = query.to_request("kind", "organisation", "province")
    page = await find_list_page(call.context, PLACES, asked)
    return PlaceListDocument(
        places=[_describe(read_place(row)) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add(
    "POST",
    "places",
    permissions=_EDIT,
    status=201,
    errors=(InvalidInput, AlreadyExists, UnknownRow),
)
async def add_place(call: ApiCall, body: NewPlaceBody) -> PlaceDocument:
    """Add a place; the same content under the same id twice is one place."""
    added = await places.add_place(call.context, PlaceRow(**body.model_dump()))
    call.headers["Location"] = f"/api/v1/places/{added.id}"
    return _describe(added)


@routes.add("GET", "places/{place}", permissions=(Permission.REGISTRY_SEE,), errors=(UnknownRow,))
async def show_place(call: ApiCall, place: str) -> PlaceDocument:
    """Show a place; its ETag is what an edit names."""
    return _answer(call, (await places.get_place(call.context, place)).place)


@routes.add(
    "PUT",
    "places/{place}",
    permissions=_EDIT,
    has_version=True,
    errors=(InvalidInput, UnknownRow),
)
async def change_place(call: ApiCall, place: str, body: PlaceBody) -> PlaceDocument:
    """Give a place another name, ward, GLN or organisation."""
    change = PlaceChange(**body.model_dump())
    changed = await places.change_place(call.context, place, change, version=call.version)
    return _answer(call, changed)


def _answer(call: ApiCall, place: PlaceRow) -> PlaceDocument:
    call.headers["ETag"] = f'"{compute_version(place)}"'
    return _describe(place)


def _describe(place: PlaceRow) -> PlaceDocument:
    names = PlaceDocument.model_fields
    return PlaceDocument(**{name: getattr(place, name) for name in names})
