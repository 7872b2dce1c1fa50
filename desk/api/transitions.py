"""`/api/v1/transitions`: activate, void, suspend, release, recall."""

from typing import Final

from aiohttp import web

from desk import documents, reply, work
from desk.call import Call
from desk.roles import MOVES
from desk.routes import Route
from stamps.lifecycle import Transition


async def transition(call: Call) -> web.StreamResponse:
    """Transition stamps, all or none; the same key twice answers the first result again."""
    body = await call.json()
    asked = work.TransitionRequest(
        transition=Transition(body.choice("transition", tuple(MOVES))),
        reason=body.maybe_text("reason"),
        roll=body.maybe_text("roll"),
        batch=body.maybe_number("batch"),
        lot=body.maybe_text("lot"),
    )
    body.done()
    moved = await work.transition(call, asked, call.key)
    return reply.document({"transitions": [documents.moved(one) for one in moved]})


ROUTES: Final = (
    Route(
        *(
            "POST",
            "/api/v1/transitions",
            transition,
            "Transition stamps, all or none",
            tuple(MOVES.values()),
        ),
        answers={200: "Transitions"},
        body="TransitionRequest",
        key=True,
        refusals=(
            *("malformed-body", "malformed-range", "unknown-batch", "unknown-lot", "lot-required"),
            *(
                "lot-not-taken",
                "lot-incomplete",
                "lot-recalled",
                "illegal-reason",
                "span-out-of-range",
            ),
            *("transition-conflict", "nothing-to-transition", "key-reused"),
        ),
    ),
)
