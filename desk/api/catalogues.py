"""`/api/v1/catalogues`: shared code lists with their versions, as JSON, CSV, XLSX and DCAT."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import ListDocument, PageQuery
from desk.api.routing import ApiRoutes
from desk.pages.catalogue_files import send_catalogue
from desk.responses import json_response
from desk.texts import find_labels
from services.catalogues.catalogues import get_catalogue, list_catalogues
from services.catalogues.metadata import MEDIA_TYPE, describe_as_dcat
from services.documents.catalogues import (
    CatalogueDocument,
    CatalogueRowDocument,
    describe_catalogue,
    describe_row,
)
from services.documents.models import Document
from services.errors import InvalidInput, UnknownCatalogue
from services.lists.description import MAX_SEARCH_LENGTH

routes = ApiRoutes("catalogues")


class CatalogueListDocument(Document):
    """All catalogues."""

    catalogues: list[CatalogueDocument]


class CatalogueQuery(PageQuery):
    """Which entries are listed, in the order of the catalogue."""

    q: Annotated[str, Field(max_length=MAX_SEARCH_LENGTH)] = ""
    """A text that the entries have in one of their columns."""


class CatalogueRowListDocument(ListDocument):
    """Entries of a catalogue, with the version that they are of."""

    catalogue: CatalogueDocument
    rows: list[CatalogueRowDocument]


@routes.add("GET", "catalogues")
async def list_code_lists(call: ApiCall) -> CatalogueListDocument:
    """List the catalogues of shared codes."""
    found = await list_catalogues(call.context, find_labels)
    return CatalogueListDocument(catalogues=[describe_catalogue(one) for one in found])


@routes.add("GET", "catalogue-metadata", answers={200: MEDIA_TYPE})
async def show_metadata(call: ApiCall) -> web.StreamResponse:
    """Describe the catalogues as DCAT 3, in JSON-LD."""
    found = await list_catalogues(call.context, find_labels)
    base = f"{call.runtime.dependencies.settings.public_url}/api/v1/catalogues"
    return json_response(describe_as_dcat(found, base), content_type=MEDIA_TYPE)


@routes.add("GET", "catalogues/{catalogue}", errors=(UnknownCatalogue, InvalidInput))
async def show_code_list(
    call: ApiCall, catalogue: str, query: CatalogueQuery
) -> CatalogueRowListDocument:
    """List the entries of a catalogue; its ETag changes with them."""
    found = await get_catalogue(call.context, catalogue, find_labels)
    page = found.find_page(query.q, after=query.after, limit=query.limit)
    return CatalogueRowListDocument(
        catalogue=describe_catalogue(found),
        rows=[describe_row(row) for row in page.items],
        next=page.next,
    )


@routes.add(
    "GET",
    "catalogues/{catalogue}/files/{form}",
    answers={200: "text/csv"},
    errors=(UnknownCatalogue, InvalidInput),
)
async def download_code_list(call: ApiCall, catalogue: str, form: str) -> web.StreamResponse:
    """Download a catalogue as `csv` or `xlsx`."""
    return await send_catalogue(call.context, catalogue, form)
