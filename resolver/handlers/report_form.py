"""The form of a report as it was sent: fields and, where there is one, a photo."""

from typing import Final, NamedTuple

from resolver.http.request import Request
from web.errors import MalformedBody
from web.multipart import parse_multipart
from web.request_parsing import FORM, decode_form, parse_media_type

PHOTO: Final = "photo"
"""The last field of the form: a body that is cut short loses it and no other."""
_MOST_FIELDS: Final = 16


class SentReport(NamedTuple):
    """A form. `photo` is empty where none was sent or its end is missing."""

    fields: dict[str, str]
    photo: bytes
    has_photo: bool
    """Whether a photo was sent, also one whose end is missing."""


def read_report_form(request: Request) -> SentReport:
    """The fields and the photo of a form, with whatever characters. Raises `MalformedBody`."""
    content_type = request.headers.get("content-type", "")
    if parse_media_type(content_type) == FORM:
        return SentReport(decode_form(request.body, _MOST_FIELDS), b"", has_photo=False)
    fields: dict[str, str] = {}
    photo, has_photo = b"", False
    for part in parse_multipart(content_type, request.body, _MOST_FIELDS):
        if part.name == PHOTO:
            has_photo = bool(part.content) or not part.is_whole
            photo = part.content if part.is_whole else b""
        elif part.is_whole:
            try:
                # A browser sends the line ends of a text as CRLF in a form with files.
                fields[part.name] = part.content.decode().replace("\r\n", "\n")
            except UnicodeDecodeError:
                raise MalformedBody(field=part.name[:40], why="is not UTF-8") from None
    return SentReport(fields, photo, has_photo or request.is_cut)
