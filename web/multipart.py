r"""Forms with files (`multipart/form-data`, RFC 7578), from a body that is whole or cut short.

A part that ends where a cut body ends is not whole; the parts before it are.

>>> body = b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n--x--\r\n'
>>> parse_multipart('multipart/form-data; boundary=x', body)
[FormPart(name='note', filename=None, content=b'hello', is_whole=True)]
>>> parse_multipart('multipart/form-data; boundary=x', body[:-9])[0].is_whole
False
"""

import re
from typing import Final, NamedTuple

from web.errors import MalformedBody

_BOUNDARY: Final = re.compile(r'boundary="?([A-Za-z0-9\'()+_,./:=?-]{1,70})"?', re.IGNORECASE)
_PARAMETER: Final = re.compile(r'(?:^|;)\s*(name|filename)="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_DISPOSITION: Final = "content-disposition:"
_LONGEST_HEAD: Final = 1024
"""Bytes of the header fields of a part."""


class FormPart(NamedTuple):
    """A field or a file; `filename` is None for a field."""

    name: str
    filename: str | None
    content: bytes
    is_whole: bool


def parse_multipart(content_type: str, body: bytes, most_parts: int = 16) -> list[FormPart]:
    """The parts of a body in their order. Raises `MalformedBody`."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise MalformedBody(field="body", why="has no boundary")
    delimiter = b"--" + found[1].encode()
    if not body.startswith(delimiter):
        raise MalformedBody(field="body", why="is not a form")
    parts: list[FormPart] = []
    start = len(delimiter)
    while body[start : start + 2] == b"\r\n":
        if len(parts) == most_parts:
            raise MalformedBody(field="body", why=f"has more than {most_parts} fields")
        head_end = body.find(b"\r\n\r\n", start, start + _LONGEST_HEAD)
        if head_end < 0:
            if len(body) - start < _LONGEST_HEAD:
                break  # the body is cut within the head of a part
            raise MalformedBody(field="body", why="is not a form")
        name, filename = _parse_head(body[start + 2 : head_end])
        content = head_end + 4
        end = body.find(b"\r\n" + delimiter, content)
        if end < 0:
            parts.append(FormPart(name, filename, body[content:], is_whole=False))
            break
        parts.append(FormPart(name, filename, body[content:end], is_whole=True))
        start = end + 2 + len(delimiter)
    return parts


def _parse_head(head: bytes) -> tuple[str, str | None]:
    """Name and file name of a part."""
    try:
        lines = head.decode().split("\r\n")
    except UnicodeDecodeError:
        raise MalformedBody(field="body", why="is not UTF-8") from None
    for line in lines:
        if line.lower().startswith(_DISPOSITION):
            found = {name.lower(): text for name, text in _PARAMETER.findall(line)}
            if "name" in found:
                return found["name"], found.get("filename")
    raise MalformedBody(field="body", why="has a part without a name")
