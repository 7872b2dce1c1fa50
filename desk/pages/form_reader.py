"""Reads submitted forms: URL-encoded, or multipart with files, under a limit and a deadline."""

from typing import NamedTuple

from aiohttp import BodyPartReader, hdrs, web

from desk.settings import DeskSettings
from web.aiohttp_server import read_body, wait_for_body
from web.control_characters import check_fields, check_text, remove_control_characters
from web.errors import BodyTooLarge, ControlCharacter, MalformedBody, UnsupportedMedia
from web.request_parsing import (
    FORM,
    MULTIPART,
    check_content_encoding,
    decode_form,
)

_MAX_PARTS = 64


class SubmittedForm(NamedTuple):
    """The fields of a form, blanks and control characters removed, and its files as sent."""

    fields: dict[str, str]
    files: dict[str, bytes]
    refusal: ControlCharacter | None = None
    """The first field that had a control character: the form is shown again, and not obeyed."""


async def read_form(
    request: web.Request, settings: DeskSettings, upload_limit: int | None
) -> SubmittedForm:
    """The fields and files of a form.

    Files are taken only under an `upload_limit` (bytes of the whole body). Raises
    `UnsupportedMedia`, `BodyTooLarge`, `BodyTimeout`, `MalformedBody`; `ControlCharacter` for one
    in the name of a field.
    """
    limit = upload_limit or settings.body_bytes
    if request.content_type == FORM:
        content = await read_body(request, limit=limit, seconds=settings.body_seconds)
        form = SubmittedForm(decode_form(content, _MAX_PARTS), {})
    elif request.content_type == MULTIPART and upload_limit is not None:
        form = await _read_multipart(request, limit, settings.body_seconds)
    else:
        raise UnsupportedMedia(allowed=FORM)
    refusal = None
    for name in form.fields:
        check_text("body", name)
    try:
        check_fields(form.fields)
    except ControlCharacter as found:
        refusal = found
    fields = {name: remove_control_characters(value).strip() for name, value in form.fields.items()}
    return SubmittedForm(fields, form.files, refusal)


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
                    form.fields[part.name] = content.decode("utf-8", errors="replace")
                elif content or part.filename:  # its reader knows its encoding, and what it takes
                    form.files[part.name] = bytes(content)
    except (web.RequestPayloadError, ConnectionResetError, ValueError):
        raise MalformedBody(field="body", why="is not a form") from None
    return form
