"""Phone numbers as people type them.

>>> read_phone("0912 345 678"), read_phone("+84 (0)912.345.678"), read_phone("0084912345678")
('+84912345678', '+84912345678', '+84912345678')
>>> read_phone("12345") is None
True
"""

import re
import unicodedata
from typing import Final

_NATIONAL: Final = re.compile(r"0([235789][0-9]{8,9})")
_VIETNAM: Final = re.compile(r"\+840?([235789][0-9]{8,9})")
_FOREIGN: Final = re.compile(r"\+[1-9][0-9]{7,14}")
_BETWEEN: Final = re.compile(r"[\s().\-\u2010-\u2015\u200b-\u200f\u2060\ufeff]")


def read_phone(text: str) -> str | None:
    """A phone number in international form; None for what is none. Without +, it is Vietnam's."""
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", text))
    if plain.startswith("00"):
        plain = f"+{plain[2:]}"
    if found := _NATIONAL.fullmatch(plain) or _VIETNAM.fullmatch(plain):
        return f"+84{found[1]}"
    if plain.startswith("+84"):
        return None
    return plain if _FOREIGN.fullmatch(plain) else None
