"""One request as a handler sees it: who asks, for what, and its body read with care."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from desk.bundles import Bundler
from desk.dependencies import DeskDependencies
from desk.errors import (
    Forbidden,
    KeyRequired,
    MalformedBody,
    NotSignedIn,
    TooLarge,
    TooSlow,
    WrongMedia,
)
from desk.roles import Permission, may
from desk.routes import Params, Route
from desk.sessions import Session
from ledger import Ledger, Staff
from web.i18n import Language

_LONGEST_KEY: Final = 100
_MOST_FIELDS: Final = 64
_UPLOAD: Final = "multipart/form-data"


@dataclass(frozen=True)
class Person:
    """Who asks, and by what: a session of the pages, or (None) a machine's token."""

    staff: Staff
    session: Session | None = None


@dataclass(frozen=True)
class Call:
    """One request on its way to a handler."""

    request: web.BaseRequest
    parts: DeskDependencies
    bundler: Bundler
    route: Route
    params: Params
    query: Mapping[str, str]
    person: Person | None
    language: Language = "vi"
    fields: Mapping[str, str] = field(default_factory=dict)
    """A page's form, blanks stripped; empty for the API and for reading."""

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        return self.parts.ledger

    @property
    def staff(self) -> Staff:
        """Who asks. Raises `NotSignedIn`."""
        if self.person is None:
            raise NotSignedIn
        return self.person.staff

    @property
    def actor(self) -> str:
        """Who asks, as history calls them."""
        return self.staff.id

    def need(self, *permissions: Permission) -> None:
        """Go on with any one of these. Raises `NotSignedIn`, `Forbidden`."""
        role = self.staff.role
        if permissions and not any(may(role, permission) for permission in permissions):
            raise Forbidden(role=role, permission=" or ".join(permissions))

    def number(self, name: str) -> int:
        """A number of the path."""
        value = self.params[name]
        assert isinstance(value, int)  # noqa: S101 - the route's pattern took digits only
        return value

    def text(self, name: str) -> str:
        """A text of the path."""
        return str(self.params[name])

    @property
    def key(self) -> str:
        """The idempotency key; each account has its own. Raises `KeyRequired`."""
        return self.own_key(self.request.headers.get("Idempotency-Key", ""))

    def own_key(self, text: str) -> str:
        """A key that somebody gave, as the ledger keeps it. Raises `KeyRequired`."""
        if not text.isascii() or not text.isprintable() or not 1 <= len(text) <= _LONGEST_KEY:
            raise KeyRequired
        return f"{self.actor}/{text}"

    async def body(self) -> bytes:
        """The body. Raises `WrongMedia`, `TooLarge`, `TooSlow`, `MalformedBody`."""
        if self.request.content_type not in self.route.media:
            raise WrongMedia(allowed=", ".join(self.route.media))
        settings = self.parts.settings
        limit = self.route.limit or settings.body_bytes
        if (self.request.content_length or 0) > limit:
            raise TooLarge(limit=limit)
        try:
            async with asyncio.timeout(settings.body_seconds):
                return await _read(self.request, limit)
        except TimeoutError:
            raise TooSlow(seconds=settings.body_seconds) from None

    async def json(self) -> "Body":
        """The body as a JSON object. Raises as `body` does."""
        try:
            document = orjson.loads(await self.body())
        except orjson.JSONDecodeError:
            raise MalformedBody(field="body", why="is not JSON") from None
        if not isinstance(document, dict):
            raise MalformedBody(field="body", why="is not a JSON object")
        return Body(document)

    async def form(self) -> dict[str, str]:
        """A page's form as its fields, blanks stripped; files as their text.

        Raises as `body` does.
        """
        if self.request.content_type == _UPLOAD:
            return await self._upload()
        raw = await self.body()
        try:
            pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError:
            raise MalformedBody(field="body", why="is not a form") from None
        return {name: value.strip() for name, value in pairs}

    async def _upload(self) -> dict[str, str]:
        raw = await self.body()
        head = f"Content-Type: {self.request.headers['Content-Type']}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + raw)
        fields = {}
        for part in message.iter_parts() if message.is_multipart() else ():
            name = part.get_param("name", header="Content-Disposition")
            content = part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(content, bytes):
                fields[name] = content.decode("utf-8-sig", errors="replace").strip()
        return fields


class Body:
    """A JSON object read field by field; `done` refuses what nobody asked for."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._asked: set[str] = set()

    def text(self, name: str, *, longest: int = 200) -> str:
        """A text that must be there. Raises `MalformedBody`."""
        value = self.maybe_text(name, longest=longest)
        if value is None:
            raise MalformedBody(field=name, why="is missing")
        return value

    def maybe_text(self, name: str, *, longest: int = 200) -> str | None:
        """A text, None when absent or null. Raises `MalformedBody`."""
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            raise MalformedBody(field=name, why="must be a text that is not empty")
        if len(value) > longest:
            raise MalformedBody(field=name, why=f"must have at most {longest} characters")
        return value.strip()

    def maybe_number(self, name: str) -> int | None:
        """A whole number from 0, None when absent or null. Raises `MalformedBody`."""
        value = self._take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
            raise MalformedBody(field=name, why="must be a whole number from 0")
        return value

    def number(self, name: str) -> int:
        """A whole number that must be there. Raises `MalformedBody`."""
        value = self.maybe_number(name)
        if value is None:
            raise MalformedBody(field=name, why="is missing")
        return value

    def flag(self, name: str) -> bool:
        """True or false; false when absent. Raises `MalformedBody`."""
        value = self._take(name)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise MalformedBody(field=name, why="must be true or false")
        return value

    def choice(self, name: str, among: tuple[str, ...]) -> str:
        """One of these texts. Raises `MalformedBody`."""
        value = self.text(name)
        if value not in among:
            raise MalformedBody(field=name, why=f"must be one of {', '.join(among)}")
        return value

    def done(self) -> None:
        """Raise `MalformedBody` for fields that nobody asked for: a misspelt one is not lost."""
        for name in self._document:
            if name not in self._asked:
                raise MalformedBody(field=name, why="is not a field here")

    def _take(self, name: str) -> Any:
        self._asked.add(name)
        return self._document.get(name)


async def _read(request: web.BaseRequest, limit: int) -> bytes:
    pieces, size = [], 0
    try:
        async for piece in request.content.iter_any():
            size += len(piece)
            if size > limit:
                raise TooLarge(limit=limit)
            pieces.append(piece)
    except (web.RequestPayloadError, ValueError):
        raise MalformedBody(field="body", why="is damaged") from None
    return b"".join(pieces)
