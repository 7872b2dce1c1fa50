"""`POST /v1/reports`: a consumer thinks that a stamp is a copy. Kept for inspectors to read."""

import secrets

from ledger import ReportRow
from ledger.errors import StorageFailed
from resolver.errors import Unavailable
from resolver.handlers.context import Service
from resolver.http import replies
from resolver.http.negotiation import body_of, device_cookie, language_of, text
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.privacy.pseudonyms import parse_device_cookie
from resolver.texts import WORDS
from resolver.urls import StampRequest

NOTE_LIMIT = 1000
"""Characters of a note."""


class Reports:
    """Takes reports."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, request: Request) -> Response:
        """Keep the report."""
        service = self._service
        body, is_form = await body_of(request, service.settings.body_seconds)
        service.limited_write(request)
        found = await service.scan_service.resolve_stamp(StampRequest(text(body, "code")))
        note = text(body, "note", NOTE_LIMIT)
        device = parse_device_cookie(device_cookie(request))
        now = service.clock()
        try:
            await service.dependencies.ledger.reports.add(
                ReportRow(
                    id=secrets.token_bytes(16),
                    batch=found.stamp.batch,
                    index=found.stamp.index,
                    text=note,
                    device=service.pseudonyms.hash_device(device, found.stamp) if device else None,
                    at=now,
                )
            )
        except StorageFailed as error:
            raise Unavailable(what="the ledger") from error
        language = language_of(request)
        message = WORDS[language]("report.done")
        if is_form:
            title = WORDS[language]("report.title")
            return replies.page(request, service.pages.message("unsure", title, message, language))
        return replies.document({"code": found.code, "message": message}, 201)
