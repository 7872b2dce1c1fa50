"""Consumers' reports: the inbox, and what was reported about one stamp or unknown code."""

from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote, urlencode

from aiohttp import web

from attachments import MEDIA_TYPE
from desk.pages.alert_texts import describe_subject
from desk.pages.call import PageCall
from desk.pages.forms import Form, ReportStepForm
from desk.pages.list_cells import choose_name, name_reports
from desk.pages.lists import render_list
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import REPORT_STEPS, ReportGroup, ReportState
from ledger.reports.hot_spots import HotSpot
from ledger.reports.report_groups import ANSWER_CHANNELS
from services.lists.cases import REPORTS
from services.lists.find import find_person_names
from services.permissions import Permission
from services.reports import consumer_reports
from traceability.administrative_units import load_administrative_units
from web.i18n import Texts
from web.security_headers import NO_STORE, SANDBOX

routes = PageRoutes()

_OFFERED: Final = (ReportState.ASSIGNED, ReportState.ANSWERED, ReportState.CLOSED)
"""The steps of the page; who opens it has read it."""


def link_reports(id_: str) -> str:
    """The address of a group's page."""
    return f"/reports/{quote(id_, safe='')}"


@routes.add("GET", "/reports", permissions=(Permission.REPORT_SEE,))
async def list_reports(call: PageCall) -> web.StreamResponse:
    """List the groups of reports; ordinary ones that are not closed where nothing is asked for."""
    texts = call.texts
    actions = [("/report-places", texts("reports.places"))]
    return await render_list(
        call,
        REPORTS,
        texts("reports.title"),
        lead=texts("reports.lead"),
        actions=actions,
        has_main_action=False,
    )


@routes.add("GET", "/report-places", permissions=(Permission.REPORT_SEE,))
async def show_places(call: PageCall) -> web.StreamResponse:
    """Show where the reports of the last weeks come from, and about what."""
    found = await consumer_reports.find_hot_spots(call.context)
    units = load_administrative_units()
    names = await call.context.ledger.lists.get_names(
        "product", {spot.name for spot in found.products}
    )
    language = call.language
    return render_page(
        call,
        "report_places.html",
        call.texts("reports.places"),
        trail=[(call.texts("nav.reports"), "/reports")],
        tables=[
            _show_spots("province", found.provinces, lambda one: units.name(one, language)),
            _show_spots(
                "product", found.products, lambda one: choose_name(names.get(one), language, one)
            ),
        ],
        days=consumer_reports.HOT_SPOT_DAYS,
    )


@routes.add("GET", "/reports/{group}", permissions=(Permission.REPORT_SEE,))
async def show_reports(call: PageCall, group: str) -> web.StreamResponse:
    """Show the reports about a stamp or code."""
    return await _render(call, group, {})


@routes.add("GET", "/reports/{group}/contacts", permissions=(Permission.REPORT_REVEAL,))
async def show_contacts(call: PageCall, group: str) -> web.StreamResponse:
    """Show the reports with what their authors left to be answered at; the look is recorded."""
    return await _render(call, group, await consumer_reports.show_contacts(call.context, group))


@routes.add("GET", "/reports/{group}/photos/{report}", permissions=(Permission.REPORT_REVEAL,))
async def show_photo(call: PageCall, group: str, report: str) -> web.StreamResponse:
    """The photo of a report, for inspectors; browsers keep none."""
    picture = await consumer_reports.get_photo(call.context, report)
    return web.Response(body=picture, content_type=MEDIA_TYPE, headers={**SANDBOX, **NO_STORE})


@routes.add(
    "POST",
    "/reports/{group}/step",
    permissions=(Permission.REPORT_HANDLE,),
    page="/reports/{group}",
)
async def take_step(call: PageCall, group: str) -> web.StreamResponse:
    """Assign, answer or close."""
    form = call.parse_form(ReportStepForm)
    await consumer_reports.take_report_step(
        call.context, group, form.state, owner=form.owner, note=form.note, channel=form.channel
    )
    return redirect(link_reports(group), "flash.report_step")


@routes.add(
    "POST",
    "/reports/{group}/case",
    permissions=(Permission.ALERT_DECIDE,),
    page="/reports/{group}",
)
async def open_case(call: PageCall, group: str) -> web.StreamResponse:
    """Open the case of a reported stamp, or the one that it has."""
    call.parse_form(Form)
    alert = await consumer_reports.open_case(call.context, group)
    return redirect(f"/alerts/{alert.id}", "flash.case_opened")


def _show_spots(
    name: str, spots: Sequence[HotSpot], name_spot: Callable[[str], str]
) -> tuple[str, list[tuple[str, str, HotSpot, int]]]:
    """The filter that a table is about, and its rows: name, link, counts, share of the most."""
    most = max((spot.reports for spot in spots), default=1)
    return name, [
        (
            name_spot(spot.name),
            f"/reports?{urlencode({name: spot.name})}",
            spot,
            round(100 * spot.reports / most),
        )
        for spot in spots
    ]


async def _render(call: PageCall, id_: str, contacts: dict[bytes, str]) -> web.Response:
    file = await consumer_reports.open_reports(call.context, id_)
    group, texts = file.group, call.texts
    return render_page(
        call,
        "reports.html",
        name_reports(group.typed, group.batch, group.index, texts),
        group=group,
        link=link_reports(id_),
        reports=list(reversed(file.reports)),
        events=list(reversed(file.events)),
        with_contact=file.with_contact,
        photo_of=file.find_photo,
        contacts=contacts,
        alerts=[(alert.id, describe_subject(alert, texts), alert.state) for alert in file.alerts],
        span=file.span,
        place=_name_place(group, call),
        counted=_count(group, texts),
        product=await _name_product(group, call),
        people=await find_person_names(
            call.context,
            group.owner,
            *(name for event in file.events for name in (event.owner, event.actor)),
        ),
        channels=ANSWER_CHANNELS,
        steps=[state for state in _OFFERED if state in REPORT_STEPS[group.state]],
    )


def _count(group: ReportGroup, texts: Texts) -> str:
    """Return the number of reports, and of networks where that says more."""
    counted = texts.plural("reports.count", group.reports)
    if group.networks < 2:
        return counted
    return f"{counted} {texts.plural('reports.from_networks', group.networks)}"


async def _name_product(group: ReportGroup, call: PageCall) -> str:
    if group.product is None:
        return ""
    names = await call.context.ledger.lists.get_names("product", {group.product})
    return choose_name(names.get(group.product), call.language, group.product)


def _name_place(group: ReportGroup, call: PageCall) -> str:
    if group.province is None:
        return ""
    return load_administrative_units().name(group.province, call.language)
