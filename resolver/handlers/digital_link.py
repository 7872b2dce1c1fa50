"""`GET` of a GS1 Digital Link that names no stamp: a redirect to a link of its key, or all links.

    /01/{gtin}[/22/…][/10/…]     the default link of the key, 307
    …?linkType=gs1:recipeInfo    the link of this type, 307; several that suit alike, 300
    …?linkType=linkset           all links of the key and of the keys above it: RFC 9264, or a page

The address of a stamp (`/01/{gtin}/21/{code}`) is answered by its verdict, and here where a link
type or a linkset is asked for. Then it also has a link to the verdict. The code is not looked up
for that, so nobody learns which codes exist.

A link leads to what its owner stated; of the request it takes the query string, so no request
decides where it leads. GS1-Conformant Resolver Standard; what differs is in ADR 0103.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final
from urllib.parse import quote

import orjson

from resolver.errors import NoLink
from resolver.handlers.context import HandlerContext
from resolver.handlers.responses import page_response
from resolver.handlers.signed_scan import ANY_ORIGIN
from resolver.http.request import Request
from resolver.http.response import HeaderBlock, Response
from stamps.code import parse_code
from stamps.errors import MalformedCode
from traceability.gs1_keys import is_link_path
from traceability.gs1_values import MalformedGs1
from traceability.links.anchor import names_serial, parse_anchor_path, split_anchor
from traceability.links.choice import LinkWish, choose_link
from traceability.links.link_set import LinkSet, LinkTarget
from traceability.links.link_types import name_link_type, parse_link_type
from traceability.links.linkset_document import (
    CONTEXT,
    JSON_LD,
    MEDIA_TYPE,
    embed_context,
    make_choices,
    make_linkset,
)
from traceability.stamp_reader import get_query_parameter
from web.quality_values import parse_quality_values
from web.security_headers import NO_STORE, SECURITY_HEADERS

_LINKSETS: Final = ("linkset", "all")
"""Values of `linkType` that ask for all links; the second is the one of earlier releases."""
_LINKSET_TYPES: Final = (MEDIA_TYPE, "application/json", JSON_LD)
_VERDICT: Final = "verificationService"
_QUERY: Final = "-._~!$&'()*+,;=:@/?%"
"""What a query may have beside letters and digits (RFC 3986)."""
_PARSED: Final = 4_096
"""Paths whose anchors are kept: those of products in the market are asked for again and again."""

_SHARED: Final = {
    **SECURITY_HEADERS,
    **NO_STORE,
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Link, Location",
    "Vary": "Accept, Accept-Language",
}
_REDIRECT: Final = HeaderBlock(_SHARED)
_LINKSET: Final = HeaderBlock({**_SHARED, "Content-Type": MEDIA_TYPE})
_JSON_LD: Final = HeaderBlock({**_SHARED, "Content-Type": JSON_LD})
_PREFLIGHT: Final = HeaderBlock(
    {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
        "Access-Control-Allow-Headers": "Accept, Accept-Language",
        "Access-Control-Max-Age": "86400",
        "Allow": "GET, HEAD, OPTIONS",
    }
)
_CONTEXT_LINK: Final = (
    f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
)


class DigitalLinkHandler:
    """Answers requests for links."""

    def __init__(self, context: HandlerContext) -> None:
        self._context = context
        self._root = context.settings.public_url.rstrip("/")
        self._parse_path = lru_cache(maxsize=_PARSED)(parse_anchor_path)

    async def respond(self, request: Request) -> Response:
        """A redirect, or a linkset. Raises `MalformedGs1`, `NoLink`, `Unavailable`."""
        path, _, query = request.target.partition("?")
        if request.method == "OPTIONS":
            return _PREFLIGHT.respond(b"", 204, self._link_if_any(path))
        anchor = self._parse_path(path, _keep_attributes(query))
        levels = await self._find_levels(request, anchor)
        asked = get_query_parameter(query, "linkType") or None
        accept = parse_quality_values(request.headers.get("accept", ""))
        if asked in _LINKSETS or wants_linkset(accept, has_type=asked is not None):
            if not levels:
                raise NoLink(key=anchor)
            return self._answer_all(request, levels, anchor, accept=accept)
        wish = LinkWish(
            type=None if asked is None else parse_link_type(asked) or "",
            media_types=accept,
            languages=parse_quality_values(request.headers.get("accept-language", "")),
            context=get_query_parameter(query, "context") or None,
        )
        choice = choose_link(levels, wish)
        if choice is None:
            raise NoLink(key=anchor)
        if len(choice.links) > 1:
            chosen = replace(choice.link_set, links=choice.links)
            return self._answer_all(request, [chosen], anchor, 300, accept=accept)
        headers = {"Location": add_query(choice.links[0].href, query), **self._link(anchor)}
        return _REDIRECT.respond(b"", 307, headers)

    async def _find_levels(self, request: Request, anchor: str) -> Sequence[LinkSet]:
        context = self._context

        async def admit() -> None:
            await context.link_limit.count_request(context.locator.network(request))

        levels = await context.links.find_levels(anchor, admit)
        verdict = self._link_verdict(request, anchor)
        return levels if verdict is None else [verdict, *levels]

    def _link_verdict(self, request: Request, anchor: str) -> LinkSet | None:
        """The link from a stamp's address to its verdict; None for another key."""
        if not names_serial(anchor):
            return None
        elements = split_anchor(anchor)
        try:
            code = parse_code(elements.get("21") or elements.get("235") or "")
        except MalformedCode:
            return None
        title = name_link_type(_VERDICT, self._context.negotiate(request).language)
        link = LinkTarget(_VERDICT, f"{self._root}/S/{code}", title, media_type="text/html")
        return LinkSet(anchor, "", (link,))

    def _answer_all(
        self,
        request: Request,
        levels: Sequence[LinkSet],
        anchor: str,
        status: int = 200,
        *,
        accept: Mapping[str, float],
    ) -> Response:
        """The links of levels (300: those that the request did not decide between).

        A linkset, as JSON-LD where that is preferred, or a page where a page is.
        """
        preferences = self._context.negotiate(request)
        if preferences.page:
            query = request.target.partition("?")[2]
            asked = quote(get_query_parameter(query, "linkType") or "linkset", safe="")
            pieces = self._context.pages.render_links(
                tuple(levels), preferences.language, f"?linkType={asked}"
            )
            headers = {**ANY_ORIGIN, **self._link(anchor)}
            return page_response(pieces, gzip=preferences.gzip, status=status, headers=headers)
        headers = {"Link": _CONTEXT_LINK}
        if status == 300:
            [level] = levels
            document = make_choices(level, level.links, self._root)
            headers = {"Link": f"{self._link(anchor)['Link']}, {_CONTEXT_LINK}"}
        else:
            document = make_linkset(levels, self._root)
        if _prefers_json_ld(accept):
            return _JSON_LD.respond(orjson.dumps(embed_context(document)), status, headers)
        return _LINKSET.respond(orjson.dumps(document), status, headers)

    def _link_if_any(self, path: str) -> dict[str, str]:
        """The link to the linkset of a path; none where the path is no Digital Link."""
        try:
            return self._link(self._parse_path(path, ""))
        except MalformedGs1:
            return {}

    def _link(self, anchor: str) -> dict[str, str]:
        address = f"{self._root}{anchor}?linkType=linkset"
        return {"Link": f'<{address}>; rel="linkset"; type="{MEDIA_TYPE}"'}


def asks_for_linkset(request: Request) -> bool:
    """Whether the request for a stamp's Digital Link accepts a linkset by name."""
    return MEDIA_TYPE in request.headers.get("accept", "") and is_link_path(request.target)


def wants_linkset(accept: Mapping[str, float], *, has_type: bool = False) -> bool:
    """Whether an Accept header prefers a linkset to a page.

    JSON in general asks for one where no link type is asked for.

    >>> from web.quality_values import parse_quality_values as parse
    >>> wants_linkset(parse("application/linkset+json")), wants_linkset(parse("*/*"))
    (True, False)
    >>> wants_linkset(parse("application/json, text/html;q=0.9")), wants_linkset(parse("text/html"))
    (True, False)
    >>> wants_linkset(parse("application/json"), has_type=True)
    False
    """
    wanted = _LINKSET_TYPES[:1] if has_type else _LINKSET_TYPES
    weight = max(accept.get(name, 0.0) for name in wanted)
    return weight > 0.0 and weight >= accept.get("text/html", 0.0)


def _prefers_json_ld(accept: Mapping[str, float]) -> bool:
    return accept.get(JSON_LD, 0.0) > max(accept.get(name, 0.0) for name in _LINKSET_TYPES[:2])


def add_query(href: str, query: str) -> str:
    """The address of a link with the query string of the request added to its own.

    >>> add_query("https://a.vn/x?a=1#top", "17=260930&q=%41")
    'https://a.vn/x?a=1&17=260930&q=%41#top'
    >>> add_query("https://a.vn/x", 'q="đ"')
    'https://a.vn/x?q=%22%C4%91%22'
    """
    if not query:
        return href
    address, mark, fragment = href.partition("#")
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{quote(query, safe=_QUERY)}{mark}{fragment}"


def _keep_attributes(query: str) -> str:
    """The parameters of a query that are named as application identifiers are.

    >>> _keep_attributes("17=260930&utm_source=x&linkType=all"), _keep_attributes("")
    ('17=260930', '')
    """
    if not query:
        return ""
    return "&".join(pair for pair in query.split("&") if pair[:1].isdigit())
