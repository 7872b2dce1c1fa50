"""Which link answers a request: the type that it asks for, then media type, language and context.

The levels of a key are searched from the most specific one up; the first that has links of the type
answers. Without a type, the default link of the first level competes with the other links of its
type, and loses to one that the request prefers by what it says (GS1-Conformant Resolver Standard,
sections 2.5.8 and 2.6.3).

A link without a media type is a page. A link without languages or contexts suits everybody, and
less than one that names what is asked for. A weight of zero excludes a link while others remain.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from traceability.links.link_set import LinkSet, LinkTarget

_PAGE: Final = "text/html"
_ANY: Final = 1.0
"""Score where nothing is said, or everything accepted; a match by name is above it."""
_NAMED: Final = 2.0
_UNNAMED: Final = 0.0
_EXCLUDED: Final = -1.0
_RELATED: Final = 0.9
"""Weight of a language of the same primary tag (zh-CN for zh-Hans)."""


@dataclass(frozen=True, slots=True)
class LinkWish:
    """What a request asks for: a link type, and weights of media types and languages (q-values)."""

    type: str | None = None
    """A type of the GS1 Web Vocabulary; None asks for the default."""
    media_types: Mapping[str, float] = field(default_factory=dict)
    languages: Mapping[str, float] = field(default_factory=dict)
    context: str | None = None


class LinkChoice(NamedTuple):
    """The links that suit a wish best: several where nothing decides between them."""

    link_set: LinkSet
    links: tuple[LinkTarget, ...]


def choose_link(levels: Iterable[LinkSet], wish: LinkWish) -> LinkChoice | None:
    """The links of the first level that answers; None where no level has links of the type."""
    for level in levels:
        default = level.default
        if default is None:
            continue
        wanted = default.type if wish.type is None else wish.type
        links = [link for link in level.links if link.type == wanted]
        if links:
            best = _find_best(links, wish)
            if default in best:
                best = [default]
            elif wish.type is None:
                best = best[:1]
            return LinkChoice(level, tuple(best))
    return None


def rate_language(tags: Sequence[str], weights: Mapping[str, float]) -> float:
    """How well languages of a link suit an Accept-Language header.

    >>> rate_language(("vi",), {"vi-vn": 1.0}), rate_language(("zh-Hans",), {"zh-cn": 0.5})
    (3.0, 2.45)
    >>> rate_language(("en",), {"vi": 1.0}), rate_language((), {"vi": 1.0})
    (0.0, 1.0)
    """
    if not weights or not tags:
        return _ANY
    return max(_rate_tag(tag.lower(), weights) for tag in tags)


def rate_media_type(media_type: str | None, weights: Mapping[str, float]) -> float:
    """How well the media type of a link suits an Accept header.

    >>> rate_media_type("application/pdf", {"text/html": 1.0, "*/*": 0.8})
    1.0
    >>> rate_media_type(None, {"text/*": 0.5}), rate_media_type("image/png", {"text/html": 1.0})
    (2.5, 0.0)
    """
    if not weights:
        return _ANY
    name = media_type or _PAGE
    for wanted in (name, f"{name.partition('/')[0]}/*"):
        if wanted in weights:
            return _rate_weight(weights[wanted])
    return _rate_wildcard(weights.get("*/*"))


def _find_best(links: Sequence[LinkTarget], wish: LinkWish) -> list[LinkTarget]:
    rates = [
        (
            rate_media_type(link.media_type, wish.media_types),
            rate_language(link.hreflang, wish.languages),
            _rate_context(link.context, wish.context),
        )
        for link in links
    ]
    best = max(rates, key=lambda rate: (_EXCLUDED not in rate, rate))
    return [link for link, rate in zip(links, rates, strict=True) if rate == best]


def _rate_tag(tag: str, weights: Mapping[str, float]) -> float:
    """Lookup of RFC 4647: the range that shares most of the tag decides."""
    subtags = tag.split("-")
    related: float | None = None
    for end in range(len(subtags), 0, -1):
        prefix = "-".join(subtags[:end])
        if prefix in weights:
            return _rate_weight(weights[prefix])
    for wanted, weight in weights.items():
        if wanted.startswith(f"{tag}-"):
            return _rate_weight(weight)
        if wanted.partition("-")[0] == subtags[0]:
            related = max(related or 0.0, weight)
    if related is not None:
        return _rate_weight(related * _RELATED)
    return _rate_wildcard(weights.get("*"))


def _rate_context(contexts: Sequence[str], wanted: str | None) -> float:
    if not contexts:
        return _ANY
    if wanted is None:
        return _ANY / 2
    return _NAMED if wanted.lower() in (one.lower() for one in contexts) else _UNNAMED


def _rate_weight(weight: float) -> float:
    return _NAMED + weight if weight > 0 else _EXCLUDED


def _rate_wildcard(weight: float | None) -> float:
    """What no name of the header matches: accepted by a wildcard, excluded by one, or unnamed."""
    if weight is None:
        return _UNNAMED
    return _ANY if weight > 0 else _EXCLUDED
