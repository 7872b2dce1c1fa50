"""GS1 values that the scan path and lot documents need: GTIN, check digit, lot and serial numbers.

This module does not use biip, which the other GS1 modules do: importing biip takes 0.2 s and its
Digital Link parser some 250 µs, several times a whole public page (ADR 0036). The rules are
few: a
GTIN has 8, 12, 13 or 14 digits and its canonical form 14, zeros before; the last is a check digit
(weights 3 and 1 from the right, the sum is a multiple of ten); (10), (21), (22) and (235) take
characters of GS1's set 82. GS1 General Specifications release 25, sections 3, 7.9 and 7.11.

>>> parse_gtin("8935000000014")
'08935000000014'
>>> parse_gtin("8935000000016")
Traceback (most recent call last):
    ...
traceability.gs1_values.MalformedGs1: not GS1: the check digit of 8935000000016 should be 4
"""

import re
from typing import Final

from stamps.errors import VeritemError

_DIGITS: Final = re.compile("[0-9]+")
_GLN_LENGTH: Final = 13
_SET_82: Final = r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"""
_TEXT_20: Final = re.compile(f"{_SET_82}{{1,20}}")
_TEXT_28: Final = re.compile(f"{_SET_82}{{1,28}}")


class MalformedGs1(VeritemError):
    """The text breaks a rule of the GS1 system."""

    code = "malformed-gs1"
    message = "not GS1: {why}"


def compute_check_digit(digits: str) -> str:
    """The check digit that belongs after these digits.

    >>> compute_check_digit("893500000001")
    '4'
    """
    total = sum(map(int, digits[::-2])) * 3 + sum(map(int, digits[-2::-2]))
    return str(-total % 10)


def check_check_digit(digits: str) -> None:
    """Raise `MalformedGs1` when the last digit is not the check digit of those before it."""
    right = compute_check_digit(digits[:-1])
    if digits[-1] != right:
        raise MalformedGs1(text=digits, why=f"the check digit of {digits} should be {right}")


def parse_gtin(text: str) -> str:
    """The 14 digits of a GTIN given as 8, 12, 13 or 14, spaces and hyphens allowed.

    Raises:
        MalformedGs1: another length, another character, a wrong check digit.
    """
    digits = re.sub(r"[\s-]", "", text)
    if _DIGITS.fullmatch(digits) is None or len(digits) not in (8, 12, 13, 14):
        raise MalformedGs1(text=text, why="a GTIN has 8, 12, 13 or 14 digits")
    check_check_digit(digits)
    return digits.zfill(14)


def parse_gln(text: str) -> str:
    """The 13 digits of a location number (GLN), spaces and hyphens allowed.

    >>> parse_gln("893 5000-00001 4")
    '8935000000014'

    Raises:
        MalformedGs1: another length, another character, a wrong check digit.
    """
    digits = re.sub(r"[\s-]", "", text)
    if _DIGITS.fullmatch(digits) is None or len(digits) != _GLN_LENGTH:
        raise MalformedGs1(text=text, why="a GLN has 13 digits")
    check_check_digit(digits)
    return digits


def check_gtin_14(text: str) -> str:
    """The GTIN of an address or symbol: 14 digits, nothing else.

    Raises:
        MalformedGs1: another length, another character, a wrong check digit.
    """
    if len(text) != 14 or _DIGITS.fullmatch(text) is None:
        raise MalformedGs1(text=text, why="(01) GTIN has 14 digits")
    check_check_digit(text)
    return text


def check_lot_number(text: str) -> str:
    """The value of (10), (21) or (22): 1 to 20 characters of set 82.

    Raises:
        MalformedGs1: another length or character.
    """
    if _TEXT_20.fullmatch(text) is None:
        raise MalformedGs1(text=text, why=f"{text!r} has not 1 to 20 characters of GS1's set 82")
    return text


def check_serial_extension(text: str) -> str:
    """The value of (235), a third party's serial number: 1 to 28 characters of set 82.

    Raises:
        MalformedGs1: another length or character.
    """
    if _TEXT_28.fullmatch(text) is None:
        raise MalformedGs1(text=text, why=f"{text!r} has not 1 to 28 characters of GS1's set 82")
    return text
