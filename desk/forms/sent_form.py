"""The form that a page shows again: what was typed, and what is wrong with which field.

The macros of the templates ask it for each field. While a page draws another form than the one that
was sent, it answers nothing. It also learns the label of each field, for the summary of the flaws.
"""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

from desk.forms.drafts import is_secret_field
from desk.forms.invalid_form import Flaw
from web.i18n import Texts, format_number

KEEP_PATH: Final = "/drafts"
"""The path that keeps a form without carrying it out: any form of the page may be sent there."""


class FlawLine(NamedTuple):
    """One line of the summary of flaws."""

    label: str
    id: str
    """The id of the field's element; empty for a field that the page does not draw."""
    text: str


class SentForm:
    """A form that was sent to `action`; without fields, one that nobody sent yet."""

    def __init__(
        self, fields: Mapping[str, str], action: str, flaws: Collection[Flaw], texts: Texts
    ) -> None:
        self._fields = fields
        self._action = unquote(action)
        self._flaws = flaws
        self._texts = texts
        self._drawn: dict[str, tuple[str, str]] = {}
        self._is_other = False

    def enter(self, action: str, only: Mapping[str, str]) -> str:
        """Begin to draw the form of `action`; `only` are fields that tell it from its siblings."""
        path = unquote(action.partition("?")[0])
        is_same = self._action in (path, KEEP_PATH) or self._action.startswith(f"{path}/")
        has_fields = all(self._fields.get(name) == str(value) for name, value in only.items())
        self._is_other = not (is_same and has_fields)
        return ""

    def leave(self) -> str:
        """End the form that is drawn."""
        self._is_other = False
        return ""

    def value(self, name: str, default: object = "") -> str:
        """The text that was typed in a field, else its value when nobody typed yet."""
        usual = "" if default is None else str(default)
        if self._is_other or is_secret_field(name):
            return usual
        return self._fields.get(name, usual)

    def is_ticked(self, name: str, *, default: bool = False) -> bool:
        """Whether a box is ticked: as it was sent, else as it is at first."""
        if self._is_other or not self._fields:
            return default
        return name in self._fields

    def is_open(self, only: Mapping[str, str]) -> bool:
        """Whether the form with these fields was sent, so that a closed section shows it."""
        return bool(self._fields) and all(
            self._fields.get(name) == str(value) for name, value in only.items()
        )

    def draw(self, name: str, id_: str, label: str) -> list[str]:
        """Note that a field is drawn; return what is wrong with it."""
        if self._is_other:
            return []
        self._drawn[name] = (id_, label)
        return [self._describe(flaw) for flaw in self._flaws if flaw.field == name]

    def summarise(self) -> list[FlawLine]:
        """All flaws, once the page is drawn: in the order of its fields."""
        order = {name: at for at, name in enumerate(self._drawn)}
        lines = []
        for flaw in sorted(self._flaws, key=lambda flaw: order.get(flaw.field, len(order))):
            id_, label = self._drawn.get(flaw.field, ("", flaw.field))
            lines.append(FlawLine(label, id_, self._describe(flaw)))
        return lines

    def _describe(self, flaw: Flaw) -> str:
        key = flaw.text if self._texts.has(flaw.text) else "flaw.not_accepted"
        values = {
            name: format_number(value, self._texts.language) if isinstance(value, int) else value
            for name, value in flaw.values.items()
        }
        return self._texts(key, **{"why": "", **values})
