"""Where a GS1 key leads to for readers of each language: what a phone gets that asks.

The links are those that the public service reads, of the key and of the levels above it, and the
choice is its own (`traceability.links.choice`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.context import ServiceContext
from services.errors import InvalidInput
from services.links.link_sets import get_link_set
from traceability.links.anchor import list_anchors_above, name_link_set
from traceability.links.choice import LinkWish, choose_link
from traceability.links.link_set import LinkSet, LinkTarget
from traceability.links.link_types import parse_link_type
from web.quality_values import parse_quality_values

_ALWAYS: Final = ("vi", "en", "zh")
_MOST_LANGUAGES: Final = 12


@dataclass(frozen=True, slots=True)
class LanguageAnswer:
    """What readers of one language are led to."""

    language: str | None
    """A language tag; None: any other language."""
    anchor: str | None
    """The level that answers; None where nothing does."""
    links: tuple[LinkTarget, ...]
    """One link; several where a page lets people choose; none where nothing is found."""


@dataclass(frozen=True, slots=True)
class LinkAnswers:
    """The answers of a key to requests for one type of link."""

    type: str | None
    """The type that is asked for; None: the default."""
    types: tuple[str, ...]
    """The types that the key and the levels above it have."""
    answers: tuple[LanguageAnswer, ...]


async def find_link_answers(
    context: ServiceContext, id_: str, link_type: str | None = None
) -> LinkAnswers:
    """What the key of a link set answers, by language.

    Raises `Forbidden`, `UnknownRow`, `InvalidInput` for what is no link type.
    """
    wanted = None if link_type is None else parse_link_type(link_type)
    if link_type is not None and wanted is None:
        why = "is not a link type of the GS1 Web Vocabulary"
        raise InvalidInput(field="type", why=why, expected="choose")
    known = await get_link_set(context, id_)
    levels = await _read_levels(context, known.row.anchor)
    links = [link for level in levels for link in level.links]
    tags = dict.fromkeys([*_ALWAYS, *(tag for link in links for tag in link.hreflang)])
    languages = [*list(tags)[:_MOST_LANGUAGES], None]
    return LinkAnswers(
        type=wanted,
        types=tuple(dict.fromkeys(link.type for link in links)),
        answers=tuple(_answer(levels, wanted, language) for language in languages),
    )


async def _read_levels(context: ServiceContext, anchor: str) -> list[LinkSet]:
    ids = [name_link_set(one) for one in list_anchors_above(anchor)]
    rows = await context.ledger.link_sets.get_published(ids)
    found = [rows[id_] for id_ in ids if id_ in rows]
    levels = [
        LinkSet.from_documents(row.anchor, row.description, row.links, row.hosts) for row in found
    ]
    return [level for level in levels if level.links]


def _answer(
    levels: Sequence[LinkSet], link_type: str | None, language: str | None
) -> LanguageAnswer:
    wish = LinkWish(type=link_type, languages=parse_quality_values(language or ""))
    choice = choose_link(levels, wish)
    if choice is None:
        return LanguageAnswer(language, None, ())
    return LanguageAnswer(language, choice.link_set.anchor, choice.links)
