"""HTTP of the claim service, for resolvers alone: every request must carry the shared secret.

    POST /v1/claims   a ClaimQuestion as JSON → 200 and a ClaimAnswer
    GET  /health      204 while the ledger answers

401 without the secret, 422 for what is no question, 503 with `{"what": …}` when the ledger does not
answer or too many questions are asked at a time.
"""

import hmac
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from claims.checker import PinChecker
from web.aiohttp_server import mark_request, read_body
from web.claim_exchange import LONGEST_QUESTION, ClaimQuestion, ClaimsUnavailable
from web.errors import BodyTimeout, BodyTooLarge, MalformedBody

_BODY_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


class ClaimServer:
    """The HTTP side of a checker."""

    def __init__(self, checker: PinChecker, *, secret: str, concurrent: int) -> None:
        self._checker = checker
        self._authorization = f"Bearer {secret}".encode()
        self._free = concurrent
        self.refused = 0
        """Requests without the secret."""

    def create_app(self) -> web.Application:
        """The application."""
        app = web.Application(middlewares=[mark_request, self._authorize])
        app.router.add_post("/v1/claims", self._claim)
        app.router.add_get("/health", self._check)
        return app

    @web.middleware
    async def _authorize(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._authorization):
            self.refused += 1
            _log.warning("claim service asked without the secret", path=request.path)
            return web.Response(status=401)
        return await handler(request)

    async def _claim(self, request: web.Request) -> web.Response:
        if self._free <= 0:
            return _refuse("the claim service")
        self._free -= 1
        try:
            body = await read_body(request, limit=LONGEST_QUESTION, seconds=_BODY_SECONDS)
            question = ClaimQuestion.model_validate_json(body)
            answer = await self._checker.claim(question)
        except (ValidationError, BodyTooLarge, BodyTimeout, MalformedBody):
            return web.Response(status=422)  # never repeated: it may have the PIN
        except ClaimsUnavailable as error:
            _log.error("claim not checked", why=str(error), cause=str(error.__cause__ or ""))
            return _refuse(str(error.evidence["what"]))
        finally:
            self._free += 1
        return web.Response(body=answer.model_dump_json(), content_type="application/json")

    async def _check(self, _: web.Request) -> web.Response:
        try:
            await self._checker.check()
        except ClaimsUnavailable as error:
            return _refuse(str(error.evidence["what"]))
        return web.Response(status=204)


def _refuse(what: str) -> web.Response:
    return web.json_response({"what": what}, status=503)
