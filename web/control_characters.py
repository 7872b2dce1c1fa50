r"""Control characters (category Cc) in what clients send: refused, but for four that people send.

Tab, LF and CR separate lines and cells, and hand scanners send them after a code. GS is the FNC1 of
a GS1 element string. Every other control character has no use in a text: PostgreSQL cannot store
NUL, and terminals, logs and tables obey or lose the rest. Surrogates (bytes that are no UTF-8, as
some header parsers keep them) are refused with them: no database stores those.

>>> check_text("note", "two\r\nlines\tand cells")
>>> check_target("/S/%00")
Traceback (most recent call last):
web.errors.ControlCharacter: address: has the control character U+0000
"""

import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from pydantic_core import from_json

from web.errors import ControlCharacter

_REFUSED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1c\x1e\x1f\x7f-\x9f\ud800-\udfff]")
_IN_JSON: Final = re.compile(
    rb"\\[bf]|\\u00[0189]|\\u007[fF]|\x7f|\xc2[\x80-\x9f]"  # escaped, or as UTF-8
)
"""Pattern of a JSON text one of whose strings may hold a refused character."""


def check_text(field: str, text: str) -> None:
    """Raise `ControlCharacter` for a text with a refused character."""
    found = _REFUSED.search(text)
    if found is not None:
        raise ControlCharacter(field=field, character=f"U+{ord(found[0]):04X}")


def remove_control_characters(text: str) -> str:
    r"""A text without the characters that `check_text` refuses.

    >>> remove_control_characters("a\x0bb\r\nc")
    'ab\r\nc'
    """
    return _REFUSED.sub("", text)


def check_target(target: str) -> None:
    """Raise `ControlCharacter` for a path and query with one, percent-encoded or not."""
    check_text("address", unquote(target) if "%" in target else target)


def check_fields(fields: Mapping[str, str]) -> None:
    """Raise `ControlCharacter` for a form with one in a name or a value."""
    for name, value in fields.items():
        check_text("body", name)
        check_text(name, value)


def check_json(body: bytes) -> None:
    """Raise `ControlCharacter` for a JSON text with one in a string; a malformed text passes."""
    if _IN_JSON.search(body) is None:
        return
    try:
        # The parser of the models, so that no text passes here that they can read.
        document = from_json(body.removeprefix(BOM_UTF8))
    except ValueError:
        return
    waiting: list[tuple[str, Any]] = [("body", document)]
    while waiting:
        field, value = waiting.pop()
        if isinstance(value, str):
            check_text(field, value)
        elif isinstance(value, list):
            waiting += [(field, item) for item in value]
        elif isinstance(value, dict):
            for name in value:
                check_text("body", name)
            waiting += value.items()
