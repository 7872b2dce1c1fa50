"""`/api/v1/lot-imports`: files of new lots, shown before they are saved."""

from desk.api.call import ApiCall
from desk.api.registered_codes import SHEET, FileQuery
from desk.api.routing import ApiRoutes
from ledger.codes.code_errors import CODE_REFUSALS, ImportOutdated
from ledger.errors import UnknownRow
from services.documents import LotImportDocument, describe_lot_import
from services.errors import ImportRefused, InvalidInput
from services.lots import lot_imports
from services.permissions import Permission
from web.spreadsheets import LARGEST_FILE, SheetTooLarge
from web.tables import MalformedTable
from web.text_files import UnreadableText

routes = ApiRoutes("lots")

_PUT = (Permission.LOT_PUT,)


@routes.add(
    "POST",
    "lot-imports",
    permissions=_PUT,
    status=201,
    media=("text/csv", SHEET),
    errors=(InvalidInput, UnreadableText, SheetTooLarge, MalformedTable),
    limit=LARGEST_FILE,
)
async def preview_import(call: ApiCall, body: bytes, query: FileQuery) -> LotImportDocument:
    """Read a file of new lots and save none; what it would save is kept for a day."""
    shown = await lot_imports.preview_import(call.context, body, query.file_name)
    return describe_lot_import(shown)


@routes.add("GET", "lot-imports/{import_id}", permissions=_PUT, errors=(UnknownRow,))
async def show_import(call: ApiCall, import_id: str) -> LotImportDocument:
    """Show what an import would save."""
    return describe_lot_import(await lot_imports.get_import(call.context, import_id))


@routes.add(
    "POST",
    "lot-imports/{import_id}/application",
    permissions=_PUT,
    errors=(UnknownRow, ImportRefused, ImportOutdated, *CODE_REFUSALS),
)
async def apply_import(call: ApiCall, import_id: str) -> LotImportDocument:
    """Save exactly the lots that were shown; again changes nothing."""
    return describe_lot_import(await lot_imports.apply_import(call.context, import_id))
