"""`/api/v1/data-exports`: all data of the own organisation as one archive."""

from aiohttp import web

from desk.api.call import ApiCall
from desk.api.models import ListDocument, PageQuery
from desk.api.routing import ApiRoutes
from desk.pages.data_exports import send_archive
from ledger.errors import ExportUnderWay, UnknownRow
from ledger.exports.data_exports import DataExport, DataExportState
from ledger.exports.own_rows import OWN_PARTS
from services.documents.models import Document
from services.errors import ExportNotReady, InvalidInput, KeyRequired
from services.exports import data_exports
from services.paging import PageRequest
from services.permissions import Permission
from stamps.timestamps import format_rfc3339

routes = ApiRoutes("data exports")

_OWN = (Permission.DATA_EXPORT,)


class DataExportDocument(Document):
    """An export of all data of an organisation, and how far it is written."""

    id: str
    state: DataExportState
    asked_by: str
    asked_at: str
    tables: int
    tables_done: int
    rows_done: int
    size: int | None
    sha256: str | None
    """Of the archive."""
    expires_at: str | None


class DataExportListDocument(ListDocument):
    """Exports, the newest first."""

    exports: list[DataExportDocument]


@routes.add(
    "POST",
    "data-exports",
    permissions=_OWN,
    status=202,
    has_key=True,
    errors=(InvalidInput, KeyRequired, ExportUnderWay),
)
async def ask_data_export(call: ApiCall) -> DataExportDocument:
    """Ask for all data of the caller's organisation; it is written in the background."""
    asked = await data_exports.ask_data_export(call.context, call.key)
    call.runtime.data_exports.wake()
    return _describe(asked)


@routes.add("GET", "data-exports", permissions=_OWN, errors=(InvalidInput,))
async def list_data_exports(call: ApiCall, query: PageQuery) -> DataExportListDocument:
    """List the exports of the caller's organisation."""
    request = PageRequest(query.limit, query.after)
    page = await data_exports.list_data_exports(call.context, request)
    return DataExportListDocument(exports=[_describe(one) for one in page.items], next=page.next)


@routes.add("GET", "data-exports/{export}", permissions=_OWN, errors=(InvalidInput, UnknownRow))
async def show_data_export(call: ApiCall, export: str) -> DataExportDocument:
    """Show an export and how far it is written."""
    return _describe(await data_exports.get_data_export(call.context, export))


@routes.add(
    "GET",
    "data-exports/{export}/file",
    permissions=_OWN,
    answers={200: "application/zip"},
    errors=(InvalidInput, UnknownRow, ExportNotReady),
)
async def download_data_export(call: ApiCall, export: str) -> web.StreamResponse:
    """Download the archive; `Range` resumes."""
    folder = call.runtime.data_exports.folder
    return send_archive(await data_exports.open_data_export(call.context, export, folder))


def _describe(export: DataExport) -> DataExportDocument:
    expires = export.expires_at
    return DataExportDocument(
        id=export.id,
        state=export.state,
        asked_by=export.actor,
        asked_at=format_rfc3339(export.asked_at),
        tables=len(OWN_PARTS),
        tables_done=export.parts_done,
        rows_done=export.rows_done,
        size=export.size,
        sha256=export.file_sha256,
        expires_at=None if expires is None else format_rfc3339(expires),
    )
