"""Evidence export: all that is known of a case, as a file that the issuer signs.

The file has the case with its scans, history and decisions, what happened to the stamp, what
consumers reported, what inspectors checked and found in the field, what the parties were asked and
answered, the lot, the weights of the reasons, the hashes of the photos, and the heads of both
chains at the time of the export.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from issuer.case_file import sign_case
from services.alerts.alerts import AlertCase, open_alert
from services.context import ServiceContext
from services.documents import describe_case, describe_transition
from services.documents.field import describe_field_history
from services.documents.hearings import describe_hearing_file
from services.paging import MAX_LIMIT
from services.permissions import Permission, require_permission
from stamps.timestamps import format_rfc3339

MOST_STAMPS: Final = MAX_LIMIT
"""Stamps of a campaign or batch that a file lists."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A signed case file."""

    name: str
    content: bytes


async def export_case(context: ServiceContext, alert_id: int) -> CaseFile:
    """Export a case; the audit log has the hash of the file and who took it.

    Raises `Forbidden`, `UnknownAlert`, `IssuerRequired`, `NoSigningKey`.
    """
    require_permission(context, Permission.ALERT_SEE)
    issuer = context.require_issuer()
    case = await open_alert(context, alert_id, limit=MOST_STAMPS)
    content = {
        **await _describe(context, case),
        "exported_at": format_rfc3339(context.clock()),
        "exported_by": context.actor.id,
    }
    file = CaseFile(
        f"veritem-case-{alert_id}.json", sign_case(content, issuer.signer, issuer.keys.ring.newest)
    )
    await record_export(context, alert_id, file.content)
    return file


async def record_export(context: ServiceContext, alert_id: int, content: bytes) -> None:
    """Record in the audit log who took a file of a case, and the hash of the file."""
    require_permission(context, Permission.ALERT_SEE)
    await context.ledger.audit.append(
        actor=context.actor.id,
        action="alert.export",
        subject=f"alerts:{alert_id}",
        details={"sha256": hashlib.sha256(content).hexdigest()},
    )


async def _describe(context: ServiceContext, case: AlertCase) -> dict[str, Any]:
    ledger, links = context.ledger, case.links
    heads = {
        "transitions": await ledger.transitions.get_head(),
        "audit": await ledger.audit.get_head(),
    }
    return {
        **describe_case(case).model_dump(mode="json"),
        "weights": [{"reason": one.reason, "nats": round(one.nats, 3)} for one in case.weights],
        "transitions": [
            {**describe_transition(one).model_dump(mode="json"), "hash": one.hash}
            for one in links.transitions
        ],
        "reports": [
            {"at": format_rfc3339(one.at or 0), "province": one.province, "text": one.text}
            for one in links.reports
        ],
        "lot": None if links.lot is None else dict(links.lot.document),
        "photos": [
            {"event": photo.event, "place": photo.place, "sha256": photo.sha256}
            for photo in await ledger.alert_handling.list_photos(case.alert.id)
        ],
        "hearings": [
            describe_hearing_file(one).model_dump(mode="json") for one in case.hearings.files
        ],
        "field": describe_field_history(links.field_history).model_dump(mode="json"),
        "heads": {chain: {"seq": seq, "hash": digest} for chain, (seq, digest) in heads.items()},
    }
