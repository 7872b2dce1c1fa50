"""`POST /v1/reports`: a consumer suspects a copy. The report is kept for inspectors."""

import hashlib
import secrets
from typing import Final

from ledger import ReportRow
from ledger.errors import StorageFailed
from resolver.errors import Unavailable
from resolver.handlers.bodies import ReportBody, parse_body
from resolver.handlers.context import HandlerContext
from resolver.handlers.responses import json_response, page_response
from resolver.http.negotiation import cookie_of, is_form
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.privacy.pseudonyms import COOKIE, parse_device_cookie
from resolver.texts import WORDS
from resolver.urls import parse_code_field
from stamps.code import StampId

_ID_BYTES: Final = 16


class ReportHandler:
    """Answers reports."""

    def __init__(self, context: HandlerContext) -> None:
        self._context = context

    async def respond(self, request: Request) -> Response:
        """Keep the report."""
        context = self._context
        body = parse_body(request, ReportBody)
        await context.count_write(request)
        found = await context.scan_service.resolve_stamp(parse_code_field(body.code))
        cookie = parse_device_cookie(cookie_of(request, COOKIE))
        device = context.pseudonyms.hash_device(cookie, found.stamp) if cookie else None
        try:
            await context.dependencies.ledger.reports.add(
                ReportRow(
                    id=_name_report(found.stamp, device, body.note),
                    batch=found.stamp.batch,
                    index=found.stamp.index,
                    text=body.note,
                    device=device,
                    at=context.clock(),
                )
            )
        except StorageFailed as error:
            raise Unavailable(what="the ledger") from error
        preferences = context.negotiate(request)
        words = WORDS[preferences.language]
        message = words("report.done")
        if is_form(request):
            title = words("report.title")
            pieces = context.pages.render_message("unsure", title, message, preferences.language)
            return page_response(pieces, gzip=preferences.gzip)
        return json_response({"code": found.code, "message": message}, 201)


def _name_report(stamp: StampId, device: int | None, note: str) -> bytes:
    """The id of a report: the same words about a stamp from one device are one report."""
    if device is None:
        return secrets.token_bytes(_ID_BYTES)
    said = f"{stamp.batch} {stamp.index} {device} {note}"
    return hashlib.sha256(said.encode()).digest()[:_ID_BYTES]
