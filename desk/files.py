"""Downloads of files, resumable by `Range`, and the bytes that each request takes."""

import base64
import re
from typing import Final

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from services.batches.bundles import BundleFile, TakenBytes

_WHOLE: Final = 200
_PARTIAL: Final = 206
_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/\d+")


def find_taken_bytes(request: web.Request, size: int) -> TakenBytes | None:
    """The bytes of a file of `size` that the answer to a request holds at most.

    None for HEAD, which takes none. A range that is refused (416: unsatisfiable, malformed, several
    ranges) is empty. A conditional request counts as if its condition held, because the file may be
    sent whole: the record never says less than what was sent.

    The range is parsed by aiohttp, which also parses it for the answer (`web.FileResponse`).
    """
    if request.method == "HEAD":
        return None
    if "If-Range" in request.headers:
        return TakenBytes(0, size, size)
    try:
        wanted = request.http_range
    except ValueError:
        return TakenBytes(0, 0, size)
    start, stop, _ = wanted.indices(size)
    return TakenBytes(start, max(start, stop), size)


class _RecordedFile(web.FileResponse):
    """A file whose complete transmission is recorded."""

    def __init__(self, file: BundleFile) -> None:
        digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
        super().__init__(
            file.path,
            headers={
                "Content-Disposition": f'attachment; filename="{file.path.name}"',
                # Of the whole file, also where a part of it is sent (RFC 9530).
                "Repr-Digest": f"sha-256=:{digest}:",
            },
        )
        self._handed = file

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        # aiohttp sends the file here; it raises where the connection breaks.
        writer = await super().prepare(request)
        sent = self._find_sent(self._handed.path.stat().st_size)
        if sent is not None and request.method != "HEAD":
            await self._handed.record_sent(sent)
        return writer

    def _find_sent(self, size: int) -> TakenBytes | None:
        if self.status == _WHOLE:
            return TakenBytes(0, size, size)
        found = _CONTENT_RANGE.fullmatch(self.headers.get("Content-Range", ""))
        if self.status != _PARTIAL or found is None:
            return None
        return TakenBytes(int(found[1]), int(found[2]) + 1, size)


def file_response(file: BundleFile) -> web.FileResponse:
    """A file as an attachment; aiohttp answers `Range` with 206 or 416."""
    return _RecordedFile(file)
