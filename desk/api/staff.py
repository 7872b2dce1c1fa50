"""`/api/v1/me`: who a token belongs to, and what that person may do."""

from typing import Final

from aiohttp import web

from desk import reply
from desk.call import Call
from desk.roles import GRANTS
from desk.routes import Route


async def show(call: Call) -> web.StreamResponse:
    """Tell the machine who it acts for."""
    staff = call.staff
    return reply.document(
        {
            "id": staff.id,
            "name": staff.name,
            "role": staff.role,
            "organisation": staff.organisation,
            "permissions": sorted(GRANTS[staff.role]),
        }
    )


ROUTES: Final = (Route("GET", "/api/v1/me", show, "Who the token belongs to", answers={200: "Me"}),)
