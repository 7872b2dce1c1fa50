"""`/api/v1/alerts/{alert}/minutes`: the minutes of an inspection, filled from a case."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import Body
from desk.api.routing import ApiRoutes
from desk.pages.minutes_document import print_minutes
from ledger.errors import RowChanged, UnknownAlert, UnknownRow
from services.alerts import case_minutes
from services.documents.minutes import MinutesDocument, describe_minutes
from services.errors import InvalidInput
from services.permissions import Permission
from web.security_headers import NO_STORE, SANDBOX

routes = ApiRoutes("alerts")


class MinutesBody(Body):
    """Text of the minutes by field; `base` is the version that was read, 0 for none."""

    base: Annotated[int, Field(ge=0, le=1_000_000)]
    fields: dict[str, str]


@routes.add(
    "GET", "alerts/{alert}/minutes", permissions=(Permission.ALERT_SEE,), errors=(UnknownAlert,)
)
async def show_minutes(call: ApiCall, alert: int) -> MinutesDocument:
    """Show the minutes of a case, in Vietnamese."""
    minutes = await case_minutes.draft_minutes(call.context, alert)
    return describe_minutes(minutes.fields, minutes.last)


@routes.add(
    "POST",
    "alerts/{alert}/minutes",
    permissions=(Permission.ALERT_DECIDE,),
    errors=(UnknownAlert, InvalidInput, RowChanged),
)
async def save_minutes(call: ApiCall, alert: int, body: MinutesBody) -> MinutesDocument:
    """Save the minutes of a case as a version. The same fields again change nothing."""
    saved = await case_minutes.save_minutes(call.context, alert, body.fields, body.base)
    return describe_minutes(saved.fields, saved)


@routes.add(
    "GET",
    "alerts/{alert}/minutes/{version}",
    permissions=(Permission.ALERT_SEE,),
    errors=(UnknownRow,),
    answers={200: "application/pdf"},
)
async def take_minutes(call: ApiCall, alert: int, version: int) -> web.StreamResponse:
    """Take a version of the minutes as a PDF to sign; the audit log has its hash."""
    content = await print_minutes(call.context, alert, version)
    return web.Response(
        body=content, content_type="application/pdf", headers={**SANDBOX, **NO_STORE}
    )
