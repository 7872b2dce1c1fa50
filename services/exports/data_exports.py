"""The export of all data of an organisation, as its people ask for it and take it.

Only people of the organisation ask, see and download; what another organisation owns is never in
it. Each request and each download is in the audit log.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from ledger.exports.data_exports import DataExport
from services.context import ServiceContext
from services.errors import ExportNotReady, InvalidInput
from services.exports.export_files import locate_archive
from services.paging import Page, PageRequest
from services.permissions import Permission, require_permission


async def ask_data_export(context: ServiceContext, key: str) -> DataExport:
    """Ask for an export of all data of the actor's organisation; the same key is the same export.

    Raises `Forbidden`, `InvalidInput` for an actor of no organisation, `KeyRequired`,
    `ExportUnderWay`.
    """
    organisation = _require_organisation(context)
    name = hashlib.sha256(f"veritem export\0{context.scope_key(key)}".encode()).hexdigest()[:24]
    return await context.ledger.data_exports.ask(name, organisation, actor=context.actor.id)


async def list_data_exports(context: ServiceContext, request: PageRequest) -> Page[DataExport]:
    """The exports of the actor's organisation, the newest first. Raises `Forbidden`."""
    organisation = _require_organisation(context)
    rows: Sequence[DataExport] = await context.ledger.data_exports.find_page(
        organisation, after=request.key(int, str), limit=request.limit + 1
    )
    return request.make_page(rows, lambda one: (one.asked_at, one.id))


async def get_data_export(context: ServiceContext, id_: str) -> DataExport:
    """An export of the actor's organisation. Raises `Forbidden`, `UnknownRow`."""
    return await context.ledger.data_exports.get(_require_organisation(context), id_)


async def open_data_export(context: ServiceContext, id_: str, folder: Path) -> Path:
    """The file of a finished export, noted in the audit log before it is sent.

    Raises `Forbidden`, `UnknownRow`, `ExportNotReady`.
    """
    found = await get_data_export(context, id_)
    path = locate_archive(folder, found.id)
    if found.state != "ready" or not path.is_file():
        raise ExportNotReady(export=id_, state=found.state)
    await context.ledger.audit.append(
        actor=context.actor.id,
        action="data_export.download",
        subject=f"organisation:{found.organisation}",
        details={"export": found.id},
    )
    return path


def _require_organisation(context: ServiceContext) -> str:
    require_permission(context, Permission.DATA_EXPORT)
    if context.actor.organisation is None:
        raise InvalidInput(field="organisation", why="you are of no organisation")
    return context.actor.organisation
