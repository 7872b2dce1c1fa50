"""Kinds of diary entries, read from the tables in `kinds/`.

A kind names its fields in their order, and the EPCIS event that an entry becomes. `fields.toml` has
the fields that kinds share. Adding a kind is adding a table: form, checks, import, list, event and
documentation follow from it.

>>> [kind.name["en"] for kind in load_entry_kinds().values()][:3]
['Planting, stocking', 'Inputs: fertiliser, pesticide, feed', 'Harvest']
>>> find_entry_kind("harvest").field("place").is_mandatory
True
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from web.i18n import LANGUAGES, Language

Labels = Mapping[Language, str]
"""A text in each language."""

_FOLDER: Final[Traversable] = files("traceability").joinpath("diary", "kinds")
_SHARED: Final = "fields.toml"
_USUALLY_ANEW: Final = ("at", "quantity", "lot", "output_lot", "note")


class FieldType(StrEnum):
    """The type of a field of an entry."""

    TEXT = "text"
    DAY = "day"
    MOMENT = "moment"
    """A day, or a day with its time of Vietnam."""
    NUMBER = "number"
    COUNT = "count"
    CHOICE = "choice"
    PLACE = "place"
    """A registered code of the author's own organisation."""
    SITE = "site"
    """The code of any growing area, farm or packing house."""
    PRODUCT = "product"
    LOT = "lot"


class ItemRole(StrEnum):
    """The class of things that an event is about."""

    LOT = "lot"
    """The goods with the entry's lot code."""
    MADE = "made"
    """The goods that processing made, with the entry's `output_lot`."""
    STANDING = "standing"
    """What grows at the entry's place."""
    INPUT = "input"
    """What the entry says was given to it, by name and batch number."""
    TESTED = "tested"
    """The lot if the entry names one, else what grows at the place."""


@dataclass(frozen=True, slots=True)
class EntryField:
    """One field of a kind of entries."""

    name: str
    type: FieldType
    label: Labels
    hint: Labels | None
    example: str
    is_mandatory: bool
    is_main: bool
    """Whether a form shows it at once; others are folded away."""
    needed_with: tuple[str, frozenset[str]] | None
    """A field, and its choices (none: any value), with which this one is mandatory."""
    least: float | None
    most: float | None
    choices: Mapping[str, Labels]
    not_before: str | None
    """The field of the day before which this day cannot be."""

    def name_choice(self, value: str, language: Language) -> str:
        """The text of a choice; the value itself where it is none."""
        words = self.choices.get(value)
        return value if words is None else words[language]


@dataclass(frozen=True, slots=True)
class EventShape:
    """The EPCIS event that an entry becomes: its type and the roles of what it names."""

    type: str
    step: str
    action: str | None
    disposition: str | None
    items: ItemRole | None
    inputs: ItemRole | None
    outputs: ItemRole | None
    source: str | None
    """The field that names the party that things come from."""
    destination: str | None
    """The field that names the party that things go to."""
    party_type: str | None
    certificate: str | None
    """The field that has the number of a certificate."""


@dataclass(frozen=True, slots=True)
class EntryKind:
    """A kind of work that entries tell."""

    name: Labels
    kind: str
    fields: tuple[EntryField, ...]
    event: EventShape
    order: int
    needs_one_of: tuple[str, ...]
    """Fields of which an entry has at least one."""
    makes_lot: bool
    """Whether an entry without a lot code gets one from place and day."""
    follows_harvest: bool
    """Whether the goods of the entry must have been harvested before."""
    told_anew: tuple[str, ...]
    """Fields that differ where the same work is told again."""

    def field(self, name: str) -> EntryField:
        """The field of this name. Raises `KeyError`."""
        return {field.name: field for field in self.fields}[name]

    def has_field(self, name: str) -> bool:
        """Whether entries of the kind have a field of this name."""
        return any(field.name == name for field in self.fields)


def find_entry_kind(kind: str) -> EntryKind:
    """The kind of this id. Raises `KeyError`."""
    return load_entry_kinds()[kind]


@cache
def load_entry_kinds() -> Mapping[str, EntryKind]:
    """All kinds by id, in the order in which people are offered them."""
    return read_entry_kinds(_FOLDER)


def read_entry_kinds(folder: Traversable) -> dict[str, EntryKind]:
    """The kinds of a folder by id, in their order."""
    shared = _load(folder.joinpath(_SHARED))["field"]
    tables = [_load(one) for one in folder.iterdir() if _is_kind(one)]
    kinds = [_read_kind(table, shared) for table in tables]
    return {one.kind: one for one in sorted(kinds, key=lambda one: one.order)}


def _is_kind(file: Traversable) -> bool:
    return file.name.endswith(".toml") and file.name != _SHARED


def _load(file: Traversable) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


def _read_kind(table: Mapping[str, Any], shared: Mapping[str, Any]) -> EntryKind:
    own = table.get("field", {})
    return EntryKind(
        kind=table["kind"],
        name=_read_labels(table["name"]),
        order=table["order"],
        fields=tuple(
            _read_field(name, {**shared.get(name, {}), **own.get(name, {})})
            for name in table["fields"]
        ),
        event=_read_shape(table["event"]),
        needs_one_of=tuple(table.get("needs_one_of", ())),
        makes_lot=table.get("makes_lot", False),
        follows_harvest=table.get("follows_harvest", False),
        told_anew=tuple(table.get("told_anew", _USUALLY_ANEW)),
    )


def _read_field(name: str, row: Mapping[str, Any]) -> EntryField:
    needed = row.get("needed_with")
    return EntryField(
        name=name,
        type=FieldType(row["type"]),
        label=_read_labels(row["label"]),
        hint=_read_labels(row["hint"]) if "hint" in row else None,
        example=row.get("example", ""),
        is_mandatory=row.get("mandatory", False),
        is_main=bool(needed) or row.get("mandatory", False) or row.get("main", False),
        needed_with=(needed["field"], frozenset(needed.get("values", ()))) if needed else None,
        least=row.get("least"),
        most=row.get("most"),
        choices={one: _read_labels(words) for one, words in row.get("choices", {}).items()},
        not_before=row.get("not_before"),
    )


def _read_shape(row: Mapping[str, Any]) -> EventShape:
    roles = {name: ItemRole(row[name]) for name in ("items", "inputs", "outputs") if name in row}
    return EventShape(
        type=row["type"],
        step=row["step"],
        action=row.get("action"),
        disposition=row.get("disposition"),
        items=roles.get("items"),
        inputs=roles.get("inputs"),
        outputs=roles.get("outputs"),
        source=row.get("source"),
        destination=row.get("destination"),
        party_type=row.get("party_type"),
        certificate=row.get("certificate"),
    )


def _read_labels(row: Mapping[str, str]) -> Labels:
    return {language: row[language] for language in LANGUAGES}
