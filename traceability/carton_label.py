"""Labels of cartons and pallets: an SSCC, or a number that the packer gives.

An SSCC (GS1 General Specifications, section 2.2.1) has 18 digits: an extension digit, the GS1
company prefix with a serial reference, and a check digit. A packer without a company prefix
numbers its cartons `T-…` and its pallets `P-…`: the letter, a hyphen, then 1 to 17 digits,
letters A to Z and hyphens that stand alone. Such a number is unique in its organisation.

A label is read from what people and scanners give: a GS1-128 element string with (00) and perhaps
more, an EPC URI, a Digital Link, the digits with blanks, a number in lower case. No label can be
read as a code of a stamp or a serial range.

>>> read_carton_label("]C100389350000100000014")
'389350000100000014'
>>> read_carton_label("(00)389350000100000014(37)480")
'389350000100000014'
>>> read_carton_label(" t–2026–0017 ")
'T-2026-0017'
>>> read_carton_label("7·0-499") is None
True
"""

import re
from typing import Final, Literal

from stamps.errors import VeritemError
from stamps.typed_text import DASHES, normalize_typed_text
from traceability.epcis.identifiers import ROOT, normalize_identifier
from traceability.gs1_values import MalformedGs1, check_check_digit
from traceability.stamp_reader import clean_element_string

CartonKind = Literal["carton", "pallet"]

LONGEST_LABEL: Final = 19
"""Characters of a canonical label."""
_LONGEST_TEXT: Final = 300
_SSCC: Final = re.compile(r"[0-9]{18}")
_OWN: Final = re.compile(r"([TP])-[0-9A-Z](?:-?[0-9A-Z])*")
_OWN_KINDS: Final[dict[str, CartonKind]] = {"T": "carton", "P": "pallet"}
_SYMBOLOGY: Final = re.compile(r"\s*\][A-Za-z][0-9A-Za-z]")
_ELEMENTS: Final = re.compile(r"\(00\)|00[0-9]{18}")
_DASH: Final = re.compile(f"[{re.escape(DASHES)}]")
_BLANK: Final = re.compile(r"[\s.-]")


class MalformedLabel(VeritemError):
    """The text has the form of a label of a carton and breaks its rules."""

    code = "malformed-label"
    message = "not a label of a carton: {why}"


def read_carton_label(text: str) -> str | None:
    """The canonical label that a text names; None for a text that is no label.

    Raises:
        MalformedLabel: an SSCC with a wrong check digit, a number that is too long.
    """
    if len(text) > _LONGEST_TEXT:
        return None
    if text.strip().startswith(("https://", "http://", "urn:epc:")):
        return _read_uri(text.strip())
    scanned = _SYMBOLOGY.sub("", text, count=1)
    own = _DASH.sub("-", normalize_typed_text(scanned)).strip().upper()
    if own[:2] in ("T-", "P-"):
        return _check_own(own)
    message = clean_element_string(scanned)
    if _ELEMENTS.match(message):
        return _check_sscc(_read_element(message))
    digits = _BLANK.sub("", own)
    return _check_sscc(digits) if _SSCC.fullmatch(digits) else None


def parse_carton_label(text: str) -> str:
    """The canonical label that a text names. Raises `MalformedLabel` for any other text."""
    label = read_carton_label(text)
    if label is None:
        why = "write the 18 digits of an SSCC, or a number of your own, such as T-000123"
        raise MalformedLabel(text=text[:_LONGEST_TEXT], why=why)
    return label


def get_own_kind(label: str) -> CartonKind | None:
    """What a packer's own number says that it is of; None for an SSCC, which does not say it."""
    return _OWN_KINDS.get(label[:1])


def format_label(label: str) -> str:
    """A label as people read it: the digits of an SSCC in groups.

    >>> format_label("389350000100000014")
    '3 8935000 010000001 4'
    >>> format_label("T-17")
    'T-17'
    """
    if get_own_kind(label) is not None:
        return label
    return f"{label[0]} {label[1:8]} {label[8:17]} {label[17]}"


def _read_uri(uri: str) -> str | None:
    link = normalize_identifier(uri) or ""
    head, _, digits = link.rpartition("/")
    return _check_sscc(digits) if head == f"{ROOT}/00" else None


def _read_element(message: str) -> str:
    """The value of (00) in an element string."""
    # biip takes 0.2 s to import.
    from traceability.gs1 import parse_element_string

    try:
        return parse_element_string(message)["00"]
    except MalformedGs1 as error:
        raise MalformedLabel(text=message, why=error.why) from None


def _check_sscc(digits: str) -> str:
    try:
        check_check_digit(digits)
    except MalformedGs1 as error:
        raise MalformedLabel(text=digits, why=error.why) from None
    return digits


def _check_own(text: str) -> str:
    if not _OWN.fullmatch(text) or len(text) > LONGEST_LABEL:
        why = f"{text[:1]}- is followed by 1 to 17 digits and letters A to Z, such as T-2026-0017"
        raise MalformedLabel(text=text, why=why)
    return text
