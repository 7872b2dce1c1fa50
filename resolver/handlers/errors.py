"""Turns errors into responses: a page or a problem document (RFC 9457), with their headers."""

import asyncio
from typing import Final

import structlog

from resolver.errors import NotRecorded, Unavailable
from resolver.handlers.context import HandlerContext
from resolver.handlers.form_page import find_form_page
from resolver.handlers.report import name_unknown_code
from resolver.handlers.responses import page_response, problem_response
from resolver.handlers.signed_scan import ANY_ORIGIN, is_signed_scan
from resolver.http.negotiation import is_form
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.pages.retype import ECHOED
from resolver.problems import PROBLEMS
from resolver.texts import WORDS
from resolver.urls import LONGEST_TARGET, StampRequest
from stamps.errors import UnknownCode, VeritemError
from traceability.gs1_keys import is_link_path
from web.errors import InternalError, TooManyRequests
from web.i18n import format_moment

_log = structlog.get_logger(__name__)

_NO_STAMP: Final = {"malformed-code": "unread", "unknown-code": "unknown"}
"""The page that helps to type a code again, by the error."""


class ErrorResponder:
    """Answers the errors of all handlers."""

    def __init__(self, context: HandlerContext) -> None:
        self._context = context

    async def respond(
        self, request: Request, stamp: StampRequest | None, error: Exception, began: float
    ) -> Response:
        """The response to `error`; `stamp` is what was asked for, since the loop time `began`."""
        context = self._context
        if isinstance(error, UnknownCode):
            error = await self._hold_back(request, error, began)
        if not isinstance(error, VeritemError):
            _log.error("request failed", target=request.target[:LONGEST_TARGET], exc_info=error)
            error = InternalError()
        elif PROBLEMS.status(error) == 500:
            _log.error("unregistered error", code=error.code, why=str(error))
        elif isinstance(error, Unavailable | NotRecorded) and error.dependency:
            context.health.report_failure(error.dependency, error)
        context.metrics.refusals[error.code] += 1
        preferences = context.negotiate(request)
        status = PROBLEMS.status(error)
        headers = PROBLEMS.headers(error)
        if is_signed_scan(request) or is_link_path(request.target):
            headers = {**headers, **ANY_ORIGIN}
        if stamp is not None and error.code in _NO_STAMP and not preferences.json:
            typed = stamp.code[:ECHOED].strip()
            report = {}
            if typed:
                token = context.tokens.issue(name_unknown_code(typed), context.clock())
                report = {"code": typed, "token": token}
            pieces = context.pages.render_retype(
                _NO_STAMP[error.code], stamp.code, preferences.language, report
            )
            return page_response(pieces, gzip=preferences.gzip, status=status)
        document = PROBLEMS.document(error, WORDS[preferences.language])
        if error.code in _NO_STAMP:
            document["verdict"] = "unknown"
        if "claimed_at" in error.evidence:
            claimed_at = error.evidence["claimed_at"]
            time = format_moment(claimed_at, preferences.language)
            document["detail"] = WORDS[preferences.language]("claim.before", time=time)
            document["claimed_at"] = context.format_time(claimed_at)
        if "locked_until" in error.evidence:
            time = format_moment(error.evidence["locked_until"], preferences.language)
            document["detail"] = WORDS[preferences.language]("claim.locked", time=time)
        if preferences.page and (request.method != "POST" or is_form(request)):
            page = find_form_page(request)
            pieces = context.pages.render_message(
                "unsure",
                document["title"],
                document.get("detail", ""),
                preferences.language,
                page,
                switch=(page or "/") if request.method == "POST" else "",
            )
            return page_response(pieces, gzip=preferences.gzip, status=status, headers=headers)
        return problem_response(document, status, headers)

    async def _hold_back(self, request: Request, error: UnknownCode, began: float) -> VeritemError:
        """Delay the answer to a code that is not ours, and count it for the client's network.

        A bad tag, a stamp never issued and a wrong signature get one answer, at one time after the
        request, so that its time does not tell them apart.
        """
        context = self._context
        # Not returned in the except block: compiled by mypyc, the refusal would stay the handled
        # error for the rest of the process, and every later error would be chained to all before.
        limited: TooManyRequests | None = None
        try:
            await context.unknown_limit.count_request(context.locator.network(request))
        except TooManyRequests as refusal:
            limited = refusal
        if limited is not None:
            return limited
        spent = asyncio.get_running_loop().time() - began
        await asyncio.sleep(max(0.0, context.settings.unknown_code_seconds - spent))
        return error
