"""Registration codes of growing areas and packing houses: `VN-ĐLOR-0123`, `VN-TGPH-0012`.

A code is the country, the province's letters with `OR` (orchard) or `PH` (packing house), and a
number. No public standard fixes the form; this is the usual one.

The letter Đ (U+0110) is often typed as the Icelandic Ð or the African Ɖ that look the same, and as
D where only plain letters are at hand. The first are corrected. The last is not, because `DL` may
be another province than `ĐL`: it is a form to search by (`to_plain_letters`), not a code.

>>> parse_growing_area_code(" vn-đlor-0123 ")
'VN-ĐLOR-0123'
>>> to_plain_letters("VN-ĐLOR-0123")
'VN-DLOR-0123'
>>> parse_packing_house_code("VN-ĐLOR-0123")
Traceback (most recent call last):
    ...
traceability.registration_codes.MalformedRegistrationCode: VN-ĐLOR-0123 is not the code of a \
packing house
"""

import re
import unicodedata
from typing import Final

from stamps.errors import VeritemError
from traceability.administrative_units import to_ascii

_GROWING_AREA: Final = re.compile(r"VN-[A-ZĐ]{2,4}OR-[0-9]{4}")
_PACKING_HOUSE: Final = re.compile(r"VN-[A-ZĐ]{2,4}PH-[0-9]{4}")
_LOOKALIKES: Final = str.maketrans({"Ð": "Đ", "Ɖ": "Đ", "‐": "-", "‑": "-", "–": "-"})


class MalformedRegistrationCode(VeritemError):
    """A code does not have the form of its kind."""

    code = "malformed-area"
    message = "{text} is not the code of a {what}"


def parse_growing_area_code(text: str) -> str:
    """The canonical code of a growing area. Raises `MalformedRegistrationCode`."""
    return _parse(text, _GROWING_AREA, "growing area")


def parse_packing_house_code(text: str) -> str:
    """The canonical code of a packing house. Raises `MalformedRegistrationCode`."""
    return _parse(text, _PACKING_HOUSE, "packing house")


def normalize_code(text: str) -> str:
    """The text in capitals and composed letters, with plain hyphens and no spaces around."""
    return unicodedata.normalize("NFC", text.strip()).upper().translate(_LOOKALIKES)


def to_plain_letters(text: str) -> str:
    """The code in plain letters, for searching and for systems that know no others."""
    return to_ascii(normalize_code(text))


def _parse(text: str, form: re.Pattern[str], what: str) -> str:
    code = normalize_code(text)
    if form.fullmatch(code) is None:
        raise MalformedRegistrationCode(text=text, what=what)
    return code
