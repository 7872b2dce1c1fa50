"""Handling of a case: notes with photos, hand-overs, and its files for machines and people."""

import asyncio

from aiohttp import web

from attachments import MEDIA_TYPE
from desk.pages.call import PageCall
from desk.pages.case_photos import FORM_LIMIT, take_photos
from desk.pages.case_report import choose_language, compose_report
from desk.pages.forms import HandOverForm, NoteForm
from desk.pages.routing import PageRoutes, redirect
from desk.texts import TEXTS
from ledger.errors import UnknownRow
from printing.pdf.report import write_report
from services import case_export
from services.alerts import alerts, case_handling
from services.alerts.case_handling import HandOver, parse_due
from services.permissions import Permission
from web.errors import NotFound
from web.security_headers import SANDBOX

routes = PageRoutes()


@routes.add(
    "POST",
    "/alerts/{alert}/notes",
    permissions=(Permission.ALERT_DECIDE,),
    limit=FORM_LIMIT,
)
async def add_note(call: PageCall, alert: int) -> web.StreamResponse:
    """Add a note with photos to a case."""
    form = call.parse_form(NoteForm)
    photos = await take_photos(call)
    await case_handling.add_note(call.context, alert, form.note, photos)
    return redirect(f"/alerts/{alert}", "flash.note_added")


@routes.add("GET", "/alerts/{alert}/notes/{n}/{place}", permissions=(Permission.ALERT_SEE,))
async def show_photo(call: PageCall, alert: int, n: int, place: int) -> web.StreamResponse:
    """A photo of a note."""
    try:
        picture = await case_handling.get_photo(call.context, alert, n, place)
    except UnknownRow:
        raise NotFound from None
    headers = {**SANDBOX, "Cache-Control": "private, max-age=3600"}
    return web.Response(body=picture, content_type=MEDIA_TYPE, headers=headers)


@routes.add("POST", "/alerts/{alert}/hand-over", permissions=(Permission.ALERT_DECIDE,))
async def hand_over(call: PageCall, alert: int) -> web.StreamResponse:
    """Give a case to somebody, with a due date and a note."""
    form = call.parse_form(HandOverForm)
    due = None if form.due is None else parse_due(form.due)
    await case_handling.hand_over(call.context, alert, HandOver(form.owner, due, form.note))
    return redirect(f"/alerts/{alert}", "flash.handed_over")


@routes.add("GET", "/alerts/{alert}/export", permissions=(Permission.ALERT_SEE,))
async def export_case(call: PageCall, alert: int) -> web.StreamResponse:
    """The evidence of a case as a file that the issuer signs."""
    file = await case_export.export_case(call.context, alert)
    return web.Response(
        body=file.content,
        content_type="application/json",
        headers={
            **SANDBOX,
            "Content-Disposition": f'attachment; filename="{file.name}"',
            "Cache-Control": "no-store",
        },
    )


@routes.add("GET", "/alerts/{alert}/report", permissions=(Permission.ALERT_SEE,))
async def take_report(call: PageCall, alert: int) -> web.StreamResponse:
    """A case as a PDF for people."""
    context = call.context
    case = await alerts.open_alert(context, alert, limit=1)
    texts = TEXTS[choose_language(call.language)]
    photos = await case_handling.list_photos(context, alert, case.links.field_history.findings)
    lines = compose_report(case, context.clock(), call.staff.name, texts, photos)
    footer = texts("case.report_title", number=alert)
    content = await asyncio.to_thread(write_report, lines, f"Veritem · {footer} ·")
    await case_export.record_export(context, alert, content)
    return web.Response(
        body=content,
        content_type="application/pdf",
        headers={
            **SANDBOX,
            "Content-Disposition": f'attachment; filename="veritem-case-{alert}.pdf"',
            "Cache-Control": "no-store",
        },
    )
