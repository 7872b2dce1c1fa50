"""Minutes of an inspection at the desk: the form, its versions, the PDF."""

from aiohttp import web

from desk.pages.alert_texts import describe_subject
from desk.pages.call import PageCall
from desk.pages.forms import MinutesForm
from desk.pages.minutes_document import print_minutes
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger.errors import UnknownRow
from services.alerts import alerts, case_minutes
from services.lists.find import find_person_names
from services.permissions import Permission
from web.errors import NotFound
from web.security_headers import SANDBOX

routes = PageRoutes()


@routes.add("GET", "/alerts/{alert}/minutes", permissions=(Permission.ALERT_SEE,))
async def show_minutes(call: PageCall, alert: int) -> web.StreamResponse:
    """Show the form of the minutes: the last version, else what the case says."""
    case = await alerts.get_alert(call.context, alert)
    minutes = await case_minutes.draft_minutes(call.context, alert)
    last = minutes.last
    return render_page(
        call,
        "case_minutes.html",
        call.texts("minutes.title"),
        alert=case,
        about=describe_subject(case, call.texts),
        fields=[
            (one.name, one.rows, minutes.fields.get(one.name, "")) for one in case_minutes.FIELDS
        ],
        last=last,
        longest=case_minutes.LONGEST_FIELD,
        people=await find_person_names(call.context, last.actor if last else None),
    )


@routes.add("POST", "/alerts/{alert}/minutes", permissions=(Permission.ALERT_DECIDE,))
async def save_minutes(call: PageCall, alert: int) -> web.StreamResponse:
    """Save the minutes as a version."""
    form = call.parse_form(MinutesForm)
    fields = {one.name: getattr(form, one.name) or "" for one in case_minutes.FIELDS}
    await case_minutes.save_minutes(call.context, alert, fields, form.base)
    return redirect(f"/alerts/{alert}/minutes", "flash.minutes_saved")


@routes.add("GET", "/alerts/{alert}/minutes/{n}", permissions=(Permission.ALERT_SEE,))
async def take_minutes(call: PageCall, alert: int, n: int) -> web.StreamResponse:
    """A version of the minutes as a PDF to sign."""
    try:
        content = await print_minutes(call.context, alert, n)
    except UnknownRow:
        raise NotFound from None
    return web.Response(
        body=content,
        content_type="application/pdf",
        headers={
            **SANDBOX,
            "Content-Disposition": f'attachment; filename="bien-ban-{alert}-{n}.pdf"',
            "Cache-Control": "no-store",
        },
    )
