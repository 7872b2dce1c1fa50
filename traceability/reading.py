"""Reading a JSON document field by field; a refusal names the field and the reason.

>>> fields = Fields({"name": "Sầu riêng Ri6", "colour": "green"}, "product")
>>> fields.text("name")
'Sầu riêng Ri6'
>>> fields.done()
Traceback (most recent call last):
    ...
traceability.reading.MalformedLot: the lot's product.colour: is not a field of a lot
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from stamps.errors import VeritemError
from stamps.timestamps import parse_rfc3339

LONGEST_TEXT: Final = 500  # characters
LONGEST_LIST: Final = 64  # entries

_TOO_MANY: Final = f"must be a list of at most {LONGEST_LIST}"

Kind = TypeVar("Kind", bound=StrEnum)
Read = TypeVar("Read")


class MalformedLot(VeritemError):
    """The document of a lot can not be read, or contradicts itself."""

    code = "malformed-lot"
    message = "the lot's {field}: {why}"


class Fields:
    """One JSON object at `path`, read by name; `done` refuses what nobody asked for."""

    def __init__(self, document: object, path: str = "") -> None:
        if not isinstance(document, Mapping):
            raise MalformedLot(field=path or "document", why="must be a JSON object")
        self._document: Mapping[str, Any] = document
        self._asked: set[str] = set()
        self.path = path

    def at(self, name: str) -> str:
        """The name of a field as the whole document knows it."""
        return f"{self.path}.{name}" if self.path else name

    def maybe_text(self, name: str) -> str | None:
        """A text in canonical Unicode (NFC), None when absent or null.

        Raises:
            MalformedLot: no text, empty, too long, or with control characters.
        """
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise MalformedLot(field=self.at(name), why="must be a text")
        text = unicodedata.normalize("NFC", value).strip()
        if not text:
            raise MalformedLot(field=self.at(name), why="is empty")
        if len(text) > LONGEST_TEXT:
            raise MalformedLot(field=self.at(name), why=f"is longer than {LONGEST_TEXT} characters")
        if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text):
            raise MalformedLot(field=self.at(name), why="has a control character")
        return text

    def text(self, name: str) -> str:
        """The same, which must be there."""
        return self._there(name, self.maybe_text(name))

    def maybe_number(self, name: str, low: float, high: float) -> float | None:
        """A finite number within bounds, None when absent."""
        value = self._take(name)
        if value is None:
            return None
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or not low <= value <= high:
            raise MalformedLot(
                field=self.at(name), why=f"must be a number from {low:g} to {high:g}"
            )
        return float(value)

    def maybe_time(self, name: str) -> int | None:
        """Milliseconds of an RFC 3339 time, None when absent."""
        text = self.maybe_text(name)
        if text is None:
            return None
        try:
            return parse_rfc3339(text)
        except ValueError as error:
            raise MalformedLot(field=self.at(name), why=str(error)) from None

    def choice(self, name: str, kind: type[Kind]) -> Kind:
        """One of a closed set of words."""
        word = self.text(name)
        try:
            return kind(word)
        except ValueError:
            words = ", ".join(kind)
            raise MalformedLot(field=self.at(name), why=f"must be one of {words}") from None

    def checked(self, name: str, check: Callable[[str], Read]) -> Read | None:
        """A text read by a function whose ValueError or refusal becomes this field's."""
        text = self.maybe_text(name)
        if text is None:
            return None
        try:
            return check(text)
        except (ValueError, VeritemError) as error:
            raise MalformedLot(field=self.at(name), why=str(error)) from error

    def maybe_fields(self, name: str) -> "Fields | None":
        """An object within this one, None when absent."""
        value = self._take(name)
        return None if value is None else Fields(value, self.at(name))

    def fields(self, name: str) -> "Fields":
        """The same, which must be there."""
        return self._there(name, self.maybe_fields(name))

    def codes(self, name: str, pattern: str) -> tuple[str, ...]:
        """A list of texts of one form, none when absent."""
        value = self._take(name)
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or len(value) > LONGEST_LIST:
            raise MalformedLot(field=self.at(name), why=_TOO_MANY)
        for one in value:
            if not isinstance(one, str) or not re.fullmatch(pattern, one):
                raise MalformedLot(field=self.at(name), why=f"{one!r} has not the form {pattern}")
        return tuple(value)

    def each(self, name: str) -> Iterator["Fields"]:
        """The objects of a list, none when absent."""
        value = self._take(name)
        if value is None:
            return
        if not isinstance(value, list | tuple) or len(value) > LONGEST_LIST:
            raise MalformedLot(field=self.at(name), why=_TOO_MANY)
        for index, one in enumerate(value):
            yield Fields(one, f"{self.at(name)}[{index}]")

    def done(self) -> None:
        """Refuse fields that nobody asked for: a misspelt name must not be lost in silence."""
        for name in self._document:
            if name not in self._asked:
                raise MalformedLot(field=self.at(str(name)), why="is not a field of a lot")

    def _take(self, name: str) -> Any:
        self._asked.add(name)
        return self._document.get(name)

    def _there(self, name: str, value: Read | None) -> Read:
        if value is None:
            raise MalformedLot(field=self.at(name), why="is missing")
        return value
