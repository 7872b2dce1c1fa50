"""GS1 identifiers of events in one form: EPC URIs and Digital Links become canonical links.

CBV 2.0, section 8.9, rules 17 and 18: an EPC URI, EPC class URI or EPC pattern URI becomes the GS1
Digital Link URI of the same key; a Digital Link URI names `https://id.gs1.org`, the key and its
finest qualifier, and nothing else. EPC URIs: Tag Data Standard 2.0, section 6.

>>> normalize_identifier("urn:epc:id:sgtin:4012345.011111.987")
'https://id.gs1.org/01/04012345111118/21/987'
>>> normalize_identifier("https://example.vn/01/8935000000014/10/L7?15=270101")
'https://id.gs1.org/01/08935000000014/10/L7'
>>> normalize_identifier("https://example.vn/about") is None
True
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from traceability.gs1_values import compute_check_digit

ROOT: Final = "https://id.gs1.org"

_RESERVED: Final = str.maketrans({mark: f"%{ord(mark):02X}" for mark in "!()*+,:"})
"""Characters that an EPC URI has as they are and a Digital Link only escaped."""
_EPC: Final = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(.+)", re.ASCII)
_DIGITS: Final = re.compile(r"\d+", re.ASCII)
_PIECE: Final = re.compile(r"\d{4}", re.ASCII)
_TEXT: Final = r"(?:%[0-9A-Fa-f]{2}|[!'()*+,\-.0-9:;=A-Z_a-z])"
_SERIAL_20: Final = re.compile(f"{_TEXT}{{1,20}}")
_TEXT_30: Final = re.compile(f"{_TEXT}{{1,30}}")
_PART_30: Final = re.compile(r"(?:%[0-9A-Fa-f]{2}|[#\-0-9A-Z]){1,30}")

_GTIN_DIGITS: Final = 13
"""Digits of company prefix and item reference."""
_LOCATION_DIGITS: Final = 12
_SSCC_DIGITS: Final = 17
_GSIN_DIGITS: Final = 16

_GS1_KEY: Final = re.compile(
    r"https?://id\.gs1\.org/(?:01/(?P<gtin>\d{14}|\d{13}|\d{12}|\d{8})"
    r"|(?:414|417|410|411|412|413|415)/(?P<key>\d{13})|00/(?P<sscc>\d{18}))(?=[/?#]|$)",
    re.ASCII,
)
"""A key that ends with a check digit."""

Parts = Sequence[str]


def _escape(text: str) -> str:
    return text.translate(_RESERVED)


def _checked(parts: Parts, length: int) -> str:
    """The digits of parts with their check digit. Raises ValueError."""
    digits = "".join(parts)
    if len(digits) != length or not _DIGITS.fullmatch(digits):
        raise ValueError(f"{digits} is not {length} digits")
    return digits + compute_check_digit(digits)


def _leading(prefix: str, reference: str, length: int) -> str:
    """Digits whose first one stands at the beginning of the reference."""
    return _checked((reference[:1], prefix, reference[1:]), length)


def _serial(text: str, form: re.Pattern[str] = _SERIAL_20) -> str:
    if not form.fullmatch(text):
        raise ValueError(f"{text} is no serial number")
    return _escape(text)


def _format_gtin(parts: Parts, qualifier: str) -> str:
    prefix, item, *rest = parts
    return f"01/{_leading(prefix, item, _GTIN_DIGITS)}" + "".join(
        f"/{qualifier}/{_serial(one)}" for one in rest
    )


def _format_itip(parts: Parts) -> str:
    prefix, item, piece, total, *rest = parts
    if not _PIECE.fullmatch(piece + total):
        raise ValueError(f"{piece} of {total} pieces")
    link = f"8006/{_leading(prefix, item, _GTIN_DIGITS)}{piece}{total}"
    return link + "".join(f"/21/{_serial(one)}" for one in rest)


def _format_location(parts: Parts) -> str:
    prefix, location, extension = parts
    link = f"414/{_checked((prefix, location), _LOCATION_DIGITS)}"
    return link if extension == "0" else f"{link}/254/{_serial(extension)}"


def _format_document(parts: Parts, ai: str, zeros: str = "") -> str:
    prefix, kind, *rest = parts
    return (
        f"{ai}/{zeros}{_checked((zeros, prefix, kind), len(zeros) + 12)[len(zeros) :]}"
        + "".join(_serial(one) for one in rest)
    )


def _format_component(parts: Parts) -> str:
    prefix, component, *rest = parts
    link = f"8010/{_serial(prefix + component, _PART_30)}"
    return link + "".join(f"/8011/{_serial(one)}" for one in rest)


_FORMATS: Final[Mapping[str, Callable[[Parts], str]]] = {
    "sgtin": lambda parts: _format_gtin(parts, "21"),
    "lgtin": lambda parts: _format_gtin(parts, "10"),
    "upui": lambda parts: _format_gtin(parts, "235"),
    "itip": _format_itip,
    "sscc": lambda parts: f"00/{_leading(parts[0], parts[1], _SSCC_DIGITS)}",
    "sgln": _format_location,
    "pgln": lambda parts: f"417/{_checked(parts, _LOCATION_DIGITS)}",
    "grai": lambda parts: _format_document(parts, "8003", "0"),
    "giai": lambda parts: f"8004/{_serial(''.join(parts), _TEXT_30)}",
    "gsrn": lambda parts: f"8018/{_checked(parts, _SSCC_DIGITS)}",
    "gsrnp": lambda parts: f"8017/{_checked(parts, _SSCC_DIGITS)}",
    "gdti": lambda parts: _format_document(parts, "253"),
    "sgcn": lambda parts: _format_document(parts, "255"),
    "cpi": _format_component,
    "ginc": lambda parts: f"401/{_serial(''.join(parts), _TEXT_30)}",
    "gsin": lambda parts: f"402/{_checked(parts, _GSIN_DIGITS)}",
}
"""Path of the Digital Link by scheme of the EPC URI, made from its parts between dots."""

_PARTS: Final[Mapping[str, int]] = {
    "itip": 5,
    **dict.fromkeys(("sgtin", "lgtin", "upui", "sgln", "grai", "gdti", "sgcn", "cpi"), 3),
    **dict.fromkeys(("sscc", "pgln", "giai", "gsrn", "gsrnp", "ginc", "gsin"), 2),
}
"""Number of parts of an EPC URI by scheme; the last one holds the dots that follow."""

_NAMES: Final[Mapping[str, str]] = {
    "gtin": "01",
    "itip": "8006",
    "cpid": "8010",
    "gln": "414",
    "party": "417",
    "gsrnp": "8017",
    "gsrn": "8018",
    "gcn": "255",
    "sscc": "00",
    "gdti": "253",
    "ginc": "401",
    "gsin": "402",
    "grai": "8003",
    "giai": "8004",
    "cpv": "22",
    "lot": "10",
    "ser": "21",
}
"""Names that Digital Links had in place of application identifiers before version 1.2."""

_SET_82_TEXT: Final = r"[\"'\-.0-9;<=>?A-Z_a-z%]"
_KEYS: Final[Mapping[str, re.Pattern[str]]] = {
    "00": re.compile(r"\d{18}"),
    "01": re.compile(r"\d{8}|\d{12,14}"),
    "253": re.compile(rf"\d{{13}}{_SET_82_TEXT}{{0,17}}"),
    "255": re.compile(r"\d{13,25}"),
    "401": re.compile(rf"{_SET_82_TEXT}{{1,30}}"),
    "402": re.compile(r"\d{17}"),
    "414": re.compile(r"\d{13}"),
    "417": re.compile(r"\d{13}"),
    "8003": re.compile(rf"\d{{14}}{_SET_82_TEXT}{{0,16}}"),
    "8004": re.compile(rf"{_SET_82_TEXT}{{1,30}}"),
    "8006": re.compile(r"\d{18}"),
    "8010": re.compile(r"[#\-/0-9A-Z%a-f]{1,30}"),
    "8017": re.compile(r"\d{18}"),
    "8018": re.compile(r"\d{18}"),
}
"""The form of each primary key."""

_QUALIFIERS: Final[Mapping[str, Sequence[str]]] = {
    "01": ("21", "10", "235"),
    "414": ("254",),
    "8006": ("21", "10"),
    "8010": ("8011",),
}
"""The qualifiers of keys that are kept: the first of them that a link has."""
_DROPPED: Final = ("22", "10", "21")
"""Qualifiers that may stand in a link and are dropped beside a finer one."""


def normalize_identifier(uri: str) -> str | None:
    """The constrained canonical Digital Link of an identifier; None for any other text."""
    if uri.startswith("urn:epc:"):
        return _normalize_epc(uri)
    if uri.startswith(("https://", "http://")):
        return _normalize_link(uri)
    return None


def _normalize_epc(uri: str) -> str | None:
    found = _EPC.fullmatch(uri)
    if found is None or found[2] not in _FORMATS:
        return None
    kind, scheme, text = found.groups()
    parts = text.split(".", _PARTS[scheme] - 1)
    if len(parts) != _PARTS[scheme]:
        return None
    if kind == "idpat" and (parts.pop() != "*" or scheme == "sgln"):
        return None
    try:
        return f"{ROOT}/{_FORMATS[scheme](parts)}"
    except (ValueError, TypeError):
        return None


def _normalize_link(uri: str) -> str | None:
    segments = [_NAMES.get(one, one) for one in urlsplit(uri).path.strip("/").split("/")]
    for start, ai in enumerate(segments[:-1]):
        if ai not in _KEYS or not _KEYS[ai].fullmatch(segments[start + 1]):
            continue
        pairs = segments[start:]
        if len(pairs) % 2:
            return None
        elements = dict(zip(pairs[::2], pairs[1::2], strict=True))
        key = elements.pop(ai).zfill(14) if ai == "01" else elements.pop(ai)
        allowed = (*_QUALIFIERS.get(ai, ()), *_DROPPED)
        if any(name not in allowed for name in elements):
            return None
        link = f"{ROOT}/{ai}/{key}"
        finest = next((name for name in _QUALIFIERS.get(ai, ()) if name in elements), None)
        return link if finest is None else f"{link}/{finest}/{elements[finest]}"
    return None


def find_wrong_check_digit(text: str) -> str | None:
    """What is wrong with the check digit of a GS1 Digital Link at id.gs1.org; None if nothing is.

    The same path at another host may be an address of its own.

    >>> find_wrong_check_digit("https://id.gs1.org/01/08935000000015/21/7")
    'has a wrong check digit: 08935000000015 should end with 4'
    >>> find_wrong_check_digit("https://id.gs1.org/01/08935000000014/21/7") is None
    True
    """
    found = _GS1_KEY.match(text)
    if found is None:
        return None
    digits = found["gtin"] or found["key"] or found["sscc"]
    right = compute_check_digit(digits[:-1])
    if digits[-1] == right:
        return None
    return f"has a wrong check digit: {digits} should end with {right}"
