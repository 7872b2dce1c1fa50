"""`GET` and `HEAD` of a stamp's address: a visit, as page or JSON. Nothing is counted as a scan."""

import asyncio

from resolver.door import Asked
from resolver.problems import document, status_of
from resolver.texts import WORDS
from resolver.web import reply
from resolver.web.asking import language_of, wants_json
from resolver.web.request import Request
from resolver.web.service import Service
from resolver.web.whole import Whole
from stamps.code import read
from stamps.errors import MalformedCode, NotOurs, VeritemError


class Visits:
    """Answers visits."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, request: Request, asked: Asked, began: float) -> Whole:
        """The page or document of the stamp asked about at the loop's time `began`."""
        service = self._service
        if asked.by_hand:
            return self._sent_on(request, asked)
        try:
            found = await service.way.find(asked)
        except MalformedCode as refusal:
            return self._refused(request, asked, "unread", refusal)
        except NotOurs as refusal:
            return await self._not_ours(request, asked, refusal, began)
        now = service.clock()
        answer = await service.way.visit(found, now)
        service.counts.visits[answer.kind] += 1
        token = service.tokens.make(found.code, now)
        if wants_json(request):
            told = answer.document()
            told["token"] = token
            return reply.document(told)
        pieces = service.pages.verdict(answer, language_of(request), token)
        return reply.page(request, pieces)

    def _sent_on(self, request: Request, asked: Asked) -> Whole:
        """A code typed by hand goes to its own address, so that it can be shared and reloaded."""
        try:
            code = read(asked.code)
        except MalformedCode as refusal:
            return self._refused(request, asked, "unread", refusal)
        language = language_of(request)
        suffix = "" if language == "vi" else f"?lang={language}"
        return reply.sent_on(f"/S/{code}{suffix}")

    async def _not_ours(
        self, request: Request, asked: Asked, refusal: NotOurs, began: float
    ) -> Whole:
        """Bad tag, never issued, another's signature: one answer, at one time after the asking."""
        service = self._service
        service.unknown_limit.take(service.clients.network(request))
        spent = asyncio.get_running_loop().time() - began
        await asyncio.sleep(max(0.0, service.settings.refusal_seconds - spent))
        return self._refused(request, asked, "unknown", refusal)

    def _refused(self, request: Request, asked: Asked, kind: str, refusal: VeritemError) -> Whole:
        self._service.counts.refusals[refusal.code] += 1
        language = language_of(request)
        if wants_json(request):
            told = document(refusal, WORDS[language])
            return reply.problem(told, status_of(refusal))
        return reply.page(request, self._service.pages.refused(kind, asked.code, language), 404)
