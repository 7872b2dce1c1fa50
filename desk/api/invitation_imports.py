"""`/api/v1/actor-invitation-imports`: files of people to invite, shown before they are invited."""

from aiohttp import web

from desk.api.actors import InvitationSheetQuery
from desk.api.call import ApiCall
from desk.api.registered_codes import SHEET, FileQuery
from desk.api.routing import ApiRoutes
from desk.pages.invitation_sheet import MEDIA_TYPE, print_sheets
from desk.texts import TEXTS
from ledger.codes.code_errors import ImportOutdated
from ledger.errors import TooManyInvitations, UnknownRow
from ledger.staff_errors import UnknownInvitation
from services.documents.actors import InvitationImportDocument, describe_invitation_import
from services.errors import ImportRefused, InvalidInput
from services.organisations import invitation_imports
from services.organisations.actor_invitations import name_inviter
from services.permissions import Permission
from web.security_headers import NO_STORE, SANDBOX
from web.spreadsheets import LARGEST_FILE, SheetTooLarge
from web.tables import MalformedTable
from web.text_files import UnreadableText

routes = ApiRoutes("actor invitations")

_INVITE = (Permission.ACTOR_INVITE,)


@routes.add(
    "POST",
    "actor-invitation-imports",
    permissions=_INVITE,
    status=201,
    media=("text/csv", SHEET),
    errors=(InvalidInput, UnreadableText, SheetTooLarge, MalformedTable, TooManyInvitations),
    limit=LARGEST_FILE,
)
async def preview_import(call: ApiCall, body: bytes, query: FileQuery) -> InvitationImportDocument:
    """Read a file of people to invite and invite nobody; what it would do is kept for a day."""
    shown = await invitation_imports.preview_import(call.context, body, query.file_name)
    return describe_invitation_import(shown)


@routes.add(
    "GET", "actor-invitation-imports/{import_id}", permissions=_INVITE, errors=(UnknownRow,)
)
async def show_import(call: ApiCall, import_id: str) -> InvitationImportDocument:
    """Show whom an import would invite."""
    return describe_invitation_import(await invitation_imports.get_import(call.context, import_id))


@routes.add(
    "POST",
    "actor-invitation-imports/{import_id}/application",
    permissions=_INVITE,
    errors=(UnknownRow, ImportRefused, ImportOutdated, TooManyInvitations),
)
async def apply_import(call: ApiCall, import_id: str) -> InvitationImportDocument:
    """Invite exactly those who were shown; again changes nothing."""
    return describe_invitation_import(
        await invitation_imports.apply_import(call.context, import_id)
    )


@routes.add(
    "GET",
    "actor-invitation-imports/{import_id}/sheets",
    permissions=_INVITE,
    errors=(UnknownRow, UnknownInvitation),
    answers={200: MEDIA_TYPE},
)
async def print_invitations(
    call: ApiCall, import_id: str, query: InvitationSheetQuery
) -> web.StreamResponse:
    """Take the sheets of all open invitations of an import as one PDF, a page each."""
    every = await invitation_imports.list_invited(call.context, import_id)
    inviter = await name_inviter(call.context, every[0].invitation) if every else ""
    url = call.runtime.dependencies.settings.public_url
    content = await print_sheets(every, inviter, url, TEXTS[query.language])
    return web.Response(body=content, content_type=MEDIA_TYPE, headers={**SANDBOX, **NO_STORE})
