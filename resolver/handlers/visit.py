"""`GET` and `HEAD` of a stamp's address: a visit, answered with a page or JSON; never a scan."""

from resolver.handlers.context import HandlerContext
from resolver.handlers.digital_link import DigitalLinkHandler, asks_for_linkset
from resolver.handlers.form_page import NOTED
from resolver.handlers.responses import json_response, page_response, redirect_response
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.urls import StampRequest, format_target


class VisitHandler:
    """Answers visits."""

    def __init__(self, context: HandlerContext, links: DigitalLinkHandler) -> None:
        self._context = context
        self._links = links

    async def respond(self, request: Request, stamp_request: StampRequest) -> Response:
        """The page or document of the stamp that was asked for."""
        context = self._context
        preferences = context.negotiate(request)
        if stamp_request.by_hand:
            # A code that was typed goes to its own address, which can be shared and reloaded.
            target = format_target(stamp_request)
            if preferences.language != "vi":
                target += f"{'&' if '?' in target else '?'}lang={preferences.language}"
            return redirect_response(target)
        if preferences.json and asks_for_linkset(request):
            return await self._links.respond(request)
        found = await context.scan_service.resolve_stamp(stamp_request)
        now = context.clock()
        answer = await context.scan_service.view_stamp(found, now)
        context.metrics.visits[answer.kind] += 1
        token = context.tokens.issue(found.code, now, signed=found.shows_signature)
        if preferences.json:
            document = answer.to_document(context.format_time)
            document["token"] = token
            return json_response(document)
        if request.target.endswith(NOTED):
            answer = answer.as_recorded()
        signature = (stamp_request.signature or "") if found.shows_signature else ""
        pieces = context.pages.render_verdict(answer, preferences.language, token, signature)
        return page_response(pieces, gzip=preferences.gzip)
