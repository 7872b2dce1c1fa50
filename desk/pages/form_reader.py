"""Reads submitted forms: URL-encoded, or multipart with files, under a limit and a deadline."""

from typing import NamedTuple

from aiohttp import BodyPartReader, hdrs, web

from desk.settings import DeskSettings
from web.aiohttp_server import read_body, wait_for_body
from web.control_characters import check_text
from web.errors import BodyTooLarge, MalformedBody, UnsupportedMedia
from web.request_parsing import (
    FORM,
    MULTIPART,
    check_content_encoding,
    parse_form,
)

_MAX_PARTS = 64


class SubmittedForm(NamedTuple):
    """The fields of a form, blanks stripped, and its files as they were sent."""

    fields: dict[str, str]
    files: dict[str, bytes]


async def read_form(
    request: web.Request, settings: DeskSettings, upload_limit: int | None
) -> SubmittedForm:
    """The fields and files of a form.

    Files are taken only under an `upload_limit` (bytes of the whole body). Raises
    `UnsupportedMedia`, `BodyTooLarge`, `BodyTimeout`, `MalformedBody`, `ControlCharacter`.
    """
    limit = upload_limit or settings.body_bytes
    if request.content_type == FORM:
        content = await read_body(request, limit=limit, seconds=settings.body_seconds)
        form = SubmittedForm(parse_form(content, _MAX_PARTS), {})
    elif request.content_type == MULTIPART and upload_limit is not None:
        form = await _read_multipart(request, limit, settings.body_seconds)
    else:
        raise UnsupportedMedia(allowed=FORM)
    return form._replace(fields={name: value.strip() for name, value in form.fields.items()})


async def _read_multipart(request: web.Request, limit: int, seconds: float) -> SubmittedForm:
    if (request.content_length or 0) > limit:
        raise BodyTooLarge(limit=limit)
    form = SubmittedForm({}, {})
    size = parts = 0
    try:
        async with wait_for_body(request, seconds):
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
                check_text("body", part.name)
                if part.filename is None:
                    text = content.decode("utf-8", errors="replace")
                    check_text(part.name, text)
                    form.fields[part.name] = text
                elif content or part.filename:  # its reader knows its encoding, and what it takes
                    form.files[part.name] = bytes(content)
    except (web.RequestPayloadError, ConnectionResetError, ValueError):
        raise MalformedBody(field="body", why="is not a form") from None
    return form
