"""Profiles: the items of a lot by kind of produce, read from the tables in `profiles/`.

A profile names the items of its kind in their order, the kinds of registered codes that count, and
its own words for stages. `items.toml` has the items that kinds share. Adding a kind is adding a
table: form, checks, import, public page and documentation follow from it.

>>> [profile.kind for profile in load_profiles().values()]
['aquaculture', 'crop', 'farm_input', 'forestry', 'livestock', 'processed_food']
>>> find_profile("aquaculture").origin, find_profile("crop").item("growing_area").group
('farming_area', 'origin')
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from traceability.code_forms import CodeKind
from web.i18n import LANGUAGES, Language

CROP: Final = "crop"
"""The kind of a lot that names none."""
FOLDER: Traversable = files("traceability").joinpath("profiles")
_SHARED: Final = "items.toml"
_DETAIL_PREFIX: Final = "details."


class RequirementSource(StrEnum):
    """The rule that asks for an item."""

    CIRCULAR = "circular-02-2024"
    PLAN = "ministry-plan-2026"
    PASSPORT = "decree-37-2026"
    VERITEM = "veritem"


_SOURCES: Final = {
    "circular": RequirementSource.CIRCULAR,
    "plan": RequirementSource.PLAN,
    "passport": RequirementSource.PASSPORT,
    "veritem": RequirementSource.VERITEM,
}


class DetailType(StrEnum):
    """The type of a value that only some kinds of produce have."""

    TEXT = "text"
    DAY = "day"
    COUNT = "count"
    CHOICE = "choice"


Words = Mapping[Language, str]
"""A text in each language."""


@dataclass(frozen=True, slots=True)
class LotItem:
    """One item of a lot: its name in three languages, the rules that ask for it, its field."""

    name: str
    group: str
    label: Words
    sources: Mapping[RequirementSource, str]
    """Each rule's own number or name of the item."""
    is_mandatory: bool
    form_fields: tuple[str, ...]
    """The fields of the form; of a detail one, `details.` and its name."""
    type: DetailType | None = None
    """Type of an item in `details`; None for an item with a field in every lot document."""
    choices: Mapping[str, Words] | None = None
    example: str = ""
    ends_before_harvest: bool = False
    """The day is not after that of the harvest."""
    needed_with: str | None = None
    """The detail that makes the item mandatory."""


@dataclass(frozen=True, slots=True)
class LotProfile:
    """Profile of a kind of produce: the items that its lots tell."""

    kind: str
    name: Words
    code_kinds: tuple[CodeKind, ...]
    """The kinds of registered codes that a lot names; that of its origin is the first."""
    items: tuple[LotItem, ...]
    groups: Mapping[str, Words]
    """The groups that its items have, in order."""
    stage_names: Mapping[str, Words]
    """Names of stages that are called otherwise for this kind."""

    @property
    def origin(self) -> str:
        """The field of a lot's document that names where the produce comes from."""
        return str(self.code_kinds[0])

    @property
    def details(self) -> tuple[LotItem, ...]:
        """The items in `details`."""
        return tuple(item for item in self.items if item.type is not None)

    @property
    def form_fields(self) -> tuple[str, ...]:
        """The fields of the form, in order."""
        return tuple(field for item in self.items for field in item.form_fields)

    def name_stage(self, stage: str, language: Language) -> str | None:
        """The name of a stage where this kind has its own."""
        words = self.stage_names.get(stage)
        return None if words is None else words[language]

    def item(self, name: str) -> LotItem:
        """The item of this name. Raises `KeyError`."""
        return {item.name: item for item in self.items}[name]

    def find_item_of(self, form_field: str) -> LotItem | None:
        """The item that a field of the form tells."""
        return next((item for item in self.items if form_field in item.form_fields), None)


def name_item(item: LotItem, language: Language) -> str:
    """The label of an item, as a line begins with it."""
    label = item.label[language]
    return label[:1].upper() + label[1:]


def list_labels(kind: str | None, items: Iterable[str], language: Language) -> list[str]:
    """The labels of items of a kind of produce; of an unknown item its name. None: crops."""
    profile = load_profiles().get(kind or CROP)
    known = {item.name: item.label[language] for item in profile.items} if profile else {}
    return [known.get(item, item) for item in items]


def find_profile(kind: str) -> LotProfile:
    """The profile of a kind of produce. Raises `KeyError`."""
    return load_profiles()[kind]


@cache
def load_profiles() -> Mapping[str, LotProfile]:
    """All profiles by kind."""
    return read_profiles(FOLDER)


def read_profiles(folder: Traversable) -> dict[str, LotProfile]:
    """The profiles of a folder by kind, in the order of their kinds."""
    shared = _load(folder.joinpath(_SHARED))
    tables = [_load(one) for one in folder.iterdir() if _is_profile(one)]
    profiles = [_read_profile(table, shared) for table in tables]
    return {one.kind: one for one in sorted(profiles, key=lambda one: one.kind)}


def _is_profile(file: Traversable) -> bool:
    return file.name.endswith(".toml") and file.name != _SHARED


def _load(file: Traversable) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


def _read_profile(table: Mapping[str, Any], shared: Mapping[str, Any]) -> LotProfile:
    own = table.get("item", {})
    items = tuple(
        _read_item(name, {**shared["item"].get(name, {}), **own.get(name, {})})
        for name in table["items"]
    )
    groups = {**shared["groups"], **table.get("groups", {})}
    used = {item.group for item in items if item.form_fields}
    return LotProfile(
        kind=table["kind"],
        name=_read_words(table["name"]),
        code_kinds=tuple(CodeKind(kind) for kind in table["code_kinds"]),
        items=items,
        groups={name: _read_words(words) for name, words in groups.items() if name in used},
        stage_names={stage: _read_words(words) for stage, words in table.get("stage", {}).items()},
    )


def _read_item(name: str, row: Mapping[str, Any]) -> LotItem:
    kind = None if "type" not in row else DetailType(row["type"])
    choices = row.get("choices")
    return LotItem(
        name=name,
        group=row["group"],
        label=_read_words(row["label"]),
        sources={source: row[key] for key, source in _SOURCES.items() if key in row},
        is_mandatory=row.get("mandatory", False),
        form_fields=tuple(row.get("fields", ())) if kind is None else (_DETAIL_PREFIX + name,),
        type=kind,
        choices=None if choices is None else {one: _read_words(choices[one]) for one in choices},
        example=row.get("example", ""),
        ends_before_harvest=row.get("ends_before") == "harvest",
        needed_with=row.get("needed_with"),
    )


def _read_words(row: Mapping[str, str]) -> Words:
    return {language: row[language] for language in LANGUAGES}
