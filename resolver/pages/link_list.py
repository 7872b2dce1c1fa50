"""Links of a GS1 key as a page shows them, level by level."""

from collections.abc import Sequence
from typing import Any

from traceability.links.anchor import format_key
from traceability.links.link_set import LinkSet, LinkTarget
from traceability.links.link_types import name_link_type
from web.i18n import Language


def describe_levels(levels: Sequence[LinkSet], language: Language) -> list[dict[str, Any]]:
    """The levels that have links, each with its name and key."""
    return [_describe_level(level, language) for level in levels if level.links]


def _describe_level(level: LinkSet, language: Language) -> dict[str, Any]:
    key = format_key(level.anchor)
    return {
        "key": key,
        "name": level.description or key,
        "links": [_describe_link(link, language) for link in level.links],
    }


def _describe_link(link: LinkTarget, language: Language) -> dict[str, str]:
    return {
        "href": link.href,
        "title": link.title,
        "type": name_link_type(link.type, language),
        "host": link.host,
        "languages": ", ".join(link.hreflang),
        "hreflang": link.hreflang[0] if len(link.hreflang) == 1 else "",
    }
