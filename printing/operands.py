"""Operands of page descriptions: numbers, inks and bit masks as PDF and PostScript write them."""

from typing import Final

import numpy as np

from printing.byte_template import Bytes

MM: Final = 72 / 25.4
"""Points in a millimetre."""

Ink = tuple[float, float, float, float]
"""Cyan, magenta, yellow and black in per cent."""

_HEX: Final = np.frombuffer(bytes(range(256)).hex().upper().encode(), np.uint16)


def format_numbers(*values: float) -> str:
    """Numbers with at most three decimals and no exponent, a space between them.

    >>> format_numbers(12.0, 0.1234567)
    '12 0.123'
    """
    return " ".join(map(_format_number, values))


def format_ink(ink: Ink) -> str:
    """The four operands of an ink, from 0 to 1."""
    return format_numbers(*(part / 100 for part in ink))


def format_hexadecimal(packed: Bytes) -> Bytes:
    """Packed symbols (n, rows, row bytes) as (n, 2 · bytes) of hexadecimal digits."""
    return _HEX[packed.reshape(len(packed), -1)].view(np.uint8)


def _format_number(value: float) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
