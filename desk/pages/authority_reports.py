"""Yearly reports of authorities: what is due, a report with its versions, PDF, CSV and XLSX."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.figure_files import send_table
from desk.pages.forms import SubmitReportForm
from desk.pages.list_cells import Value
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from desk.texts import TEXTS
from ledger.errors import UnknownRow
from printing.pdf.report import ReportLine, write_report
from services.figures import reports
from services.figures.reports import AuthorityReport
from services.lists.find import find_person_names
from services.paging import PageRequest
from services.permissions import Permission
from traceability.administrative_units import load_administrative_units
from web.i18n import Language, Texts, format_iso_day, format_moment, format_number
from web.security_headers import SANDBOX

routes = PageRoutes()

_SEE: Final = (Permission.FIGURE_SEE,)
_NONE: Final = "–"


@routes.add("GET", "/figures/reports", permissions=_SEE)
async def list_reports(call: PageCall) -> web.StreamResponse:
    """List the reports that are due, and those that were submitted."""
    request = PageRequest(after=call.query.get("after") or None)
    page = await reports.list_submitted_reports(call.context, request)
    due = await reports.list_due_reports(call.context)
    written = _choose_language(call.language)
    people = await find_person_names(
        call.context,
        *(one.actor for one in page.items),
        *(one.submitted.actor for one in due if one.submitted),
    )
    return render_page(
        call,
        "authority_reports.html",
        call.texts("figures.reports"),
        due=[
            (one, one.template.name[written], format_iso_day(one.due.isoformat(), call.language))
            for one in due
        ],
        submitted=[
            (one, one.document["name"][written], _name_place(one.province or None, call.texts))
            for one in page.items
        ],
        people=people,
        written=written,
        next_page=page.next,
    )


@routes.add("GET", "/figures/reports/{report}", permissions=_SEE)
async def show_report(call: PageCall, report: str) -> web.StreamResponse:
    """Show a report: a draft, or a submitted version."""
    found = await _find(call, report)
    versions = await reports.list_report_versions(call.context, report)
    return render_page(
        call,
        "authority_report.html",
        found.template.name[_choose_language(call.language)],
        report=found,
        place=_name_place(found.province, call.texts),
        first=format_iso_day(found.first.isoformat(), call.language),
        last=format_iso_day(found.last.isoformat(), call.language),
        due=format_iso_day(found.due.isoformat(), call.language),
        written=_choose_language(call.language),
        versions=versions,
        people=await find_person_names(call.context, *(one.actor for one in versions)),
        address=f"/figures/reports/{report}",
        asked=_write_asked(found),
    )


@routes.add("POST", "/figures/reports/{report}/submit", permissions=(Permission.FIGURE_SUBMIT,))
async def submit_report(call: PageCall, report: str) -> web.StreamResponse:
    """Freeze a report as its next version."""
    form = call.parse_form(SubmitReportForm)
    found = await reports.submit_report(
        call.context, report, follows=form.follows, reason=form.reason
    )
    version = found.submitted.version if found.submitted else 0
    return redirect(f"/figures/reports/{report}", "flash.report_submitted", version=version)


@routes.add("GET", "/figures/reports/{report}/pdf", permissions=_SEE)
async def take_pdf(call: PageCall, report: str) -> web.StreamResponse:
    """Download a report as PDF."""
    found = await _find(call, report)
    people = await find_person_names(
        call.context, *((found.submitted.actor,) if found.submitted else ())
    )
    lines = compose_report(found, people, TEXTS[_choose_language(call.language)])
    content = await asyncio.to_thread(write_report, lines, f"Veritem · {found.id} ·")
    return web.Response(
        body=content,
        content_type="application/pdf",
        headers={
            **SANDBOX,
            "Content-Disposition": f'attachment; filename="veritem-{found.id}.pdf"',
            "Cache-Control": "no-store",
        },
    )


@routes.add("GET", "/figures/reports/{report}/csv", permissions=_SEE)
async def take_csv(call: PageCall, report: str) -> web.StreamResponse:
    """Download a report as CSV."""
    return await _send(call, report, "csv")


@routes.add("GET", "/figures/reports/{report}/xlsx", permissions=_SEE)
async def take_xlsx(call: PageCall, report: str) -> web.StreamResponse:
    """Download a report as XLSX."""
    return await _send(call, report, "xlsx")


def compose_report(
    report: AuthorityReport, people: Mapping[str, str], texts: Texts
) -> list[ReportLine]:
    """The lines of a report's PDF, in Vietnamese or English; `people` are names by account."""
    language = _choose_language(texts.language)
    first = format_iso_day(report.first.isoformat(), texts.language)
    last = format_iso_day(report.last.isoformat(), texts.language)
    submitted = report.submitted
    state = texts("figures.draft")
    if submitted is not None:
        moment = format_moment(submitted.at, texts.language)
        state = texts(
            "figures.submitted_as",
            version=submitted.version,
            person=people.get(submitted.actor, submitted.actor),
            at=moment,
        )
    lines = [
        ReportLine(report.template.name[language], "title"),
        ReportLine(_name_place(report.province, texts), label=texts("figures.place")),
        ReportLine(f"{first} – {last}", label=texts("figures.period")),
        ReportLine(state, label=texts("list.state")),
    ]
    if submitted is not None and submitted.reason:
        lines.append(ReportLine(submitted.reason, label=texts("figures.reason")))
    lines.append(ReportLine(texts("figures.indicators"), "heading"))
    for line in report.lines:
        value = _NONE if line.value is None else format_number(line.value, texts.language)
        lines.append(ReportLine(f"{value} {line.units[language]}", label=line.names[language]))
    if submitted is not None:
        lines.append(ReportLine(f"SHA-256 {submitted.sha256}", "small"))
    return lines


async def _send(call: PageCall, report: str, form: str) -> web.StreamResponse:
    found, texts = await _find(call, report), call.texts
    language = _choose_language(call.language)
    header = [texts("figures.indicator"), texts("figures.value"), texts("figures.unit")]
    rows: Sequence[Sequence[Value]] = [
        (line.names[language], line.value, line.units[language]) for line in found.lines
    ]
    return await send_table(form, found.id, found.id, header, rows, call.context.clock())


async def _find(call: PageCall, report: str) -> AuthorityReport:
    typed = call.query.get("version", "")
    if typed and not (typed.isascii() and typed.isdecimal() and len(typed) < 6):
        raise UnknownRow(kind="report", id=f"{report} {typed}")
    return await reports.get_report(
        call.context,
        report,
        version=int(typed) if typed else None,
        is_draft=call.query.get("draft") == "1",
    )


def _write_asked(report: AuthorityReport) -> str:
    """The query that asks for the same version."""
    return f"version={report.submitted.version}" if report.submitted else "draft=1"


def _choose_language(language: Language) -> Language:
    """Reports are written in Vietnamese and English."""
    return "vi" if language == "vi" else "en"


def _name_place(province: str | None, texts: Texts) -> str:
    if province is None:
        return texts("figures.country")
    return load_administrative_units().name(province, texts.language)
