"""Names of accounts: one normal form, so that spellings of one name are one account.

The normal form is what is stored and compared: NFKC, without blanks and invisible characters, case
folded (Unicode, section 5.18.4 and UAX 15). A new name may have ASCII letters, digits, dots and
hyphens alone, so no letter of another alphabet can imitate one of them.

>>> normalise_account_name(" M\uff21i\u00a0") == normalise_account_name("m\u200bai") == "mai"
True
>>> check_account_name("mаi")
Traceback (most recent call last):
    ...
ValueError: the account name has letters that only look like a-z: CYRILLIC SMALL LETTER A
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,38}[a-z0-9])?")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
"""Controls, format characters and separators (general categories)."""


def normalise_account_name(name: str) -> str:
    """The normal form of an account's name."""
    visible = "".join(
        letter
        for letter in unicodedata.normalize("NFKC", name)
        if unicodedata.category(letter) not in _INVISIBLE
    )
    return unicodedata.normalize("NFKC", visible.casefold())


def is_same_account(one: str, other: str) -> bool:
    """Whether two spellings name one account."""
    return normalise_account_name(one) == normalise_account_name(other)


def check_account_name(name: str) -> str:
    """The normal form of a new account's name. Raises ValueError for a name that is not allowed."""
    normal = normalise_account_name(name)
    if _NAME.fullmatch(normal):
        return normal
    foreign = [
        unicodedata.name(letter, f"U+{ord(letter):04X}")
        for letter in normal
        if letter.isalpha() and not letter.isascii() and not _has_latin_base(letter)
    ]
    if foreign:
        raise ValueError(
            "the account name has letters that only look like a-z: " + ", ".join(foreign)
        )
    raise ValueError(
        "an account name has 1 to 40 of a-z 0-9 . - and begins and ends with a letter or digit"
    )


def find_collisions(names: Iterable[str]) -> list[tuple[str, ...]]:
    """The names that are spellings of one account, a group each, sorted."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(normalise_account_name(name), []).append(name)
    return sorted(tuple(sorted(group)) for group in groups.values() if len(group) > 1)


def _has_latin_base(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")
