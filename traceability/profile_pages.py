"""Profiles as pages of the documentation, one a kind and language: the data standard of a kind.

A page has everything that a lot of the kind tells, the rules that ask for it, the codes of its
places, its stages and what the diary tells of it. It is drawn from the tables alone.
"""

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Final, Literal

from traceability.code_forms import CodeForm, load_code_forms
from traceability.diary.entry_kinds import ItemRole, load_entry_kinds
from traceability.lot_profiles import (
    DetailType,
    LotItem,
    LotProfile,
    RequirementSource,
    load_profiles,
    name_item,
)
from traceability.stages import Stage

PageLanguage = Literal["vi", "en"]
PAGE_LANGUAGES: Final[tuple[PageLanguage, ...]] = ("vi", "en")

_WORDS: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = tomllib.loads(
    files("traceability").joinpath("profile_pages.toml").read_text("utf-8")
)
_RULES: Final = (
    RequirementSource.CIRCULAR,
    RequirementSource.PLAN,
    RequirementSource.PASSPORT,
)


def list_profile_pages() -> dict[str, str]:
    """The pages by their path below docs."""
    return {
        f"produce/{kind}.{language}.md": render_profile(profile, language)
        for kind, profile in load_profiles().items()
        for language in PAGE_LANGUAGES
    }


def render_profile(profile: LotProfile, language: PageLanguage) -> str:
    """The page of a profile as Markdown."""
    texts, kind = _choose_texts(language), profile.name[language]
    parts = [
        f"# {texts['title'].format(kind=kind)}",
        texts["lead"].format(kind=kind),
        f"## {texts['items']}",
        _join_table(
            texts["head"], [_list_cells(profile, item, language) for item in profile.items]
        ),
        f"## {texts['codes']}",
        _join_table(texts["codes_head"], _list_codes(profile, language)),
        f"## {texts['stages']}",
        texts["stages_lead"],
        "\n".join(f"- {name}" for name in _list_stages(profile, language)),
        f"## {texts['rules']}",
        "\n".join(f"- {rule}" for rule in _list_rules(profile, language)),
        f"## {texts['diary']}",
        texts["diary_lead"],
        "\n".join(f"- {name}" for name in _list_work(profile, language)),
    ]
    return "\n\n".join(parts) + "\n"


def _choose_texts(language: PageLanguage) -> dict[str, str]:
    return {name: words[language] for name, words in _WORDS["text"].items()}


def _has_harvest(profile: LotProfile) -> bool:
    return any(item.name == "harvest_time" for item in profile.items)


def _list_work(profile: LotProfile, language: PageLanguage) -> list[str]:
    """The kinds of work that the diary tells; without a harvest those of growers are left out."""
    return [
        one.name[language]
        for one in load_entry_kinds().values()
        if _has_harvest(profile)
        or ItemRole.STANDING not in (one.event.items, one.event.inputs, one.event.outputs)
    ]


def _join_table(head: str, rows: Sequence[Sequence[str]]) -> str:
    line = "|" + "---|" * (head.count("|") - 1)
    return "\n".join([head, line, *(f"| {' | '.join(cells)} |" for cells in rows)])


def _list_cells(profile: LotProfile, item: LotItem, language: PageLanguage) -> list[str]:
    texts = _choose_texts(language)
    need = texts["must"] if item.is_mandatory else texts["if_any"]
    if item.needed_with:
        need = texts["with"].format(item=profile.item(item.needed_with).label[language])
    kind = ""
    if item.type is DetailType.CHOICE and item.choices:
        kind = "; ".join(words[language] for words in item.choices.values())
    elif item.type is not None:
        kind = _WORDS["type"][item.type][language]
    sources = [item.sources.get(rule, "") for rule in _RULES]
    return [name_item(item, language), f"`{item.name}`", kind, *sources, need]


def _list_codes(profile: LotProfile, language: PageLanguage) -> list[list[str]]:
    """The forms of codes of the kinds of places that a lot names."""
    rows = []
    for kind in profile.code_kinds:
        item = next((one for one in profile.items if one.name == kind), None)
        label = name_item(item, language) if item else str(kind)
        forms = [form for form in load_code_forms() if form.kind == kind]
        rows += [[label, f"`{form.example}`", form.authority] for form in _choose(forms, item)]
    return rows


def _choose(forms: Sequence[CodeForm], item: LotItem | None) -> Sequence[CodeForm]:
    """The form of the item's own example, where it has one."""
    own = [form for form in forms if item is not None and form.example == item.example]
    return own or forms


def _list_stages(profile: LotProfile, language: PageLanguage) -> list[str]:
    has_harvest = _has_harvest(profile)
    return [
        profile.name_stage(stage, language) or words[language]
        for stage, words in _WORDS["stage"].items()
        if has_harvest or stage != Stage.HARVESTED
    ]


def _list_rules(profile: LotProfile, language: PageLanguage) -> list[str]:
    texts = _choose_texts(language)
    days = [item for item in profile.details if item.ends_before_harvest]
    rules = [texts["before"].format(item=item.label[language]) for item in days]
    if _has_harvest(profile):
        rules += [texts["packed"], texts["waiting"]]
    return [*rules, texts["complete"]]
