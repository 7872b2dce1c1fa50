"""Media types of files of evidence: the table of what is taken, told by the first bytes.

A type is what the bytes are, never what a name or a browser says. Text is taken as JSON or as a
table, and never where it begins like markup. A file of two types at once, such as a picture with
HTML behind it, is kept whole: nothing ever shows it (`attachments.originals`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from attachments.errors import UnknownMediaType
from web.text_files import UnreadableText, decode_text

_TEXT_BYTES: Final = 8 << 20
"""Bytes of a text. A longer one is split by whoever sends it."""
_MARKUP: Final = ("<", "%", "{")
"""The first signs of HTML, SVG, PostScript, PDF and RTF."""
_SEPARATORS: Final = ",;\t"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
_TIFF: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""TIFF 6.0, and BigTIFF, in both byte orders; GeoTIFF is one of them."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """One type of file that is taken."""

    name: str
    suffix: str
    """Ending of the name under which it is downloaded."""
    matches: Callable[[bytes], bool]
    is_picture: bool = False
    """Whether a re-encoded copy of it is shown."""


def _is_json(content: bytes) -> bool:
    text = _read_text(content).strip()
    return text[:1] in ("{", "[") and text[-1:] in ("}", "]")


def _is_table(content: bytes) -> bool:
    text = _read_text(content).lstrip()
    first = text.partition("\n")[0]
    return text[:1] not in _MARKUP and any(sign in first for sign in _SEPARATORS)


def _read_text(content: bytes) -> str:
    """A text without control characters; empty for anything else."""
    if len(content) > _TEXT_BYTES:
        return ""
    try:
        text = decode_text(content, code_page=True)
    except UnreadableText:
        return ""
    return "" if _CONTROL.search(text) else text


MEDIA_TYPES: Final = (
    MediaType("image/jpeg", "jpg", lambda content: content[:3] == b"\xff\xd8\xff", is_picture=True),
    MediaType(
        "image/png", "png", lambda content: content[:8] == b"\x89PNG\r\n\x1a\n", is_picture=True
    ),
    MediaType(
        "image/webp",
        "webp",
        lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP",
        is_picture=True,
    ),
    MediaType("image/tiff", "tif", lambda content: content[:4] in _TIFF),
    MediaType("application/json", "json", _is_json),
    MediaType("text/csv", "csv", _is_table),
)
"""What is taken. The first that matches counts."""


def find_media_type(content: bytes) -> MediaType:
    """The type of a file. Raises `UnknownMediaType`."""
    for one in MEDIA_TYPES:
        if one.matches(content):
            return one
    raise UnknownMediaType


def get_media_type(name: str) -> MediaType:
    """The type of this name. Raises KeyError."""
    return {one.name: one for one in MEDIA_TYPES}[name]
