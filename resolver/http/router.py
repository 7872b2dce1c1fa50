"""The front: one table of addresses, and every refusal turned into a page or a problem document."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import structlog

from resolver.errors import Fault, NotFound, TooLarge, WrongMethod
from resolver.handlers.claim import Claims
from resolver.handlers.context import Service
from resolver.handlers.report import Reports
from resolver.handlers.scan import Scans
from resolver.handlers.static import Fixed
from resolver.handlers.visit import Visits
from resolver.http import replies
from resolver.http.negotiation import is_form, language_of, wants_json, wants_page
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.problems import RETRY_SECONDS, document, status_of
from resolver.texts import WORDS
from resolver.urls import LONGEST_TARGET, parse_target
from stamps.errors import UnknownCode, VeritemError
from web.i18n import format_moment

Handler = Callable[[Request], Awaitable[Response]]

_READING: Final = ("GET", "HEAD")
_WRITING: Final = ("POST",)
_log = structlog.get_logger(__name__)


class Front:
    """Finds who answers a request."""

    def __init__(self, service: Service) -> None:
        fixed = Fixed(service)
        self._service = service
        self._visits = Visits(service)
        self._handlers: Mapping[str, tuple[Sequence[str], Handler]] = {
            "/": (_READING, fixed.home),
            "/robots.txt": (_READING, fixed.robots),
            "/.well-known/veritem-keys.json": (_READING, fixed.keys),
            "/.well-known/gs1resolver": (_READING, fixed.gs1),
            "/health/live": (_READING, fixed.live),
            "/health/ready": (_READING, fixed.ready),
            "/v1/scans": (_WRITING, Scans(service).answer),
            "/v1/claims": (_WRITING, Claims(service).answer),
            "/v1/reports": (_WRITING, Reports(service).answer),
        }

    async def handle(self, request: Request) -> Response:
        """Answer a request, whatever it is."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            target = request.target
            if request.method in _READING and len(target) <= LONGEST_TARGET:
                asked = parse_target(target)
                if asked is not None:
                    return await self._visits.answer(request, asked, began)
            return await self._answer(request)
        except VeritemError as refusal:
            return await self._refused(request, refusal, began)
        except Exception:
            _log.exception("fault", target=request.target[:LONGEST_TARGET])
            return await self._refused(request, Fault(), began)
        finally:
            self._service.metrics.observe_answer(loop.time() - began)

    async def _answer(self, request: Request) -> Response:
        target, method = request.target, request.method
        if len(target) > LONGEST_TARGET:
            raise TooLarge(limit=LONGEST_TARGET)
        path = target.partition("?")[0]
        found = self._handlers.get(path)
        if found is not None:
            methods, handler = found
            if method not in methods:
                raise WrongMethod(allowed=", ".join(methods))
            return await handler(request)
        if parse_target(target) is not None:
            raise WrongMethod(allowed=", ".join(_READING))
        raise NotFound

    async def _refused(self, request: Request, refusal: VeritemError, began: float) -> Response:
        service, status = self._service, status_of(refusal)
        service.metrics.refusals[refusal.code] += 1
        if status == 500 and not isinstance(refusal, Fault):
            _log.error("unforeseen refusal", code=refusal.code, why=str(refusal))
        if isinstance(refusal, UnknownCode):
            service.unknown_limit.take(service.clients.network(request))
            spent = asyncio.get_running_loop().time() - began
            await asyncio.sleep(max(0.0, service.settings.refusal_seconds - spent))
        language = language_of(request)
        words = WORDS[language]
        told = document(refusal, words)
        headers = _headers(refusal)
        if "locked_until" in refusal.evidence:
            told["detail"] = words(
                "claim.locked", time=format_moment(refusal.evidence["locked_until"], language)
            )
        if (
            wants_page(request)
            and not wants_json(request)
            and (request.method != "POST" or is_form(request))
        ):
            detail = told.get("detail", "")
            pieces = service.pages.message("unsure", told["title"], detail, language)
            return replies.page(request, pieces, status, headers)
        return replies.problem(told, status, headers)


def _headers(refusal: VeritemError) -> dict[str, str]:
    if isinstance(refusal, WrongMethod):
        return {"Allow": refusal.evidence["allowed"]}
    seconds = refusal.evidence.get("seconds") or RETRY_SECONDS.get(refusal.code)
    if status_of(refusal) in (429, 503) and seconds:
        return {"Retry-After": str(int(seconds))}
    return {"WWW-Authenticate": "Bearer"} if status_of(refusal) == 401 else {}
