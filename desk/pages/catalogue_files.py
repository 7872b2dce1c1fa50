"""Catalogues as files: CSV and XLSX, for pages and the API."""

from typing import Final

from aiohttp import web

from desk.pages.figure_files import send_table
from desk.texts import find_labels
from services.catalogues.catalogues import get_catalogue
from services.context import ServiceContext
from services.errors import InvalidInput

FORMS: Final = ("csv", "xlsx")


async def send_catalogue(context: ServiceContext, name: str, form: str) -> web.Response:
    """Answer with all entries as a file. Raises `UnknownCatalogue`, `InvalidInput`."""
    if form not in FORMS:
        raise InvalidInput(field="form", why=f"must be one of {', '.join(FORMS)}")
    found = await get_catalogue(context, name, find_labels)
    rows = [[row[column] for column in found.columns] for row in found.rows]
    file = f"{name}-{found.version.version}"
    return await send_table(form, file, name, found.columns, rows, context.clock())
