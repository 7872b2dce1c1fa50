"""Text of files as Windows programs and spreadsheets write them: UTF-8 or UTF-16, with a byte order
mark or without, or the local code page.

>>> decode_text("\\ufefflô".encode()), decode_text("lô".encode("utf-16"))
('lô', 'lô')
>>> decode_text("7·0".encode("cp1258"), code_page=True)
'7·0'
>>> decode_text(b"PK\\x03\\x04...")
Traceback (most recent call last):
    ...
web.text_files.UnreadableText: it is a workbook or an archive; save it as CSV (UTF-8)
"""

import codecs
import unicodedata
from typing import Final

from stamps.errors import VeritemError

_CODE_PAGES: Final = ("cp1258", "cp1252", "latin-1")
"""Vietnamese and Western European Windows; Latin-1 reads what the two leave open."""
_MARKS: Final = (b"\xef", b"\xff", b"\xfe")
"""The first bytes of the byte order marks of UTF-8 and UTF-16."""
_ARCHIVES: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""The first bytes of XLSX and XLS."""


class UnreadableText(VeritemError, ValueError):
    """The content of a file is not text, or its encoding is unknown."""

    code = "unreadable-text"
    message = "{why}"


def decode_text(content: bytes, *, code_page: bool = False) -> str:
    """The text of a file; `code_page` also takes the Windows code pages of Vietnam and the West.

    A code page is only for contents whose letters do not matter: no byte tells which one it is.

    Raises:
        UnreadableText: a workbook, or an encoding that cannot be told.
    """
    if content.startswith(_ARCHIVES):
        raise UnreadableText(why="it is a workbook or an archive; save it as CSV (UTF-8)")
    utf16 = _find_utf16(content)
    try:
        return content.decode(utf16 or "utf-8-sig")
    except UnicodeDecodeError as error:
        if utf16 is not None or not code_page:
            line = content[: error.start].count(b"\n") + 1
            encoding = "UTF-16" if utf16 else "UTF-8"
            raise UnreadableText(why=f"the text is not {encoding}", line=line) from error
    for encoding in _CODE_PAGES:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return unicodedata.normalize("NFC", text)  # code page 1258 has tone marks of their own
    raise AssertionError("Latin-1 decodes all bytes")


def convert_to_utf8(content: bytes) -> bytes:
    """A document, such as JSON, in UTF-8 without a byte order mark; unreadable ones unchanged.

    >>> convert_to_utf8("\\ufeff{}".encode()), convert_to_utf8("{}".encode("utf-16-le"))
    (b'{}', b'{}')
    """
    if content[:1] not in _MARKS and b"\0" not in content[:4]:
        return content
    try:
        return decode_text(content).encode()
    except UnreadableText:
        return content


def _find_utf16(content: bytes) -> str | None:
    """The UTF-16 encoding of a content; without a mark, by the zero bytes of ASCII letters."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = content[:64]
    if len(content) % 2 == 0 and len(start) >= 4:
        if not any(start[0::2]) and all(start[1::2]):
            return "utf-16-be"
        if not any(start[1::2]) and all(start[0::2]):
            return "utf-16-le"
    return None
