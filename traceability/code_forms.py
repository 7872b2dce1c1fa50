"""Forms of registration codes: the table `code_forms.toml`, and one reading of what people type.

Each form has a kind of place, the authority that gives the code, a pattern and an example. A code
is read without regard to case, hyphens, dots and blanks, and written as its form says.

>>> [form.example for form in load_code_forms() if form.kind == "growing_area"]
['VN-ĐLOR-0123', 'VN-QTFR-0145']
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

_LOOKALIKES: Final = str.maketrans({"Ð": "Đ", "Ɖ": "Đ"})
_DIGITS: Final = str.maketrans("OIL", "011")


_MARKS: Final = frozenset("./·•")
"""Signs that people put between the parts of a code."""


class CodeKind(StrEnum):
    """Kind of place that a registration code names."""

    GROWING_AREA = "growing_area"
    FARMING_AREA = "farming_area"
    PACKING_HOUSE = "packing_house"

    @property
    def words(self) -> str:
        """The kind in English, as messages name it."""
        return self.replace("_", " ")


@dataclass(frozen=True, slots=True)
class CodeForm:
    """One form of the codes of a kind of place."""

    kind: CodeKind
    country: str | None
    """Country of the place, ISO 3166-1 alpha-2; None: any."""
    authority: str
    """Authority that gives codes of this form."""
    pattern: re.Pattern[str]
    """Pattern of a code in capitals without separators."""
    digits: frozenset[str]
    """The groups of the pattern that are digits."""
    template: str
    example: str

    def parse(self, compact: str) -> str | None:
        """Return the canonical code of a text without separators; None if it has another form."""
        found = self.pattern.fullmatch(compact)
        if found is None:
            return None
        groups = {
            name: text.translate(_DIGITS) if name in self.digits else text
            for name, text in found.groupdict().items()
        }
        return self.template.format_map(groups)


@cache
def load_code_forms() -> tuple[CodeForm, ...]:
    """All forms, in the order of the table."""
    text = files("traceability").joinpath("code_forms.toml").read_text("utf-8")
    return tuple(_read_form(row) for row in tomllib.loads(text)["form"])


def compact_code(text: str) -> str:
    """The letters and digits of a code: capitals, composed, without separators.

    >>> compact_code(" vn–đlor 0123"), compact_code("ＶＮ-ÐLOR.0123")
    ('VNĐLOR0123', 'VNĐLOR0123')
    """
    capitals = unicodedata.normalize("NFKC", text).upper().translate(_LOOKALIKES)
    return "".join(letter for letter in capitals if not _is_separator(letter))


def _is_separator(letter: str) -> bool:
    """Whether it is a blank, a hyphen, an invisible character, or one of `_MARKS`."""
    return letter in _MARKS or unicodedata.category(letter) in ("Zs", "Cc", "Cf", "Pd", "Pc")


def read_code(text: str, kind: CodeKind | None = None) -> tuple[CodeKind, str] | None:
    """Kind and canonical code of what was typed; None if no form, of this kind, fits."""
    if len(text) > _LONGEST_TYPED:
        return None
    compact = compact_code(text)
    for form in load_code_forms():
        if kind in (None, form.kind) and (code := form.parse(compact)) is not None:
            return form.kind, code
    return None


def list_examples(kind: CodeKind) -> list[str]:
    """An example of each form of a kind."""
    return [form.example for form in load_code_forms() if form.kind == kind]


_LONGEST_TYPED: Final = 100
"""Characters; a longer text is no code."""


def _read_form(row: Mapping[str, Any]) -> CodeForm:
    return CodeForm(
        kind=CodeKind(row["kind"]),
        country=row.get("country"),
        authority=row["authority"],
        pattern=re.compile(row["pattern"]),
        digits=frozenset(row.get("digits", ())),
        template=row["write"],
        example=row["example"],
    )
