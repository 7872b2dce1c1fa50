"""Cells of CSV files that people open in a spreadsheet.

A spreadsheet takes a text that begins with `=`, `+`, `-` or `@` for a formula. Such a cell gets an
apostrophe before it (OWASP, CSV injection).
"""

from typing import Final

BOM: Final = "\ufeff"
"""Byte order mark; without it Excel reads UTF-8 as the local code page."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def disarm_formula(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    >>> disarm_formula("=1+1"), disarm_formula("a=1")
    ("'=1+1", 'a=1')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
