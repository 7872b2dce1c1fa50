"""Reading a request: what form of answer it wants, in which language, from which network."""

import asyncio
import ipaddress
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from aiohttp import web
from aiohttp.streams import StreamReader

from detection.user_agent import AgentClass, AgentClassifier
from resolver.errors import CrossSite, MalformedBody, TooLarge, TooSlow
from resolver.http.request import Request
from resolver.privacy.pseudonyms import COOKIE, truncate_address
from web.i18n import Language, negotiate_language, parse_language_switch

BODY_LIMIT: Final = 4096
"""Bytes of a body; ours need some hundred."""

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def wants_json(request: Request) -> bool:
    """Whether the answer is to be JSON: asked for by name, and no page beside it."""
    accept = request.headers.get("accept", "")
    return "json" in accept and "text/html" not in accept


def wants_page(request: Request) -> bool:
    """Whether a page is asked for by name."""
    return "text/html" in request.headers.get("accept", "")


def takes_gzip(request: Request) -> bool:
    """Whether the answer may be compressed."""
    return "gzip" in request.headers.get("accept-encoding", "")


def language_of(request: Request) -> Language:
    """The language of the answer: the page's switch, else Accept-Language."""
    _, _, query = request.target.partition("?")
    return (query and parse_language_switch(query)) or negotiate_language(
        request.headers.get("accept-language", "")
    )


def device_cookie(request: Request) -> str | None:
    """The value of our cookie, None where there is none."""
    for part in request.headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return None


class Clients:
    """Who is on the other side, through the proxies that are trusted."""

    def __init__(self, trusted: Sequence[str], country_header: str) -> None:
        self._trusted: list[_Network] = [ipaddress.ip_network(text) for text in trusted]
        self._country_header = country_header.lower()
        self._agents = AgentClassifier()
        # A few proxies send everything: to read their addresses anew cost 15 µs a look.
        self._is_trusted = lru_cache(maxsize=1_000)(self._is_in_trusted)

    def network(self, request: Request) -> str:
        """The client's network: IPv4 address or IPv6 /64; empty where it is not known."""
        address = request.remote
        if self._is_trusted(address):
            for hop in reversed(request.headers.get("x-forwarded-for", "").split(",")):
                address = hop.strip() or address
                if not self._is_trusted(address):
                    break
        return truncate_address(address)

    def agent_class(self, request: Request) -> AgentClass:
        """The class of the client's user agent; the header itself is not stored."""
        return self._agents.classify(request.headers.get("user-agent", ""))

    def country(self, request: Request) -> str | None:
        """The client's country as a trusted proxy says it, two capitals."""
        if not self._country_header or not self._is_trusted(request.remote):
            return None
        said = request.headers.get(self._country_header, "").strip().upper()
        return said if len(said) == 2 and said.isascii() and said.isalpha() else None

    def _is_in_trusted(self, address: str) -> bool:
        if not self._trusted:
            return False
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._trusted)


def is_form(request: Request) -> bool:
    """Whether the body is a form's, as it is where no script runs."""
    kind, _, _ = request.headers.get("content-type", "").partition(";")
    return kind.strip().lower() == "application/x-www-form-urlencoded"


async def body_of(request: Request, seconds: float) -> tuple[Mapping[str, Any], bool]:
    """The fields of a body, and whether it came from a form.

    Raises `CrossSite`, `TooLarge`, `TooSlow`, `MalformedBody`.
    """
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise CrossSite
    raw = request.body
    if isinstance(raw, StreamReader):
        if int(request.headers.get("content-length", 0)) > BODY_LIMIT:
            raise TooLarge(limit=BODY_LIMIT)
        try:
            async with asyncio.timeout(seconds):
                raw = await _read(raw)
        except TimeoutError:
            raise TooSlow(seconds=seconds) from None
    if len(raw) > BODY_LIMIT:
        raise TooLarge(limit=BODY_LIMIT)
    if is_form(request):
        return _form(raw), True
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise MalformedBody(field="body", why="is not JSON") from None
    if not isinstance(document, dict):
        raise MalformedBody(field="body", why="is not a JSON object")
    return document, False


async def _read(stream: StreamReader) -> bytes:
    raw = b""
    try:
        while chunk := await stream.readany():
            raw += chunk
            if len(raw) > BODY_LIMIT:
                raise TooLarge(limit=BODY_LIMIT)
    except (web.RequestPayloadError, ValueError):
        raise MalformedBody(field="body", why="is damaged") from None
    return raw


def _form(raw: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=16))
    except ValueError:
        raise MalformedBody(field="body", why="is not a form") from None


def text(body: Mapping[str, Any], name: str, most: int = 200) -> str:
    """A text that must be there. Raises `MalformedBody`."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise MalformedBody(field=name, why="must be a text")
    if len(value) > most:
        raise MalformedBody(field=name, why=f"must have at most {most} characters")
    return value.strip()


def number(body: Mapping[str, Any], name: str, low: float, high: float) -> float:
    """A number within bounds. Raises `MalformedBody`."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise MalformedBody(field=name, why=f"must be a number from {low:g} to {high:g}")
    return float(value)
