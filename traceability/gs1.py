"""GS1: trade item numbers (GTIN), application identifiers (AI) and strings made of them.

A GTIN has 8, 12, 13 or 14 digits; the last is a check digit: with weights 3 and 1 in turn from
the right, the sum is a multiple of ten. Its canonical form has 14 digits, zeros before.

An element string is a row of AIs with their values. People write it with brackets, machines
without: values of a length fixed by the AI's first two digits run on, the others end with the
separator FNC1, transmitted as the control character GS (0x1D).

GS1 General Specifications release 25, sections 3 and 7.8; the GS1 Barcode Syntax Dictionary. The
table has the identifiers that go with a trade item of fresh produce; another one is refused by
name, because a value of unknown length can not be told from its neighbours.

>>> gtin("8935000000014")
'08935000000014'
>>> gtin("8935000000016")
Traceback (most recent call last):
    ...
traceability.gs1.MalformedGs1: not GS1: the check digit of 8935000000016 should be 4
>>> read_elements("(01)08935000000014(21)ABC")
{'01': '08935000000014', '21': 'ABC'}
>>> write_elements({"01": "08935000000014", "10": "L7", "17": "260930"}, brackets=False)
'010893500000001410L7\\x1d17260930'
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from stamps.errors import VeritemError

FNC1: Final = "\x1d"

# Character sets: N digits, X the 82 of ISO/IEC 646, Z the 64 (and padding) of base64url.
_SETS = {"N": "[0-9]", "X": r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]""", "Z": "[A-Za-z0-9_=-]"}
# First two digits of the AIs whose length is known without a table (figure 7.8.5-2).
_PREDEFINED = {"00", "01", "02", "03", "04", *map(str, range(11, 21)), *map(str, range(31, 37))} | {
    "41"
}


class MalformedGs1(VeritemError):
    """The text breaks a rule of the GS1 system."""

    code = "malformed-gs1"
    message = "not GS1: {why}"


@dataclass(frozen=True, slots=True)
class Identifier:
    """One application identifier: its data title and the form of its value, `N6` or `X..20`."""

    ai: str
    title: str
    form: str
    law: str = ""  # "key": GS1 check digit; "date": YYMMDD leads

    @property
    def longest(self) -> int:
        """How many characters a value may have at most."""
        return int(self.form[1:].removeprefix(".."))

    @property
    def shortest(self) -> int:
        """How many characters a value has at least."""
        return 1 if ".." in self.form else self.longest

    @property
    def ends_itself(self) -> bool:
        """Whether no FNC1 is needed after the value."""
        return self.ai[:2] in _PREDEFINED


_TABLE = (
    ("00", "SSCC", "N18", "key"),
    ("01", "GTIN", "N14", "key"),
    ("10", "BATCH/LOT", "X..20", ""),
    ("11", "PROD DATE", "N6", "date"),
    ("13", "PACK DATE", "N6", "date"),
    ("15", "BEST BEFORE", "N6", "date"),
    ("16", "SELL BY", "N6", "date"),
    ("17", "USE BY", "N6", "date"),
    ("20", "VARIANT", "N2", ""),
    ("21", "SERIAL", "X..20", ""),
    ("22", "CPV", "X..20", ""),
    ("235", "TPX", "X..28", ""),
    ("240", "ADDITIONAL ID", "X..30", ""),
    ("30", "VAR. COUNT", "N..8", ""),
    *((f"310{n}", "NET WEIGHT (kg)", "N6", "") for n in range(6)),
    ("37", "COUNT", "N..8", ""),
    ("400", "ORDER NUMBER", "X..30", ""),
    *((f"41{n}", "GLN", "N13", "key") for n in range(8)),
    ("422", "ORIGIN", "N3", ""),
    ("423", "COUNTRY - INITIAL PROCESS", "N..15", ""),
    ("426", "COUNTRY - FULL PROCESS", "N3", ""),
    ("427", "ORIGIN SUBDIVISION", "X..3", ""),
    ("7003", "EXPIRY TIME", "N10", "date"),
    ("7007", "HARVEST DATE", "N..12", "date"),
    *((f"703{n}", "PROCESSOR", "X..30", "") for n in range(10)),
    *((f"723{n}", "CERT", "X..30", "") for n in range(10)),
    ("8008", "PROD TIME", "N..12", "date"),
    ("8030", "DIGSIG", "Z..90", ""),
    ("8200", "PRODUCT URL", "X..70", ""),
)
IDENTIFIERS: Final = {row[0]: Identifier(*row) for row in _TABLE}
_VALUES = {
    ai: re.compile(f"{_SETS[known.form[0]]}{{{known.shortest},{known.longest}}}")
    for ai, known in IDENTIFIERS.items()
}


def check_digit(digits: str) -> str:
    """The check digit that belongs after these digits.

    >>> check_digit("893500000001")
    '4'
    """
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return str(-total % 10)


def gtin(text: str) -> str:
    """The 14 digits of a GTIN given as 8, 12, 13 or 14, spaces and hyphens allowed.

    Raises:
        MalformedGs1: another length, another character, a wrong check digit.
    """
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch("[0-9]+", digits) or len(digits) not in (8, 12, 13, 14):
        raise MalformedGs1(text=text, why="a GTIN has 8, 12, 13 or 14 digits")
    _check_digit_of(digits)
    return digits.zfill(14)


def check_value(ai: str, value: str) -> None:
    """Refuse a value that its application identifier does not allow.

    Raises:
        MalformedGs1: unknown identifier, wrong length, character, check digit or date.
    """
    known = IDENTIFIERS.get(ai)
    if known is None:
        raise MalformedGs1(text=value, why=f"the application identifier ({ai}) is not known here")
    if not _VALUES[ai].fullmatch(value):
        raise MalformedGs1(text=value, why=f"({ai}) {known.title} has the form {known.form}")
    if known.law == "key":
        _check_digit_of(value)
    elif known.law == "date":
        month, day = value[2:4], value[4:6]
        # Day 00 means the whole month, which the end of it stands for.
        if not ("01" <= month <= "12" and len(day) == 2 and day <= "31"):
            raise MalformedGs1(text=value, why=f"({ai}) {known.title} begins with YYMMDD")


def read_elements(text: str) -> dict[str, str]:
    """The elements of a string with or without brackets, in order.

    Raises:
        MalformedGs1: an unknown or repeated identifier, a refused value.
    """
    elements: dict[str, str] = {}
    for ai, value in _bracketed(text) if text.startswith("(") else _concatenated(text):
        check_value(ai, value)
        if ai in elements:
            raise MalformedGs1(text=text, why=f"({ai}) stands twice")
        elements[ai] = value
    if not elements:
        raise MalformedGs1(text=text, why="there is no element in it")
    return elements


def write_elements(elements: Mapping[str, str], *, brackets: bool = True) -> str:
    """Write elements, in the order given, for people (brackets) or for a symbol (FNC1).

    Raises:
        MalformedGs1: a refused value.
    """
    for ai, value in elements.items():
        check_value(ai, value)
    if brackets:
        return "".join(f"({ai}){value}" for ai, value in elements.items())
    ends = [FNC1 if not IDENTIFIERS[ai].ends_itself else "" for ai in elements]
    ends[-1:] = [""]  # nothing follows the last value
    return "".join(
        f"{ai}{value}{end}" for (ai, value), end in zip(elements.items(), ends, strict=True)
    )


def _check_digit_of(digits: str) -> None:
    if digits[-1] != (right := check_digit(digits[:-1])):
        raise MalformedGs1(text=digits, why=f"the check digit of {digits} should be {right}")


def _bracketed(text: str) -> list[tuple[str, str]]:
    # A value may hold brackets itself; only a bracketed number of 2 to 4 digits starts an element.
    parts = re.split(r"\(([0-9]{2,4})\)", text)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def _concatenated(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text):
        ai = next((text[at : at + n] for n in (2, 3, 4) if text[at : at + n] in IDENTIFIERS), None)
        if ai is None:
            raise MalformedGs1(
                text=text, why=f"no known application identifier begins {text[at : at + 4]!r}"
            )
        start, known = at + len(ai), IDENTIFIERS[ai]
        if known.ends_itself:
            end = at = start + known.longest
        else:
            end = text.find(FNC1, start)
            end = len(text) if end < 0 else end
            at = end + 1
        found.append((ai, text[start:end]))
    return found
