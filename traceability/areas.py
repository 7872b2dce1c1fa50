"""Codes of growing areas and packing houses: `VN-ĐLOR-0123`, `VN-TGPH-0012`.

Country, the province's letters with `OR` (orchard) or `PH` (packing house), and a number. No
public standard fixes them (importing countries and provinces differ), so both patterns are
settings; these are the usual ones.

The letter Đ (U+0110) is often typed as the Icelandic Ð or the African Ɖ that look the same, and
dropped to D where only plain letters go. The first are put right; the last is not, since `DL` may
be another province than `ĐL`: it is a form to search by (`plain`), not a code.

>>> CODES.growing_area(" vn-đlor-0123 ")
'VN-ĐLOR-0123'
>>> plain("VN-ĐLOR-0123")
'VN-DLOR-0123'
>>> CODES.packing_house("VN-ĐLOR-0123")
Traceback (most recent call last):
    ...
traceability.areas.MalformedArea: VN-ĐLOR-0123 is not the code of a packing house
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from stamps.errors import VeritemError
from traceability.atlas import ascii_form

GROWING_AREA: Final = r"VN-[A-ZĐ]{2,4}OR-\d{4}"
PACKING_HOUSE: Final = r"VN-[A-ZĐ]{2,4}PH-\d{4}"

_LOOKALIKES = str.maketrans({"Ð": "Đ", "Ɖ": "Đ", "‐": "-", "‑": "-", "–": "-"})


class MalformedArea(VeritemError):
    """A code does not have the form that was agreed for its kind."""

    code = "malformed-area"
    message = "{text} is not the code of a {what}"


@dataclass(frozen=True)
class AreaCodes:
    """The patterns in force, as regular expressions on the canonical form."""

    growing_area_pattern: str = GROWING_AREA
    packing_house_pattern: str = PACKING_HOUSE

    def __post_init__(self) -> None:
        for pattern in (self.growing_area_pattern, self.packing_house_pattern):
            re.compile(pattern)

    def growing_area(self, text: str) -> str:
        """The canonical code of a growing area.

        Raises:
            MalformedArea: another form.
        """
        return _read(text, self.growing_area_pattern, "growing area")

    def packing_house(self, text: str) -> str:
        """The canonical code of a packing house.

        Raises:
            MalformedArea: another form.
        """
        return _read(text, self.packing_house_pattern, "packing house")


def canonical(text: str) -> str:
    """Capitals, composed letters, plain hyphens, no spaces around."""
    return unicodedata.normalize("NFC", text.strip()).upper().translate(_LOOKALIKES)


def plain(text: str) -> str:
    """The code in plain letters, to search by and for carriers that know no others."""
    return ascii_form(canonical(text))


CODES: Final = AreaCodes()


def _read(text: str, pattern: str, what: str) -> str:
    code = canonical(text)
    if not re.fullmatch(pattern, code, re.ASCII):
        raise MalformedArea(text=text, what=what)
    return code
