"""All links of an anchor as a linkset: the JSON of RFC 9264, section 4.2, as GS1 asks for it.

Each level that has links is a context object, the most specific first. Its members are link
relations, named by the addresses of the GS1 Web Vocabulary. `defaultLink` repeats the default with
nothing but address and title; `defaultLinkMulti` repeats the links of its type where they are
several (GS1-Conformant Resolver Standard, sections 2.5 and 2.10).

A linkset is valid under GS1's JSON schema, which is narrower than RFC 9264: each level has a
description, a link has no `title*`, and a language tag is a language of two letters, alone or with
a region of two.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from traceability.links.anchor import format_key
from traceability.links.link_set import LinkSet, LinkTarget
from traceability.links.link_types import VOCABULARY

MEDIA_TYPE: Final = "application/linkset+json"
JSON_LD: Final = "application/ld+json"
CONTEXT: Final = "https://ref.gs1.org/standards/resolver/linkset-context"
"""The JSON-LD context that makes a linkset RDF."""
DEFAULT: Final = f"{VOCABULARY}defaultLink"
DEFAULT_MULTI: Final = f"{VOCABULARY}defaultLinkMulti"


def make_linkset(levels: Iterable[LinkSet], root: str) -> dict[str, Any]:
    """The linkset of levels whose anchors are addresses under `root`."""
    return {"linkset": [_describe_level(level, root) for level in levels if level.links]}


def embed_context(linkset: Mapping[str, Any]) -> dict[str, Any]:
    """The linkset as JSON-LD, which names its context itself."""
    return {"@context": CONTEXT, **linkset}


def make_choices(level: LinkSet, links: Iterable[LinkTarget], root: str) -> dict[str, Any]:
    """The linkset of some links of a level, between which a request did not decide."""
    return {"linkset": [_describe_links(level, links, root)]}


def _describe_level(level: LinkSet, root: str) -> dict[str, Any]:
    context = _describe_links(level, level.links, root)
    default = level.links[0]
    context[DEFAULT] = [{"href": default.href, "title": default.title}]
    same = [link for link in level.links if link.type == default.type]
    if len(same) > 1:
        context[DEFAULT_MULTI] = [_describe_link(link) for link in same]
    return context


def _describe_links(level: LinkSet, links: Iterable[LinkTarget], root: str) -> dict[str, Any]:
    context: dict[str, Any] = {
        "anchor": f"{root}{level.anchor}",
        "itemDescription": level.description or format_key(level.anchor),
    }
    for link in links:
        context.setdefault(f"{VOCABULARY}{link.type}", []).append(_describe_link(link))
    return context


def _describe_link(link: LinkTarget) -> dict[str, Any]:
    described: dict[str, Any] = {"href": link.href, "title": link.title}
    if link.media_type:
        described["type"] = link.media_type
    if languages := list(dict.fromkeys(filter(None, map(shorten_language, link.hreflang)))):
        described["hreflang"] = languages
    if link.context:
        described["context"] = list(link.context)
    return described


def shorten_language(tag: str) -> str | None:
    """A language tag as GS1's schema takes it; None for a language of three letters.

    >>> [shorten_language(tag) for tag in ("vi", "en-GB", "zh-Hans", "zh-Hant-TW", "fil")]
    ['vi', 'en-GB', 'zh', 'zh-TW', None]
    """
    language, *subtags = tag.split("-")
    if len(language) != 2:
        return None
    region = next((one for one in subtags if len(one) == 2), None)
    return language if region is None else f"{language}-{region}"
