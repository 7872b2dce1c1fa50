"""`GET /a/{hash}`: a photo of a lot, by the hash of its bytes.

The bytes of an address never change, so browsers and proxies keep them for good. An address that
is no hash costs no look at the disk, an unknown hash one. Nothing lists the photos.
"""

import asyncio
from typing import Final

from attachments import MEDIA_TYPE, AttachmentStore, UnknownAttachment, is_attachment_hash
from resolver.handlers.context import HandlerContext
from resolver.http.request import Request
from resolver.http.response import HeaderBlock, Response
from web.bounded_cache import BoundedCache
from web.errors import NotFound
from web.security_headers import IMMUTABLE, SANDBOX, SECURITY_HEADERS

PREFIX: Final = "/a/"

_KEPT: Final = 64
"""Photos in the memory of a process, each of at most 160 KB."""
_PHOTO: Final = HeaderBlock(
    {**SECURITY_HEADERS, **IMMUTABLE, **SANDBOX, "Content-Type": MEDIA_TYPE}
)


class AttachmentHandler:
    """Answers requests for photos."""

    def __init__(self, context: HandlerContext) -> None:
        self._store = AttachmentStore(context.settings.attachments)
        self._kept = BoundedCache[str, bytes](_KEPT)

    async def respond(self, request: Request) -> Response:
        """The photo. Raises `NotFound`."""
        digest = request.target.partition("?")[0].removeprefix(PREFIX)
        if not is_attachment_hash(digest):
            raise NotFound
        content = self._kept.get(digest)
        if content is None:
            content = await self._load(digest)
        return _PHOTO.respond(content)

    async def _load(self, digest: str) -> bytes:
        try:
            content = await asyncio.to_thread(self._store.read, digest)
        except UnknownAttachment:
            raise NotFound from None
        self._kept.put(digest, content)
        return content
