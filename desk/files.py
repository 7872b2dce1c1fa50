"""Downloads of files, resumable by `Range`."""

from pathlib import Path

from aiohttp import web


def is_resumed(request: web.Request) -> bool:
    """Whether a request goes on with a download, or only asks about it (HEAD)."""
    return request.method != "GET" or not request.headers.get("Range", "bytes=0-").startswith(
        "bytes=0-"
    )


def file_response(path: Path) -> web.FileResponse:
    """A file as an attachment; aiohttp answers `Range` with 206 or 416."""
    return web.FileResponse(
        path, headers={"Content-Disposition": f'attachment; filename="{path.name}"'}
    )
