"""`/api/v1/audit`: the audit log."""

from desk.api.call import ApiCall
from desk.api.models import SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from ledger.errors import UnknownRow
from ledger.lists.records import read_audit_entry
from services.audit_log import get_entry
from services.documents.administration import AuditEntryDocument, describe_audit_entry
from services.errors import InvalidInput
from services.lists.administration import AUDIT
from services.lists.find import find_list_page
from services.permissions import Permission

routes = ApiRoutes("audit log")


class AuditListQuery(SortedPageQuery):
    """Which entries are listed; sorted by `-seq`."""

    family: Text | None = None
    """A family of acts: `staff`."""
    actor: Text | None = None
    action: Text | None = None
    """An act: `staff.disable`."""
    subject: Text | None = None
    """Subject: `staff:mai`."""


class AuditListDocument(SortedListDocument):
    """Entries, the newest first."""

    entries: list[AuditEntryDocument]


@routes.add("GET", "audit", permissions=(Permission.AUDIT_SEE,), errors=(InvalidInput,))
async def list_entries(call: ApiCall, query: AuditListQuery) -> AuditListDocument:
    """Search and filter the audit log."""
    asked = query.to_request("family", "actor", "action", "subject")
    page = await find_list_page(call.context, AUDIT, asked)
    return AuditListDocument(
        entries=[describe_audit_entry(read_audit_entry(row)) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add("GET", "audit/{seq}", permissions=(Permission.AUDIT_SEE,), errors=(UnknownRow,))
async def show_entry(call: ApiCall, seq: int) -> AuditEntryDocument:
    """Show an entry of the audit log."""
    return describe_audit_entry(await get_entry(call.context, seq))
