"""`POST /v1/reports`: a consumer reports a stamp or an unknown code to the inspectors.

The same words about one code from one device are one report, so a second tap, a reload or a way
back adds none. The token of a page says that somebody opened it, at most a day ago. Pages of
unknown and unreadable codes have tokens of their own kind, which confirm no scan.

A page's script sends JSON. A form is redirected to a page that thanks; a refused form is shown
again as it was filled in.
"""

import asyncio
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from pydantic import ValidationError

from attachments.spool import PhotoSpool
from ledger import NO_STAMP, ReportRow, SentPhoto
from ledger.reports.consumer_reports import normalize_unknown_code
from ledger.storage.storage_errors import StorageFailed
from resolver.errors import Unavailable
from resolver.handlers.bodies import ReportBody, parse_body, parse_fields
from resolver.handlers.context import HandlerContext
from resolver.handlers.form_page import find_form_page, find_page
from resolver.handlers.report_form import SentReport, read_report_form
from resolver.handlers.responses import json_response, page_response, redirect_response
from resolver.http.negotiation import cookie_of, is_form
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.pages.report_form import FIELDS, FilledReport
from resolver.pages.retype import ECHOED
from resolver.privacy.pseudonyms import COOKIE, parse_device_cookie
from resolver.privacy.tokens import ForeignToken
from resolver.problems import PROBLEMS
from resolver.scan_service import ResolvedStamp
from resolver.texts import WORDS
from resolver.urls import parse_code_field
from stamps.code import LENGTH
from stamps.errors import MalformedCode, UnknownCode, VeritemError
from web.control_characters import check_fields
from web.errors import MalformedBody
from web.request_parsing import check_origin

SENT: Final = "/r/"
"""Folder of the pages that thank for a form, each named by the code that it is about: so the
languages of the page lead to the same one."""
_OPEN_MS: Final = 86_400_000
"""Time for which a page may report after its token expired."""
_LEFT_OUT: Final = "photo=left-out"
"""Begins the query of the page that thanks, where the photo was not taken."""
_SHOW: Final = "&show=1"
"""Ends the target of a form that is only shown again, in another language."""
_TYPED: Final = ("kind", "note", "contact")


def name_unknown_code(typed: str) -> str:
    """Return the subject of the token of a page that shows a code which no stamp has.

    No stamp's code begins so: such a token confirms no scan.
    """
    return "?" + typed[:ECHOED].strip()


class _Kept(NamedTuple):
    """The code that a report is about, and what became of its photo."""

    code: str
    photo: SentPhoto | None


class ReportHandler:
    """Answers reports."""

    def __init__(self, context: HandlerContext) -> None:
        self._context = context
        self._spool = PhotoSpool(context.settings.report_spool)

    async def respond(self, request: Request) -> Response:
        """Keep the report. A form that is refused is shown again."""
        if not is_form(request) or self._context.negotiate(request).json:
            report, sent = _parse(request)
            kept = await self._keep(request, report, sent)
            words = WORDS[self._context.negotiate(request).language]
            message = words("report.done")
            if kept.photo == "left_out":
                message += " " + words("report.left_out")
            return json_response({"code": kept.code, "message": message}, 201)
        if request.target.endswith(_SHOW):
            return self._show_again(request, None)
        try:
            report, sent = _parse(request)
            kept = await self._keep(request, report, sent)
        except (UnknownCode, MalformedCode):
            raise
        except VeritemError as error:
            refusal = error  # not answered in the except block, see `ErrorResponder`
        else:
            language = self._context.negotiate(request).language
            name = quote(report.code[:ECHOED], safe="")
            if report.signature:
                name += f".{quote(report.signature, safe='')}"
            query = f"{_LEFT_OUT}&" if kept.photo == "left_out" else ""
            return redirect_response(f"{SENT}{name}?{query}lang={language}")
        return self._show_again(request, refusal)

    async def thank(self, request: Request) -> Response:
        """The page after a form: it thanks and leads back."""
        preferences = self._context.negotiate(request)
        words = WORDS[preferences.language]
        name = unquote(request.target.partition("?")[0].removeprefix(SENT))
        stamp, _, signature = name.partition(".")
        page = find_page(stamp, signature) if len(stamp) == LENGTH else find_page(name)
        thanks = words("report.thanks")
        if f"?{_LEFT_OUT}&" in request.target:
            thanks += " " + words("report.left_out")
        pieces = self._context.pages.render_message(
            "sent", words("report.received"), thanks, preferences.language, page
        )
        return page_response(pieces, gzip=preferences.gzip)

    async def _keep(self, request: Request, report: ReportBody, sent: SentReport) -> _Kept:
        """Keep a report, the photo first: a report that names a photo has one.

        Raises the errors of codes and tokens, `TooManyRequests` and `Unavailable`.
        """
        context = self._context
        await context.count_write(request)
        found = await self._verify(report)
        typed = None if found is not None else normalize_unknown_code(report.code)
        code = report.code if found is None else found.code
        device = net = None
        witness = context.locator.witness(request)
        cookie = parse_device_cookie(cookie_of(request, COOKIE))
        if found is not None:
            device = context.pseudonyms.hash_device(cookie, found.stamp) if cookie else None
            net = context.pseudonyms.hash_network(witness, found.stamp)
        author = cookie or witness
        id_ = context.pseudonyms.name_report(
            author, typed or code, report.note, sent.photo if sent.has_photo else b""
        )
        photo: SentPhoto | None = None
        if sent.has_photo:
            is_taken = bool(sent.photo) and await context.report_budget.count_photo(
                witness, typed or code
            )
            if is_taken:
                is_taken = await asyncio.to_thread(self._spool.put, id_.hex(), sent.photo)
            photo = "taken" if is_taken else "left_out"
        is_crowded = await context.report_budget.count_report(witness, typed or code)
        row = ReportRow(
            id=id_,
            batch=NO_STAMP if found is None else found.stamp.batch,
            index=NO_STAMP if found is None else found.stamp.index,
            text=report.note,
            device=device,
            at=context.clock(),
            kind=report.kind,
            typed=typed,
            net=net,
            is_crowded=is_crowded,
            language=context.negotiate(request).language,
            photo=photo,
        )
        try:
            await context.dependencies.ledger.reports.add(row, report.contact or None)
        except StorageFailed as error:
            raise Unavailable(what="the ledger") from error
        return _Kept(code, photo)

    async def _verify(self, report: ReportBody) -> ResolvedStamp | None:
        """The stamp whose page was opened; None for the page of an unknown code.

        An unknown code is answered as everywhere unless the token says that its page was opened.
        """
        context = self._context
        opened = context.clock() - _OPEN_MS
        try:
            found = await context.scan_service.resolve_stamp(parse_code_field(report.code))
        except (UnknownCode, MalformedCode) as error:
            unknown = error
        else:
            context.tokens.verify(report.token, found.code, opened)
            return found
        try:
            context.tokens.verify(report.token, name_unknown_code(report.code), opened)
        except ForeignToken:
            raise unknown from None
        return None

    def _show_again(self, request: Request, refusal: VeritemError | None) -> Response:
        """The form as it was filled in, and why it was refused.

        Without a refusal its language was changed: what is wrong with it is said again.
        """
        context = self._context
        preferences = context.negotiate(request)
        words = WORDS[preferences.language]
        try:
            sent = read_report_form(request).fields
        except MalformedBody:
            sent = {}
        page = {name: sent.get(name, "") for name in FIELDS}
        typed = {name: sent.get(name, "") for name in _TYPED}
        flaws: set[str] = set()
        if refusal is None or isinstance(refusal, MalformedBody):
            flaws = _find_flaws(sent)
        if flaws or isinstance(refusal, MalformedBody):
            title, detail = words("report.not_sent"), words("report.look")
        else:
            detail = words("report.kept")
            title = words("report.not_sent")
            if refusal is not None:
                title = PROBLEMS.document(refusal, words)["title"]
        if refusal is not None:
            context.metrics.refusals[refusal.code] += 1
        pieces = context.pages.render_refused_report(
            title,
            detail,
            FilledReport(typed, page, flaws),
            preferences.language,
            find_form_page(request),
        )
        return page_response(
            pieces,
            gzip=preferences.gzip,
            status=200 if refusal is None else PROBLEMS.status(refusal),
            headers=None if refusal is None else PROBLEMS.headers(refusal),
        )


def _parse(request: Request) -> tuple[ReportBody, SentReport]:
    """A report and its photo.

    Raises `CrossSite`, `ControlCharacter` and `MalformedBody`.
    """
    if not is_form(request):
        return parse_body(request, ReportBody), SentReport({}, b"", has_photo=False)
    check_origin(request.headers.get("sec-fetch-site"), None, ())
    sent = read_report_form(request)
    check_fields(sent.fields)
    return parse_fields(sent.fields, ReportBody), sent


def _find_flaws(sent: dict[str, str]) -> set[str]:
    """The fields that a person filled in wrongly."""
    try:
        ReportBody.model_validate(sent)
    except ValidationError as error:
        return {str(one["loc"][0]) for one in error.errors() if one["loc"]}
    return set()
