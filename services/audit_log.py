"""The audit log: who did what, to what, when."""

from dataclasses import dataclass

from ledger.audit.audit import AuditEntry
from ledger.lists.records import read_audit_entry
from services.context import ServiceContext
from services.lists.administration import AUDIT
from services.lists.description import ListRequest
from services.lists.find import find_list_page
from services.paging import DEFAULT_LIMIT, Page
from services.permissions import Permission, require_permission


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Filters of the audit log; empty: any. Days are in Vietnam's time, both included."""

    person: str = ""
    """An account, or the name that acted."""
    act: str = ""
    """`staff.disable`, or a family of acts: `staff.`"""
    subject: str = ""
    """`staff:mai`, `organisation:krong-pac`."""
    since: str = ""
    until: str = ""


async def search_audit(
    context: ServiceContext,
    query: AuditQuery,
    *,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[AuditEntry]:
    """The entries that match, the newest first. Raises `Forbidden`, `InvalidInput`."""
    asked = {"actor": query.person, "action": query.act, "subject": query.subject}
    request = ListRequest(
        filters={name: (text,) for name, text in asked.items() if text},
        since=query.since,
        until=query.until,
        after=after,
        limit=limit,
    )
    page = await find_list_page(context, AUDIT, request)
    return Page([read_audit_entry(row) for row in page.rows], page.next)


async def get_entry(context: ServiceContext, seq: int) -> AuditEntry:
    """One entry by its number. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.AUDIT_SEE)
    return await context.ledger.audit.get(seq)
