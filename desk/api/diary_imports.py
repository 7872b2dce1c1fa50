"""`/api/v1/diary-imports`: files of entries, shown before they are recorded."""

from typing import Annotated

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.registered_codes import SHEET, FileQuery
from desk.api.routing import ApiRoutes
from ledger.codes.code_errors import ImportOutdated
from ledger.errors import UnknownRow
from services.diary import imports
from services.documents.diary import EntryImportDocument, describe_entry_import
from services.errors import ImportRefused, InvalidInput
from services.permissions import Permission
from traceability.diary.entries import MalformedEntry
from web.spreadsheets import LARGEST_FILE, SheetTooLarge
from web.tables import MalformedTable
from web.text_files import UnreadableText

routes = ApiRoutes("diary")

_RECORD = (Permission.EVENT_RECORD,)


class EntryFileQuery(FileQuery):
    """The kind of the entries of a file, and its name."""

    kind: Annotated[str, Field(max_length=40, examples=["input"])] = "harvest"


@routes.add(
    "POST",
    "diary-imports",
    permissions=_RECORD,
    status=201,
    media=("text/csv", SHEET),
    errors=(InvalidInput, UnreadableText, SheetTooLarge, MalformedTable),
    limit=LARGEST_FILE,
)
async def preview_import(call: ApiCall, body: bytes, query: EntryFileQuery) -> EntryImportDocument:
    """Read a file of entries of a kind and record none; what it would record is kept for a day."""
    shown = await imports.preview_import(call.context, query.kind, body, query.file_name)
    return describe_entry_import(shown)


@routes.add("GET", "diary-imports/{import_id}", permissions=_RECORD, errors=(UnknownRow,))
async def show_import(call: ApiCall, import_id: str) -> EntryImportDocument:
    """Show what an import would record."""
    return describe_entry_import(await imports.get_import(call.context, import_id))


@routes.add(
    "POST",
    "diary-imports/{import_id}/application",
    permissions=_RECORD,
    errors=(UnknownRow, ImportRefused, ImportOutdated, MalformedEntry),
)
async def apply_import(call: ApiCall, import_id: str) -> EntryImportDocument:
    """Record exactly the entries that were shown; again changes nothing."""
    return describe_entry_import(await imports.apply_import(call.context, import_id))
