"""The front: finds a request's route, asks who it is, and answers every refusal."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

import structlog
from aiohttp import web

from desk import openapi, reply
from desk.access import Access
from desk.api import TABLE
from desk.bundles import Bundler
from desk.call import Call
from desk.dependencies import DeskDependencies
from desk.errors import NotFound, WrongMethod
from desk.problems import RETRY_SECONDS, document, status_of
from desk.texts import WORDS
from desk.web import Pages
from stamps.errors import VeritemError
from web.i18n import negotiate_language

_API: Final = "/api/"
_DOCUMENT: Final = "/api/openapi.json"
_LIVE: Final = "/health/live"
_READY: Final = "/health/ready"
_LONGEST_TARGET: Final = 2048
_log = structlog.get_logger(__name__)


class Front:
    """Answers every request of the desk."""

    def __init__(self, parts: DeskDependencies) -> None:
        self.parts = parts
        self.access = Access(parts)
        self.bundler = Bundler(parts)
        self._pages = Pages(parts, self.access, self.bundler)
        self._drawn = openapi.draw(TABLE, parts.settings.public_url)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, whatever it is."""
        path = request.raw_path.partition("?")[0]
        try:
            if len(request.raw_path) > _LONGEST_TARGET:
                raise NotFound
            if path in (_DOCUMENT, _LIVE, _READY):
                return await self._fixed(request, path)
            if not path.startswith(_API):
                return await self._pages.answer(request, path)
            return await self._api(request, path)
        except VeritemError as refusal:
            return self._refused(request, refusal)

    async def _fixed(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD"):
            raise WrongMethod(allowed="GET, HEAD")
        if path == _DOCUMENT:
            return reply.document(self._drawn)
        if path == _READY:
            await self.parts.ledger.transitions.head()
        return reply.document({"status": "ok"})

    async def _api(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        route, params = TABLE.find(request.method, path)
        named = [str(value) for value in params.values()] if route.body else None
        try:
            person = await self.access.machine(request)
            call = Call(request, self.parts, self.bundler, route, params, _query(request), person)
            call.need(*route.permissions)
            return await route.handler(call)
        except VeritemError as refusal:
            return self._refused(request, refusal, named)

    def _refused(
        self, request: web.BaseRequest, refusal: VeritemError, named: list[str] | None = None
    ) -> web.StreamResponse:
        status = status_of(refusal, named)
        if status >= 500:
            _log.error("refused", code=refusal.code, why=str(refusal), path=request.path)
        words = WORDS[negotiate_language(request.headers.get("Accept-Language", ""))]
        return reply.document(
            document(refusal, words, status),
            status,
            headers_of(refusal, status),
            "application/problem+json",
        )


def headers_of(refusal: VeritemError, status: int) -> dict[str, str]:
    """The headers that a refusal's status wants (RFC 9110)."""
    if isinstance(refusal, WrongMethod):
        return {"Allow": refusal.evidence["allowed"]}
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if status in (429, 503):
        return {"Retry-After": str(refusal.evidence.get("seconds", RETRY_SECONDS))}
    return {}


def _query(request: web.BaseRequest) -> Mapping[str, str]:
    return dict(parse_qsl(request.raw_path.partition("?")[2], keep_blank_values=True))
