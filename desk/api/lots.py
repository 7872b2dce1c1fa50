"""`/api/v1/lots`: the produce that stamps vouch for."""

from typing import Any

from aiohttp import web
from pydantic import RootModel

from desk.api.call import ApiCall
from desk.api.models import ListDocument, PageQuery
from desk.api.responses import json_response
from desk.api.routing import ApiRoutes
from ledger.errors import LotIncomplete, UnknownLot
from services import lots
from services.documents import LotDocument, describe_lot
from services.errors import InvalidInput
from services.permissions import Permission
from traceability.document_fields import MalformedLot

routes = ApiRoutes("lots")


class LotBody(RootModel[dict[str, Any]]):
    """A lot as docs/lot.md describes it."""


class LotListDocument(ListDocument):
    """Lots, newest first."""

    lots: list[LotDocument]


@routes.add(
    "PUT",
    "lots/{lot}",
    permissions=(Permission.LOT_PUT,),
    answers={200: LotDocument, 201: LotDocument},
    errors=(InvalidInput, MalformedLot, UnknownLot, LotIncomplete),
)
async def put_lot(call: ApiCall, lot: str, body: LotBody) -> web.StreamResponse:
    """Store a lot, complete or with items missing; 201 for its first version."""
    row = await lots.put_lot(call.context, body.root, lot)
    return json_response(describe_lot(row), 201 if row.version == 1 else 200)


@routes.add("GET", "lots", permissions=(Permission.LOT_SEE,))
async def list_lots(call: ApiCall, query: PageQuery) -> LotListDocument:
    """List the lots in the caller's scope."""
    page = await lots.list_lots(call.context, limit=query.limit, after=query.after)
    return LotListDocument(lots=[describe_lot(row) for row in page.items], next=page.next)


@routes.add("GET", "lots/{lot}", permissions=(Permission.LOT_SEE,), errors=(UnknownLot,))
async def show_lot(call: ApiCall, lot: str) -> LotDocument:
    """Show a lot."""
    return describe_lot(await lots.get_lot(call.context, lot))
