"""Registration codes of growing areas, farms and packing houses: `VN-ĐLOR-0123`, `VN-BTPH-036`.

No public standard fixes one form; `traceability.code_forms` has the table of those that are read.
Reading forgives case, blanks, hyphens and look-alike letters; writing is canonical.

The letter Đ (U+0110) is often typed as the Icelandic Ð or the African Ɖ that look the same, and as
D where only plain letters are at hand. The first are corrected. The last is not, because `DL` may
be another province than `ĐL`: it is a form to search by (`to_plain_letters`), not a code.

>>> parse_code(" vn đlor–0123 ", CodeKind.GROWING_AREA)
'VN-ĐLOR-0123'
>>> to_plain_letters("VN-ĐLOR-0123")
'VN-DLOR-0123'
>>> parse_code("VN-ĐLOR-0123", CodeKind.PACKING_HOUSE)
Traceback (most recent call last):
    ...
traceability.registration_codes.MalformedRegistrationCode: VN-ĐLOR-0123 is not the code of a \
packing house, such as VN-BTPH-036 or VN-ĐLFE-0031 or VN-HCMFI-0008 or CVNM08102201150012
"""

import unicodedata
from typing import Final

from stamps.errors import VeritemError
from traceability.code_forms import CodeKind, compact_code, list_examples, read_code
from web.plain_letters import to_ascii

_LOOKALIKES: Final = str.maketrans({"Ð": "Đ", "Ɖ": "Đ", "‐": "-", "‑": "-", "–": "-"})


class MalformedRegistrationCode(VeritemError):
    """A code does not have a form of its kind."""

    code = "malformed-area"
    message = "{text} is not the code of a {what}, such as {examples}"


def parse_code(text: str, kind: CodeKind) -> str:
    """The canonical code of a place of this kind. Raises `MalformedRegistrationCode`."""
    found = read_code(text, kind)
    if found is None:
        raise MalformedRegistrationCode(
            text=" ".join(text.split()),
            what=kind.words,
            examples=" or ".join(list_examples(kind)),
        )
    return found[1]


def normalize_code(text: str) -> str:
    """The canonical code; a text of no known form in capitals and with plain hyphens."""
    found = read_code(text)
    if found is not None:
        return found[1]
    return unicodedata.normalize("NFC", text.strip()).upper().translate(_LOOKALIKES)


def to_plain_letters(text: str) -> str:
    """The code in plain letters, for searching and for systems that know no others."""
    return to_ascii(normalize_code(text))


def to_search_key(text: str) -> str:
    """A code, or the beginning of one, as registries are searched: plain letters and digits.

    >>> to_search_key("vn-đlor"), to_search_key("VN-DLOR-0123")
    ('VNDLOR', 'VNDLOR0123')
    """
    return to_ascii(compact_code(text))
