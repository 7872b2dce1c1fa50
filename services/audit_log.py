"""Search of the audit log: who did what, to what, when."""

from dataclasses import dataclass

from ledger.audit import AuditEntry, AuditFilter
from services.context import ServiceContext
from services.lists.find import parse_day
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What is searched for; empty: anything. Days are in Vietnam's time, both included."""

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
    require_permission(context, Permission.AUDIT_SEE)
    request = PageRequest(limit, after)
    key = request.key(int)
    wanted = AuditFilter(
        actor=query.person or None,
        action=query.act or None,
        subject=query.subject or None,
        since=parse_day("since", query.since) if query.since else None,
        until=parse_day("until", query.until, days=1) if query.until else None,
    )
    rows = await context.ledger.audit.find_page(
        wanted, before=None if key is None else int(key[0]), limit=limit + 1
    )
    return request.make_page(rows, lambda entry: (entry.seq,))
