"""Reads submitted forms: URL-encoded, or multipart with files, under a limit and a deadline."""

from aiohttp import BodyPartReader, hdrs, web

from desk.settings import DeskSettings
from web.aiohttp_server import read_body
from web.control_characters import check_text
from web.errors import BodyTooLarge, MalformedBody, UnsupportedMedia
from web.request_parsing import (
    FORM,
    MULTIPART,
    body_deadline,
    check_content_encoding,
    parse_form,
)

_MAX_PARTS = 64


async def read_form(
    request: web.Request, settings: DeskSettings, upload_limit: int | None
) -> dict[str, str]:
    """The fields of a form, blanks stripped; a file is the field's text.

    Files are taken only under an `upload_limit` (bytes of the whole body). Raises
    `UnsupportedMedia`, `BodyTooLarge`, `BodyTimeout`, `MalformedBody`, `ControlCharacter`.
    """
    limit = upload_limit or settings.body_bytes
    if request.content_type == FORM:
        content = await read_body(request, limit=limit, seconds=settings.body_seconds)
        fields = parse_form(content, _MAX_PARTS)
    elif request.content_type == MULTIPART and upload_limit is not None:
        fields = await _read_multipart(request, limit, settings.body_seconds)
    else:
        raise UnsupportedMedia(allowed=FORM)
    return {name: value.strip() for name, value in fields.items()}


async def _read_multipart(request: web.Request, limit: int, seconds: float) -> dict[str, str]:
    if (request.content_length or 0) > limit:
        raise BodyTooLarge(limit=limit)
    fields: dict[str, str] = {}
    size = parts = 0
    try:
        async with body_deadline(seconds):
            async for part in await request.multipart():
                parts += 1
                if parts > _MAX_PARTS:
                    raise MalformedBody(field="body", why="has too many parts")
                # A nested multipart has no name that a form of ours could have.
                if not isinstance(part, BodyPartReader) or part.name is None:
                    raise MalformedBody(field="body", why="has a part without a name")
                check_content_encoding(part.headers.get(hdrs.CONTENT_ENCODING, ""))
                content = bytearray()
                while chunk := await part.read_chunk():
                    size += len(chunk)
                    if size > limit:
                        raise BodyTooLarge(limit=limit)
                    content += chunk
                text = content.decode("utf-8-sig", errors="replace")
                check_text("body", part.name)
                if part.filename is None:  # a file's reader knows its encoding, and what it takes
                    check_text(part.name, text)
                fields[part.name] = text
    except (web.RequestPayloadError, ValueError):
        raise MalformedBody(field="body", why="is not a form") from None
    return fields
