"""Exports of lists as files: the same rows as on the page, as CSV or XLSX.

Two are written at a time in one process, so that pages and other requests stay quick.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from aiohttp import web

from desk.pages.list_cells import Value, export_cell
from desk.pages.list_files import CSV_TYPE, XLSX_TYPE, XlsxFile, encode_csv
from desk.pages.lists import label_column
from desk.runtime import DeskRuntime
from desk.texts import TEXTS
from services.context import ServiceContext
from services.lists.description import ListDescription, ListRequest
from services.lists.export import MOST_EXPORTED, iterate_export
from stamps.vietnam_time import VIETNAM_TIME
from web.csv_cells import BOM
from web.errors import ServiceBusy
from web.i18n import Language, Texts, format_number

ExportForm = Literal["csv", "xlsx"]
EXPORT_FORMS: Final[tuple[ExportForm, ...]] = get_args(ExportForm)

_RETRY_SECONDS: Final = 20
_CHUNK: Final = 65_536
_Rows = Sequence[Sequence[Value]]


@dataclass(frozen=True, slots=True)
class ListExport:
    """An export that somebody asked for."""

    http: web.Request
    runtime: DeskRuntime
    context: ServiceContext
    description: ListDescription
    request: ListRequest
    language: Language

    async def send(self, form: ExportForm) -> web.StreamResponse:
        """Answer with the file. Raises `ServiceBusy`, and as `iterate_export` does."""
        turns = self.runtime.exports
        if turns.locked():
            raise ServiceBusy(seconds=_RETRY_SECONDS)
        async with turns:
            return await (self._send_csv() if form == "csv" else self._send_xlsx())

    async def _send_csv(self) -> web.StreamResponse:
        parts = self._iterate_rows()
        first = await anext(parts)  # a refusal is answered before the first byte of the file
        response = web.StreamResponse(headers=self._headers(CSV_TYPE, "csv"))
        await response.prepare(self.http)
        await response.write(BOM.encode() + encode_csv([self._label_columns()]))
        await response.write(encode_csv(first))
        async for rows in parts:
            await response.write(encode_csv(rows))
        await response.write_eof()
        return response

    async def _send_xlsx(self) -> web.StreamResponse:
        parts = self._iterate_rows()
        first = await anext(parts)
        with tempfile.TemporaryFile() as file:
            title = self._texts(f"{self.description.name}.title")
            book = XlsxFile(file, title, self._label_columns())
            await asyncio.to_thread(book.append, first)
            async for rows in parts:
                await asyncio.to_thread(book.append, rows)
            await asyncio.to_thread(book.close)
            headers = self._headers(XLSX_TYPE, "xlsx")
            headers["Content-Length"] = str(file.seek(0, 2))
            file.seek(0)
            response = web.StreamResponse(headers=headers)
            await response.prepare(self.http)
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                await response.write(chunk)
            await response.write_eof()
            return response

    @property
    def _texts(self) -> Texts:
        return TEXTS[self.language]

    def _list_exported(self) -> list[int]:
        return [at for at, one in enumerate(self.description.columns) if one.kind != "bar"]

    def _label_columns(self) -> list[str]:
        names = [self.description.columns[at].name for at in self._list_exported()]
        return [label_column(self._texts, self.description, name) for name in names]

    async def _iterate_rows(self) -> AsyncIterator[_Rows]:
        """The cells of each part; the last row says so when more rows match."""
        texts = self._texts
        columns = [self.description.columns[at] for at in self._list_exported()]
        async for part in iterate_export(self.context, self.description, self.request):
            rows: list[list[Value]] = [
                [export_cell(row, column, part.names, texts) for column in columns]
                for row in part.rows
            ]
            if part.is_cut:
                rows.append([texts("list.cut", count=format_number(MOST_EXPORTED, self.language))])
            yield rows

    def _headers(self, media: str, ending: str) -> dict[str, str]:
        moment = datetime.fromtimestamp(self.context.clock() / 1000, VIETNAM_TIME)
        name = f"veritem-{self.description.name}-{moment.date()}.{ending}"
        return {
            "Content-Type": media,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
