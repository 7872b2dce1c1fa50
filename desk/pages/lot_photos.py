"""Photos of lots: one that a form sends, and one that its script uploads before the form."""

from typing import Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.routing import PageRoutes
from desk.problems import PROBLEMS, status_of
from desk.responses import json_response
from services.permissions import Permission
from stamps.errors import VeritemError
from web.photo_limits import MOST_BYTES

routes = PageRoutes()

FORM_LIMIT: Final = MOST_BYTES + (64 << 10)
"""Bytes of a form with a photo."""
_FIELD: Final = "photo"
_PROBLEM: Final = "application/problem+json"


@routes.add("POST", "/photos", permissions=(Permission.LOT_PUT,), limit=FORM_LIMIT)
async def upload_photo(call: PageCall) -> web.StreamResponse:
    """Store a photo; the script of the form asks, so the answer is JSON, refusals too."""
    try:
        return json_response({"image": await store_photo(call)}, 201)
    except VeritemError as refusal:
        status = status_of(refusal)
        document = PROBLEMS.document(refusal, call.texts, status)
        return json_response(document, status, PROBLEMS.headers(refusal, status), _PROBLEM)


async def store_photo(call: PageCall) -> str | None:
    """Store the photo of the submitted form; return its address, None where none was chosen.

    Raises as `services.photos.PhotoShelf.add` does.
    """
    content = call.take_file(_FIELD)
    return await call.runtime.photos.add(call.context, content) if content else None
