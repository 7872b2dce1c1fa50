"""The quality of data: measures of an organisation, a province or the country, by organisation."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from aiohttp import web
from babel.dates import format_skeleton

from desk.pages.alert_texts import format_share
from desk.pages.call import PageCall
from desk.pages.figure_files import send_table
from desk.pages.list_cells import Value
from desk.pages.provinces import list_provinces
from desk.pages.render import MENU, render_page
from desk.pages.routing import PageRoutes
from ledger.errors import UnknownRow
from services.errors import InvalidInput
from services.paging import PageRequest
from services.permissions import Permission, has_permission
from services.quality.quality_measures import QUALITY_MEASURES, REGISTERED, QualityCount
from services.quality.quality_reports import (
    QualityQuery,
    QualityReport,
    list_quality,
    show_quality,
)
from traceability.lot_profiles import CROP, list_labels, load_profiles
from web.errors import NotFound
from web.i18n import LOCALES, Language

routes = PageRoutes()

_SEE: Final = (Permission.QUALITY_SEE,)
_FORMS: Final = ("csv", "xlsx")
_PAGE: Final = 50
_MOST_EXPORTED: Final = 5_000
"""Organisations of one file."""


@routes.add("GET", "/quality", permissions=_SEE)
async def show_report(call: PageCall) -> web.StreamResponse:
    """Show the measures of a scope and of the organisations in it."""
    query, flaw = read_quality_query(call), ""
    try:
        report = await show_quality(call.context, query)
    except (InvalidInput, UnknownRow) as error:
        # What was typed stays in the form; the report shown is the usual one.
        flaw = call.texts(
            "quality.bad_months" if isinstance(error, InvalidInput) else "quality.bad_scope"
        )
        report = await show_quality(call.context, QualityQuery())
    asked = query if not flaw else QualityQuery()
    is_one = report.organisation is not None
    request = PageRequest(_PAGE, call.query.get("after"))
    page = None if is_one else await list_quality(call.context, asked, request)
    texts, language, actor = call.texts, call.language, call.context.actor
    sees_all = actor.organisation is None or actor.role == "authority"
    period = (report.period.first, report.period.last)
    return render_page(
        call,
        "quality.html",
        texts("quality.title"),
        flaw=flaw,
        query=query,
        since=f"{report.period.first:%Y-%m}",
        until=f"{report.period.last:%Y-%m}",
        place=_name_place(call, report),
        months=[format_skeleton("yMMMM", day, locale=LOCALES[language]) for day in period],
        measures=[
            (
                name,
                report.measures[name],
                _format(report.measures[name], language),
                _find_link(call, one.list_path),
            )
            for name, one in QUALITY_MEASURES.items()
        ],
        missing=[
            (_label_item(item, call), count, _format(count, language))
            for item, count in report.missing
        ],
        registered=[
            (name, count, _format(count, language), _find_link(call, REGISTERED[name][2]))
            for name, count in report.registered.items()
        ],
        rows=[
            (
                row.organisation,
                f"/quality?{urlencode(_make_query(asked, organisation=row.organisation.id))}",
                [_format(row.measures[name], language) for name in QUALITY_MEASURES],
            )
            for row in (page.items if page else ())
        ],
        names=list(QUALITY_MEASURES),
        provinces=list_provinces(call) if sees_all and actor.province is None else (),
        next_page=page.next if page else None,
        following=f"?{urlencode(_make_query(asked, after=page.next))}"
        if page and page.next
        else None,
        exports=[
            (form, f"/quality/files/{form}?{urlencode(_make_query(asked))}") for form in _FORMS
        ],
    )


@routes.add("GET", "/quality/files/{form}", permissions=_SEE)
async def download_report(call: PageCall, form: str) -> web.StreamResponse:
    """Download the measures by organisation. Raises `NotFound` for another form."""
    if form not in _FORMS:
        raise NotFound
    query, texts = read_quality_query(call), call.texts
    report = await show_quality(call.context, query)
    header: list[str] = [texts("quality.organisation"), texts("quality.id")]
    for name in QUALITY_MEASURES:
        header += [texts(f"quality.{name}"), texts("quality.of")]
    rows: list[Sequence[Value]] = [_list_cells(_name_place(call, report), "", report.measures)]
    after: str | None = None
    while report.organisation is None and len(rows) < _MOST_EXPORTED:
        page = await list_quality(call.context, query, PageRequest(500, after))
        rows += [
            _list_cells(row.organisation.name, row.organisation.id, row.measures)
            for row in page.items
        ]
        after = page.next
        if after is None:
            break
    return await send_table(
        form, "quality", texts("quality.title"), header, rows, call.context.clock()
    )


def read_quality_query(call: PageCall) -> QualityQuery:
    """The query in the address of a page."""
    asked = call.query
    return QualityQuery(
        since=asked.get("since", "").strip(),
        until=asked.get("until", "").strip(),
        province=asked.get("province") or None,
        organisation=asked.get("organisation") or None,
    )


def _make_query(query: QualityQuery, **more: str | None) -> dict[str, str]:
    known = {name: getattr(query, name) for name in QualityQuery.__slots__}
    return {name: str(value) for name, value in {**known, **more}.items() if value}


def _list_cells(name: str, id_: str, measures: Mapping[str, QualityCount]) -> list[Value]:
    cells: list[Value] = [name, id_]
    for one in measures.values():
        cells += [one.part, one.whole]
    return cells


def _find_link(call: PageCall, path: str) -> str:
    """The address of a list, if its menu entry is the actor's; empty otherwise."""
    menu = {entry: permissions for entry, _, permissions in MENU}
    needed = menu.get(path.partition("?")[0])
    may = needed is not None and any(has_permission(call.context.actor, one) for one in needed)
    return path if may else ""


def _name_place(call: PageCall, report: QualityReport) -> str:
    if report.organisation is not None:
        return report.organisation.name
    if report.province is None:
        return call.texts("quality.country")
    return dict(list_provinces(call))[report.province]


def _label_item(item: str, call: PageCall) -> str:
    for kind in (CROP, *load_profiles()):  # most lots are crops, whose words come first
        [label] = list_labels(kind, [item], call.language)
        if label != item:
            return label[:1].upper() + label[1:]
    return item


def _format(count: QualityCount, language: Language) -> str:
    """The share as the language writes it; a dash of nothing."""
    return "–" if count.share is None else format_share(count.share, language)
