"""`/api/v1/moves`: activate, void, suspend, release, recall."""

from typing import Final

from aiohttp import web

from desk import documents, reply, work
from desk.call import Call
from desk.roles import MOVES
from desk.routes import Route
from stamps.lifecycle import Move


async def move(call: Call) -> web.StreamResponse:
    """Move stamps, all or none; the same key twice answers the first result again."""
    body = await call.json()
    asked = work.Asked(
        move=Move(body.choice("move", tuple(MOVES))),
        reason=body.maybe_text("reason"),
        roll=body.maybe_text("roll"),
        batch=body.maybe_number("batch"),
        lot=body.maybe_text("lot"),
    )
    body.done()
    moved = await work.move(call, asked, call.key)
    return reply.document({"moves": [documents.moved(one) for one in moved]})


ROUTES: Final = (
    Route(
        *("POST", "/api/v1/moves", move, "Move stamps, all or none", tuple(MOVES.values())),
        answers={200: "Moves"},
        body="MoveRequest",
        key=True,
        refusals=(
            *("malformed-body", "malformed-roll", "unknown-batch", "unknown-lot", "lot-required"),
            *(
                "lot-not-taken",
                "lot-incomplete",
                "lot-recalled",
                "illegal-reason",
                "span-out-of-range",
            ),
            *("move-conflict", "nothing-to-move", "key-reused"),
        ),
    ),
)
