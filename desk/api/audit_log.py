"""`/api/v1/audit`: search of the audit log."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from desk.api.call import ApiCall
from desk.api.models import ListDocument, PageQuery
from desk.api.routing import ApiRoutes
from services.audit_log import AuditQuery, search_audit
from services.errors import InvalidInput
from services.permissions import Permission

routes = ApiRoutes("audit log")


class AuditListQuery(PageQuery):
    """Which entries are listed; empty: any."""

    person: str = ""
    act: str = ""
    """An act, `staff.disable`, or a family of acts, `staff.`."""
    subject: str = ""
    since: str = ""
    """The first day, 2026-11-27, in Vietnam's time."""
    until: str = ""
    """The last day."""


class AuditEntryDocument(BaseModel):
    """One entry of the audit log."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seq: int
    at: int
    """Milliseconds since the Unix epoch, UTC."""
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    hash: str


class AuditListDocument(ListDocument):
    """Entries, the newest first."""

    entries: list[AuditEntryDocument]


@routes.add("GET", "audit", permissions=(Permission.AUDIT_SEE,), errors=(InvalidInput,))
async def list_entries(call: ApiCall, query: AuditListQuery) -> AuditListDocument:
    """Search the audit log."""
    asked = AuditQuery(query.person, query.act, query.subject, query.since, query.until)
    page = await search_audit(call.context, asked, limit=query.limit, after=query.after)
    return AuditListDocument(
        entries=[
            AuditEntryDocument(
                seq=entry.seq,
                at=entry.at,
                actor=entry.actor,
                action=entry.action,
                subject=entry.subject,
                details=dict(entry.details),
                hash=entry.hash,
            )
            for entry in page.items
        ],
        next=page.next,
    )
