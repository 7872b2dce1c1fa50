"""Downloads of lists: what a list's page shows, as CSV or XLSX."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.list_cells import Value, export_cell
from desk.pages.list_files import BOM, CSV_TYPE, XLSX_TYPE, XlsxFile, encode_csv
from desk.pages.lists import label_column, read_request
from desk.pages.routing import PageRoutes
from services.lists.catalogue import LISTS
from services.lists.description import ListDescription
from services.lists.export import MOST_EXPORTED, iterate_export
from web.errors import ServiceBusy
from web.i18n import VIETNAM_TIME, format_number

routes = PageRoutes()

_RETRY_SECONDS: Final = 20
_CHUNK: Final = 65_536
Rows = Sequence[Sequence[Value]]
Writer = Callable[[PageCall, ListDescription], Awaitable[web.StreamResponse]]


async def _write_csv(call: PageCall, description: ListDescription) -> web.StreamResponse:
    parts = _iterate_rows(call, description)
    first = await anext(parts)  # a refusal is a page, before the first byte of the file
    response = web.StreamResponse(headers=_headers(call, description, CSV_TYPE, "csv"))
    await response.prepare(call.request)
    await response.write(BOM.encode() + encode_csv([_label_columns(call, description)]))
    await response.write(encode_csv(first))
    async for rows in parts:
        await response.write(encode_csv(rows))
    await response.write_eof()
    return response


async def _write_xlsx(call: PageCall, description: ListDescription) -> web.StreamResponse:
    parts = _iterate_rows(call, description)
    first = await anext(parts)
    with tempfile.TemporaryFile() as file:
        title = call.texts(f"{description.name}.title")
        book = XlsxFile(file, title, _label_columns(call, description))
        await asyncio.to_thread(book.append, first)
        async for rows in parts:
            await asyncio.to_thread(book.append, rows)
        await asyncio.to_thread(book.close)
        headers = _headers(call, description, XLSX_TYPE, "xlsx")
        headers["Content-Length"] = str(file.seek(0, 2))
        file.seek(0)
        response = web.StreamResponse(headers=headers)
        await response.prepare(call.request)
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            await response.write(chunk)
        await response.write_eof()
        return response


def _add_route(description: ListDescription, form: str, write: Writer) -> None:
    @routes.add("GET", f"/export/{description.name}/{form}", permissions=description.permissions)
    async def export_list(call: PageCall) -> web.StreamResponse:
        """Download a list; two at a time, so that pages stay quick."""
        turns = call.runtime.exports
        if turns.locked():
            raise ServiceBusy(seconds=_RETRY_SECONDS)
        async with turns:
            return await write(call, description)


for _description in LISTS.values():
    _add_route(_description, "csv", _write_csv)
    _add_route(_description, "xlsx", _write_xlsx)


def _list_exported(description: ListDescription) -> list[int]:
    return [at for at, column in enumerate(description.columns) if column.kind != "bar"]


def _label_columns(call: PageCall, description: ListDescription) -> list[str]:
    names = [description.columns[at].name for at in _list_exported(description)]
    return [label_column(call, description, name) for name in names]


async def _iterate_rows(call: PageCall, description: ListDescription) -> AsyncIterator[Rows]:
    """The cells of each part; the last row says so when more rows match."""
    texts = call.texts
    columns = [description.columns[at] for at in _list_exported(description)]
    request = read_request(call, description)
    async for part in iterate_export(call.context, description, request):
        rows: list[list[Value]] = [
            [export_cell(row, column, part.names, texts) for column in columns] for row in part.rows
        ]
        if part.is_cut:
            rows.append([texts("list.cut", count=format_number(MOST_EXPORTED, call.language))])
        yield rows


def _headers(
    call: PageCall, description: ListDescription, media: str, ending: str
) -> dict[str, str]:
    day = datetime.fromtimestamp(call.runtime.dependencies.clock() / 1000, VIETNAM_TIME).date()
    return {
        "Content-Type": media,
        "Content-Disposition": f'attachment; filename="veritem-{description.name}-{day}.{ending}"',
        "Cache-Control": "no-store",
    }
