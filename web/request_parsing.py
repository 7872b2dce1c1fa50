"""Parsers of header fields, queries and bodies: preferences, media type, form, JSON, origin."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

import orjson

from web.control_characters import check_fields
from web.errors import BodyTimeout, CrossSite, MalformedBody, UnsupportedMedia
from web.i18n import Language, negotiate_language, parse_language_switch
from web.quality_values import parse_quality_values
from web.text_files import convert_to_utf8

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
MULTIPART: Final = "multipart/form-data"


class Preferences(NamedTuple):
    """Form of answer that a request asks for."""

    json: bool
    """JSON is named and preferred to a page."""
    page: bool
    """A page is named, and JSON is not preferred to it."""
    gzip: bool
    """The answer may be compressed."""
    language: Language


class Negotiator:
    """Content negotiation (RFC 9110, 12.5). Keeps the preferences of recent header values."""

    def __init__(self, remembered: int = 1024) -> None:
        self._negotiated = lru_cache(maxsize=remembered)(_preferences)

    def negotiate(
        self, *, accept: str, accept_encoding: str, accept_language: str, query: str
    ) -> Preferences:
        """Return the preferences of a request. The language switch in `query` takes precedence.

        >>> ask = Negotiator().negotiate
        >>> ask(accept="*/*", accept_encoding="gzip;q=0", accept_language="en", query="lang=zh")
        Preferences(json=False, page=False, gzip=False, language='zh')
        """
        chosen = parse_language_switch(query) if query else None
        return self._negotiated(accept, accept_encoding, "" if chosen else accept_language, chosen)


def _preferences(
    accept: str, accept_encoding: str, accept_language: str, chosen: Language | None
) -> Preferences:
    types = parse_quality_values(accept)
    json = max((q for name, q in types.items() if _is_json(name)), default=0.0)
    page = types.get("text/html", 0.0)
    codings = parse_quality_values(accept_encoding)
    gzip = codings.get("gzip", codings.get("x-gzip", codings.get("*", 0.0)))
    return Preferences(
        json=json > page,
        page=page > 0.0 and page >= json,
        gzip=gzip > 0.0,
        language=chosen or negotiate_language(accept_language),
    )


def _is_json(media_type: str) -> bool:
    return media_type.startswith("application/") and media_type.endswith(("/json", "+json"))


def parse_media_type(content_type: str) -> str:
    """The media type of a Content-Type value, without parameters, in lower case.

    >>> parse_media_type("Application/JSON; charset=utf-8"), parse_media_type("")
    ('application/json', '')
    """
    return content_type.partition(";")[0].strip().lower()


def check_content_encoding(content_encoding: str) -> None:
    """Raise `UnsupportedMedia` for a body with a content coding: none is decompressed.

    A field on several lines has its values joined by commas; `identity` means no coding.
    """
    codings = (coding.strip().lower() for coding in content_encoding.split(","))
    if any(coding not in ("", "identity") for coding in codings):
        raise UnsupportedMedia(allowed="bodies without Content-Encoding")


def check_origin(sec_fetch_site: str | None, origin: str | None, hosts: Collection[str]) -> None:
    """Raise `CrossSite` when a browser says that the page of another site sent the request.

    Browsers without `Sec-Fetch-Site` send `Origin` with a POST; other clients send neither. `hosts`
    are those of our own pages, with the port: what the client asked, and the public address, for
    which a proxy may ask another.
    """
    if sec_fetch_site is not None:
        if sec_fetch_site not in ("same-origin", "none"):
            raise CrossSite
    elif origin is not None and origin.partition("://")[2].lower() not in hosts:
        raise CrossSite


def parse_json_object(body: bytes) -> dict[str, Any]:
    """A body as a JSON object. Raises `MalformedBody`."""
    try:
        document = orjson.loads(convert_to_utf8(body))
    except orjson.JSONDecodeError:
        raise MalformedBody(field="body", why="is not JSON") from None
    if not isinstance(document, dict):
        raise MalformedBody(field="body", why="is not a JSON object")
    return document


def parse_form(body: bytes, most_fields: int = 64) -> dict[str, str]:
    """A body of `application/x-www-form-urlencoded`. Raises `MalformedBody`, `ControlCharacter`."""
    fields = decode_form(body, most_fields)
    check_fields(fields)
    return fields


def decode_form(body: bytes, most_fields: int = 64) -> dict[str, str]:
    """Parse a form as `parse_form` does, with any characters. Raises `MalformedBody`."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=most_fields)
    except ValueError:
        raise MalformedBody(field="body", why="is not a form") from None
    return dict(pairs)


@asynccontextmanager
async def body_deadline(seconds: float) -> AsyncIterator[None]:
    """Raise `BodyTimeout` when reading a body in this block takes longer than `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise BodyTimeout(seconds=seconds) from None
