"""Downloads of files, resumable by `Range`, and the bytes that each request takes."""

from pathlib import Path

from aiohttp import web

from services.bundles import TakenBytes


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


def file_response(path: Path) -> web.FileResponse:
    """A file as an attachment; aiohttp answers `Range` with 206 or 416."""
    return web.FileResponse(
        path, headers={"Content-Disposition": f'attachment; filename="{path.name}"'}
    )
