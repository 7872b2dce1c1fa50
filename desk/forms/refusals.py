"""Refusals as pages show them: on the page that follows a redirect, and in any language."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from desk.forms.invalid_form import Flaw, find_flaws
from desk.problems import status_of
from stamps.errors import VeritemError

_SHOWN_TEXT: Final = 2000
"""Characters of one piece of evidence."""
_SHOWN_ITEMS: Final = 50


@dataclass(frozen=True, slots=True)
class ShownRefusal:
    """A refusal without its exception: every part is a JSON value, so that it can be stored."""

    code: str
    status: int
    detail: str
    """The message in English."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()

    @classmethod
    def of_error(cls, error: VeritemError, fields: Mapping[str, str]) -> Self:
        """The refusal of a form with these fields; without fields, of a page."""
        return cls(
            code=error.code,
            status=status_of(error),
            detail=str(error)[:_SHOWN_TEXT],
            evidence=_simplify_all(error.evidence),
            flaws=tuple(
                replace(flaw, values=_simplify_all(flaw.values))
                for flaw in find_flaws(error, fields)
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the refusal as a JSON object."""
        return {
            "code": self.code,
            "status": self.status,
            "detail": self.detail,
            "evidence": dict(self.evidence),
            "flaws": [[flaw.field, flaw.text, dict(flaw.values)] for flaw in self.flaws],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the refusal in a JSON object that `to_json` made."""
        flaws = tuple(Flaw(*one) for one in stored["flaws"])
        return cls(**{**stored, "flaws": flaws})


def _simplify_all(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _simplify(value) for name, value in values.items()}


def _simplify(value: Any) -> Any:
    """A JSON value: what a page shows of a piece of evidence."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, str):
        return str(value)[:_SHOWN_TEXT]
    if isinstance(value, int):
        return value if abs(value) < 1 << 53 else str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_simplify(item) for item in list(value)[:_SHOWN_ITEMS]]
    return str(value)[:_SHOWN_TEXT]
