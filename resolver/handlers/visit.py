"""`GET` and `HEAD` of a stamp's address: a visit, as page or JSON. Nothing is counted as a scan."""

import asyncio

from resolver.handlers.context import Service
from resolver.http import replies
from resolver.http.negotiation import language_of, wants_json
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.problems import document, status_of
from resolver.texts import WORDS
from resolver.urls import StampRequest
from stamps.code import parse_code
from stamps.errors import MalformedCode, UnknownCode, VeritemError


class Visits:
    """Answers visits."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, request: Request, asked: StampRequest, began: float) -> Response:
        """The page or document of the stamp asked about at the loop's time `began`."""
        service = self._service
        if asked.by_hand:
            return self._sent_on(request, asked)
        try:
            found = await service.scan_service.resolve_stamp(asked)
        except MalformedCode as refusal:
            return self._refused(request, asked, "unread", refusal)
        except UnknownCode as refusal:
            return await self._not_ours(request, asked, refusal, began)
        now = service.clock()
        answer = await service.scan_service.view_stamp(found, now)
        service.metrics.visits[answer.kind] += 1
        token = service.tokens.issue(found.code, now)
        if wants_json(request):
            told = answer.to_document()
            told["token"] = token
            return replies.document(told)
        pieces = service.pages.verdict(answer, language_of(request), token)
        return replies.page(request, pieces)

    def _sent_on(self, request: Request, asked: StampRequest) -> Response:
        """A code typed by hand goes to its own address, so that it can be shared and reloaded."""
        try:
            code = parse_code(asked.code)
        except MalformedCode as refusal:
            return self._refused(request, asked, "unread", refusal)
        language = language_of(request)
        suffix = "" if language == "vi" else f"?lang={language}"
        return replies.sent_on(f"/S/{code}{suffix}")

    async def _not_ours(
        self, request: Request, asked: StampRequest, refusal: UnknownCode, began: float
    ) -> Response:
        """Bad tag, never issued, another's signature: one answer, at one time after the asking."""
        service = self._service
        service.unknown_limit.take(service.clients.network(request))
        spent = asyncio.get_running_loop().time() - began
        await asyncio.sleep(max(0.0, service.settings.refusal_seconds - spent))
        return self._refused(request, asked, "unknown", refusal)

    def _refused(
        self, request: Request, asked: StampRequest, kind: str, refusal: VeritemError
    ) -> Response:
        self._service.metrics.refusals[refusal.code] += 1
        language = language_of(request)
        if wants_json(request):
            told = document(refusal, WORDS[language])
            return replies.problem(told, status_of(refusal))
        return replies.page(request, self._service.pages.refused(kind, asked.code, language), 404)
