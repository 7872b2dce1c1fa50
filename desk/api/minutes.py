"""`/api/v1/alerts/{alert}/minutes`: the minutes of an inspection, filled from a case."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import Body
from desk.api.routing import ApiRoutes
from ledger.case_minutes import MinutesVersion
from ledger.errors import RowChanged, UnknownAlert
from services import case_minutes
from services.documents.models import Document, Timestamp
from services.errors import InvalidInput
from services.permissions import Permission
from stamps.timestamps import format_rfc3339

routes = ApiRoutes("alerts")


class MinutesBody(Body):
    """Text of the minutes by field; `base` is the version that was read, 0 for none."""

    base: Annotated[int, Field(ge=0, le=1_000_000)]
    fields: dict[str, str]


class MinutesDocument(Document):
    """Minutes of a case: the last version, or a draft from the case (`version` 0)."""

    version: int
    fields: dict[str, str]
    evidence: dict[str, Any] | None
    sha256: str | None
    """Of the canonical JSON of fields and evidence."""
    saved_by: str | None
    saved_at: Timestamp | None


@routes.add(
    "GET", "alerts/{alert}/minutes", permissions=(Permission.ALERT_SEE,), errors=(UnknownAlert,)
)
async def show_minutes(call: ApiCall, alert: int) -> MinutesDocument:
    """Show the minutes of a case, in Vietnamese."""
    minutes = await case_minutes.draft_minutes(call.context, alert)
    return _describe_minutes(minutes.fields, minutes.last)


@routes.add(
    "POST",
    "alerts/{alert}/minutes",
    permissions=(Permission.ALERT_DECIDE,),
    errors=(UnknownAlert, InvalidInput, RowChanged),
)
async def save_minutes(call: ApiCall, alert: int, body: MinutesBody) -> MinutesDocument:
    """Save the minutes of a case as a version. The same fields again change nothing."""
    saved = await case_minutes.save_minutes(call.context, alert, body.fields, body.base)
    return _describe_minutes(saved.fields, saved)


def _describe_minutes(fields: Mapping[str, str], last: MinutesVersion | None) -> MinutesDocument:
    return MinutesDocument(
        version=0 if last is None else last.version,
        fields=dict(fields),
        evidence=None if last is None else dict(last.evidence),
        sha256=None if last is None else last.sha256,
        saved_by=None if last is None else last.actor,
        saved_at=None if last is None else format_rfc3339(last.at),
    )
