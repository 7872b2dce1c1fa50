"""Whole numbers as people type them; what can be read in two ways is refused with both readings.

`25.000` is twenty-five thousand in Vietnamese and twenty-five in English, and `25,000` the other
way round. A number with one such group of three digits is only read where the caller says which
sign separates thousands, as a page in one language can. Several groups, and groups after a blank,
have one reading.

>>> parse_whole_number("25 000"), parse_whole_number("1.234.567")
(25000, 1234567)
>>> parse_whole_number("25.000", thousands=".")
25000
>>> parse_whole_number("25.000")
Traceback (most recent call last):
    ...
stamps.typed_number.MalformedNumber: '25.000' can be read in two ways, 25000 or 25; write it \
without a separator
>>> parse_whole_number("1.5")
Traceback (most recent call last):
    ...
stamps.typed_number.MalformedNumber: '1.5' must be a whole number
"""

import re
from typing import Final, Literal

from stamps.errors import VeritemError
from stamps.typed_text import normalize_typed_text

LONGEST_NUMBER: Final = 15
"""Digits of a number; longer ones exceed every limit."""

_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:([ .,])[0-9]{3})(?:\1[0-9]{3})*")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{0,15})?")
_WHOLE: Final = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:([ .,])[0-9]{3})(?:\1[0-9]{3})*)")
_SHOWN: Final = 64


class MalformedNumber(VeritemError, ValueError):
    """The text is no whole number, or two.

    `readings` are both where it can be read in two ways; else `expected` is `number`.
    """

    code = "malformed-number"
    message = "{text!r} {why}"


def parse_whole_number(text: str, thousands: Literal[".", ",", ""] = "") -> int:
    """The number that a text means; `thousands` is the sign that separates thousands here.

    Raises:
        MalformedNumber: no whole number, or one that can be read in two ways.
    """
    typed = normalize_typed_text(text)
    grouped = _GROUPED.fullmatch(typed)
    digits = typed if grouped is None else typed.replace(grouped[1], "")
    if not (digits.isascii() and digits.isdecimal()):
        raise MalformedNumber(text=text[:_SHOWN], why="must be a whole number", expected="number")
    if len(digits) > LONGEST_NUMBER:
        raise MalformedNumber(
            text=text[:_SHOWN], why=f"must have at most {LONGEST_NUMBER} digits", expected="number"
        )
    if grouped is not None and has_two_readings(typed) and grouped[1] != thousands:
        readings = (digits, format_decimal_reading(typed))
        why = (
            f"can be read in two ways, {readings[0]} or {readings[1]}; write it without a separator"
        )
        raise MalformedNumber(text=text[:_SHOWN], why=why, readings=readings)
    return int(digits)


def parse_decimal(text: str, thousands: Literal[".", ",", ""] = "") -> float:
    """The number that a text means, with a fraction or without; `thousands` as above.

    >>> parse_decimal("12,5"), parse_decimal("1.234,5"), parse_decimal("1.250", thousands=".")
    (12.5, 1234.5, 1250.0)

    Raises:
        MalformedNumber: no number, or one that can be read in two ways.
    """
    typed = normalize_typed_text(text)
    grouped = _GROUPED.fullmatch(typed)
    if grouped is not None and has_two_readings(typed) and thousands:
        grouped = grouped if grouped[1] == thousands else None
    elif grouped is not None:
        return float(parse_whole_number(text))
    whole, point, fraction = typed, "", ""
    if grouped is None:
        at = max(typed.rfind("."), typed.rfind(","))
        if at >= 0:
            whole, point, fraction = typed[:at], ".", typed[at + 1 :]
    plain = "".join(letter for letter in whole if letter not in " .,") + point + fraction
    if not (_DECIMAL.fullmatch(plain) and _WHOLE.fullmatch(whole)):
        raise MalformedNumber(text=text[:_SHOWN], why="must be a number", expected="number")
    return float(plain)


def has_two_readings(typed: str) -> bool:
    """Whether a normalized number has one group of three digits after a dot or comma.

    >>> has_two_readings("6.500"), has_two_readings("1.234.567"), has_two_readings("6 500")
    (True, False, False)
    """
    return len(typed) <= 7 and typed[-4:-3] in (".", ",") and typed[:-4].isdecimal()


def format_decimal_reading(typed: str) -> str:
    """A number with a dot or comma, read as a decimal fraction, without zeros at its end.

    >>> format_decimal_reading("2,009"), format_decimal_reading("25.000")
    ('2.009', '25')
    """
    return typed.replace(",", ".").rstrip("0").rstrip(".")
