"""`GET /a/{hash}` on the desk: a photo of a lot, as on the public service."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from attachments import MEDIA_TYPE, AttachmentStore, UnknownAttachment
from web.errors import NotFound
from web.security_headers import IMMUTABLE, SANDBOX


def make_photo_handler(
    store: AttachmentStore,
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of `/a/{hash}`. It raises `NotFound`."""

    async def show_photo(request: web.Request) -> web.StreamResponse:
        try:
            content = await asyncio.to_thread(store.read, request.match_info["hash"])
        except UnknownAttachment:
            raise NotFound from None
        headers = {**IMMUTABLE, **SANDBOX}
        return web.Response(body=content, content_type=MEDIA_TYPE, headers=headers)

    return show_photo
