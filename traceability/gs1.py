"""GS1 element strings, parsed by biip and checked strictly.

An element string is a row of application identifiers (AI) with their values. People write it with
brackets, machines without: values of predefined length run on, the others end with the separator
FNC1, transmitted as the control character GS (0x1D). A scanner may put a symbology identifier
before it (`]C1`, `]Q3`) and a line end after it.

biip has the table of identifiers and the forms of their values. It is lenient where a stamp may
not be, so this layer adds: one element ends where its separator stands, check digits are right,
dates exist, no identifier is repeated, and only ASCII digits count. GS1 General Specifications
release 25, sections 3, 5.1 and 7.8.

>>> parse_element_string("]Q3010893500000001421ABC")
{'01': '08935000000014', '21': 'ABC'}
>>> format_element_string({"01": "08935000000014", "10": "L7", "17": "260930"}, brackets=False)
'010893500000001410L7\\x1d17260930'
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_element_strings import GS1ElementString, GS1ElementStrings
from biip.gs1_messages import GS1Message
from biip.symbology import GS1Symbology, SymbologyIdentifier

from traceability.gs1_values import MalformedGs1, check_check_digit

FNC1: Final = "\x1d"

# How many leading digits of a value end with a check digit (GS1 Barcode Syntax Dictionary, csum).
_CHECKED_DIGITS: Final = {
    "00": 18,
    "01": 14,
    "02": 14,
    "03": 14,
    "253": 13,
    "255": 13,
    "402": 17,
    "8003": 14,
    "8006": 14,
    "8017": 18,
    "8018": 18,
    "8026": 14,
} | {f"41{n}": 13 for n in range(8)}


def parse_element_string(text: str) -> dict[str, str]:
    """The values of an element string by application identifier, in order.

    Raises:
        MalformedGs1: an unknown or repeated identifier, a value that GS1 does not allow.
    """
    message = _strip_symbology(text.strip("\r\n\t "))
    if not message.isascii():
        raise MalformedGs1(text=text, why="GS1 has ASCII characters only")
    split = _split_brackets if message.startswith("(") else _split_message
    elements: dict[str, str] = {}
    for ai, value in split(message):
        if ai in elements:
            raise MalformedGs1(text=text, why=f"({ai}) stands twice")
        elements[ai] = check_element(ai, value).value
    if not elements:
        raise MalformedGs1(text=text, why="there is no element in it")
    return elements


def format_element_string(elements: Mapping[str, str], *, brackets: bool = True) -> str:
    """Write elements, in the order given, for people (brackets) or for a symbol (FNC1).

    Raises:
        MalformedGs1: an unknown identifier, a value that GS1 does not allow.
    """
    parsed = GS1ElementStrings(check_element(ai, value) for ai, value in elements.items())
    message = GS1Message.from_element_strings(parsed)
    return message.as_hri() if brackets else message.value


def check_element(ai: str, value: str) -> GS1ElementString:
    """Parse one element.

    Raises:
        MalformedGs1: an unknown identifier, a value that GS1 does not allow.
    """
    if not value.isascii():
        raise MalformedGs1(text=value, why=f"({ai}) has a character that is not ASCII")
    known = _find_identifier(ai, ai)
    if known.ai != ai:
        raise MalformedGs1(text=value, why=f"the application identifier ({ai}) is not known")
    if ai == "7007" and len(value) == 12:
        # Harvest from one day to another: biip 5.2 reads the second day as a time.
        first, last = check_element(ai, value[:6]), check_element(ai, value[6:])
        return GS1ElementString(known, value, [first.value, last.value], date=first.date)
    try:
        element = GS1ElementString.parse(f"{ai}{value}")
    except ParseError:
        why = f"({ai}) {known.data_title} has the form {known.format.partition('+')[2]}"
        if known.data_title.endswith(("DATE", "BY", "TIME")) or "date" in known.description.lower():
            why += " and begins with a date that exists, as YYMMDD"
        raise MalformedGs1(text=value, why=why) from None
    if checked := _CHECKED_DIGITS.get(ai):
        check_check_digit(value[:checked])
    return element


def _strip_symbology(text: str) -> str:
    """The message after its symbology identifier, which must be of a GS1 symbol."""
    if not text.startswith("]"):
        return text
    try:
        symbology = SymbologyIdentifier.extract(text)
    except (ParseError, IndexError, ValueError):
        symbology = None
    if symbology is None or symbology.gs1_symbology not in GS1Symbology.with_gs1_messages():
        raise MalformedGs1(text=text, why=f"{text[:3]} is not the prefix of a GS1 symbol")
    return text[len(symbology) :]


def _split_brackets(text: str) -> Iterable[tuple[str, str]]:
    # A value may hold brackets itself; only a bracketed number of 2 to 4 digits starts an element.
    parts = re.split(r"\(([0-9]{2,4})\)", text)
    return zip(parts[1::2], parts[2::2], strict=True)


def _split_message(text: str) -> Iterable[tuple[str, str]]:
    rest = text.removeprefix(FNC1)
    while rest:
        known = _find_identifier(rest, text)
        if known.separator_required:
            element, _, rest = rest.partition(FNC1)
        else:
            length = len(known.ai) + _fixed_length(known)
            element, rest = rest[:length], rest[length:].removeprefix(FNC1)
        yield known.ai, element[len(known.ai) :]


def _fixed_length(known: GS1ApplicationIdentifier) -> int:
    """The length of a value of predefined length, from biip's format `N2+N14`."""
    return int(known.format.partition("+N")[2])


def _find_identifier(start: str, text: str) -> GS1ApplicationIdentifier:
    try:
        return GS1ApplicationIdentifier.extract(start)
    except ParseError:
        why = f"no known application identifier begins {start[:4]!r}"
        raise MalformedGs1(text=text, why=why) from None
