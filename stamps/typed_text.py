"""Text as keyboards, chats and spreadsheets deliver it, in one spelling.

Compatibility forms become the usual characters (NFKC: full-width letters and digits), characters
that nobody sees are dropped (zero-width characters, byte order marks, direction marks, soft
hyphens, variation selectors), and every blank or control character becomes a space.

>>> normalize_typed_text("０Ｄ９fr\\u200b\\u00a0h4k\\ufeff\\r\\n")
'0D9fr h4k'
"""

import re
import unicodedata
from typing import Final

DASHES: Final = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212"
"""Hyphens, dashes and the minus sign, which keyboards and word processors put for one another."""
MIDDLE_DOTS: Final = "\u00b7\u2022\u2219\u22c5\u30fb\u2027"
"""Middle dots and bullets."""

_VARIATION_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def normalize_typed_text(text: str) -> str:
    """The text in one spelling, without blanks at its ends."""
    if text.isascii() and text.isprintable():
        return text.strip()
    seen = "".join(filter(_is_visible, _VARIATION_SELECTORS.sub("", text)))
    return "".join(map(_replace_blank, unicodedata.normalize("NFKC", seen))).strip()


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) != "Cf"


def _replace_blank(character: str) -> str:
    is_blank = unicodedata.category(character) in ("Cc", "Zs", "Zl", "Zp")
    return " " if is_blank else character
