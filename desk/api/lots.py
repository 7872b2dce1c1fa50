"""`/api/v1/lots`: the produce that stamps vouch for."""

from typing import Final

import orjson
from aiohttp import web

from desk import documents, reply, scope, work
from desk.call import Call
from desk.errors import MalformedBody
from desk.roles import Permission
from desk.routes import Route


async def put(call: Call) -> web.StreamResponse:
    """Keep a lot, whole or with items `missing`; 201 for its first version."""
    try:
        document = orjson.loads(await call.body())
    except orjson.JSONDecodeError:
        raise MalformedBody(field="body", why="is not JSON") from None
    row = await work.put_lot(call, call.text("lot"), document)
    return reply.document(documents.lot(row), 201 if row.version == 1 else 200)


async def show(call: Call) -> web.StreamResponse:
    """One lot."""
    row = await scope.lot_for(call.ledger, call.staff, call.text("lot"))
    return reply.document(documents.lot(row))


async def listed(call: Call) -> web.StreamResponse:
    """The lots that are the caller's business."""
    rows = await scope.lots_for(call.ledger, call.staff)
    return reply.document({"lots": [documents.lot(row) for row in rows]})


_SEE: Final = (Permission.LOT_SEE,)

ROUTES: Final = (
    Route(
        *("PUT", "/api/v1/lots/{lot}", put, "Keep a lot", (Permission.LOT_PUT,)),
        answers={200: "Lot", 201: "Lot"},
        body="LotDocument",
        refusals=("malformed-body", "malformed-lot", "unknown-lot", "lot-incomplete"),
    ),
    Route(
        *("GET", "/api/v1/lots", listed, "List lots", _SEE),
        answers={200: "Lots"},
    ),
    Route(
        *("GET", "/api/v1/lots/{lot}", show, "Show a lot", _SEE),
        answers={200: "Lot"},
        refusals=("unknown-lot",),
    ),
)
