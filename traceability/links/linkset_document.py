"""All links of an anchor as a linkset: the JSON of RFC 9264, section 4.2, as GS1 asks for it.

Each level that has links is a context object, the most specific first. Its members are link
relations, named by the addresses of the GS1 Web Vocabulary. `defaultLink` repeats the default with
nothing but address and title; `defaultLinkMulti` repeats the links of its type where they are
several (GS1-Conformant Resolver Standard, sections 2.5 and 2.10).
"""

from collections.abc import Iterable
from typing import Any, Final

from traceability.links.link_set import LinkSet, LinkTarget
from traceability.links.link_types import VOCABULARY

MEDIA_TYPE: Final = "application/linkset+json"
CONTEXT: Final = "https://ref.gs1.org/standards/resolver/linkset-context"
"""The JSON-LD context that makes a linkset RDF."""
DEFAULT: Final = f"{VOCABULARY}defaultLink"
DEFAULT_MULTI: Final = f"{VOCABULARY}defaultLinkMulti"


def make_linkset(levels: Iterable[LinkSet], root: str) -> dict[str, Any]:
    """The linkset of levels whose anchors are addresses under `root`."""
    return {"linkset": [_describe_level(level, root) for level in levels if level.links]}


def make_choices(level: LinkSet, links: Iterable[LinkTarget], root: str) -> dict[str, Any]:
    """The linkset of some links of a level, between which a request did not decide."""
    context: dict[str, Any] = {"anchor": f"{root}{level.anchor}"}
    for link in links:
        context.setdefault(f"{VOCABULARY}{link.type}", []).append(_describe_link(link))
    return {"linkset": [context]}


def _describe_level(level: LinkSet, root: str) -> dict[str, Any]:
    context: dict[str, Any] = {"anchor": f"{root}{level.anchor}"}
    if level.description:
        context["itemDescription"] = level.description
    for link in level.links:
        context.setdefault(f"{VOCABULARY}{link.type}", []).append(_describe_link(link))
    default = level.links[0]
    context[DEFAULT] = [{"href": default.href, "title": default.title}]
    same = [link for link in level.links if link.type == default.type]
    if len(same) > 1:
        context[DEFAULT_MULTI] = [_describe_link(link) for link in same]
    return context


def _describe_link(link: LinkTarget) -> dict[str, Any]:
    described: dict[str, Any] = {"href": link.href, "title": link.title}
    if link.media_type:
        described["type"] = link.media_type
    if link.hreflang:
        described["hreflang"] = list(link.hreflang)
    if len(link.hreflang) == 1:
        described["title*"] = [{"value": link.title, "language": link.hreflang[0]}]
    if link.context:
        described["context"] = list(link.context)
    return described
