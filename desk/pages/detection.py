"""The detector, judged by people's decisions: precision, other thresholds, drift."""

import asyncio
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.detection_tables import (
    describe_drift,
    describe_groups,
    describe_thresholds,
    flatten_tables,
    format_interval,
    format_real,
)
from desk.pages.list_exports import EXPORT_FORMS, ExportForm
from desk.pages.list_files import CSV_TYPE, XLSX_TYPE, XlsxFile, encode_csv
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from desk.pages.scan_trail import describe_time
from ledger import DetectionReview
from services.alerts.detection_report import DetectionReport, make_report
from services.alerts.detection_reviews import begin_review, find_reviews
from services.lists.find import find_person_names
from services.permissions import Permission
from web.csv_cells import BOM
from web.i18n import format_number

routes = PageRoutes()

_SEE: Final = (Permission.DETECTION_SEE,)
_TYPES: Final = {"csv": CSV_TYPE, "xlsx": XLSX_TYPE}


@routes.add("GET", "/detection", permissions=_SEE)
async def show_detection(call: PageCall) -> web.StreamResponse:
    """Show what decisions say about the detector, and the last review."""
    report = await _make_report(call)
    texts, summary = call.texts, report.summary
    wait = format_number(report.waiting, call.language)
    return render_page(
        call,
        "detection.html",
        texts("detection.title"),
        report=report,
        total=format_interval(summary.total, texts),
        median=None if summary.median_ms is None else describe_time(summary.median_ms, texts),
        waiting=texts("case.more_than", count=wait) if report.is_more_waiting else wait,
        tables=describe_groups(report, texts),
        causes=[(texts(f"cause.{cause}"), count) for cause, count in summary.causes.items()],
        thresholds=[
            (texts(f"detection.{name}"), format_real(value, call.language))
            for name, value in (
                ("caution", report.rules.caution),
                ("alert", report.rules.alert),
                ("suspect", report.rules.suspect),
            )
        ],
        **await _describe_reviews(call),
    )


@routes.add("GET", "/detection/review", permissions=_SEE)
async def show_review(call: PageCall) -> web.StreamResponse:
    """Show the part of the page that has the review: it asks for itself while one runs."""
    return render_page(
        call,
        "detection_review.html",
        call.texts("detection.title"),
        **await _describe_reviews(call),
    )


@routes.add("POST", "/detection", permissions=(Permission.DETECTION_REVIEW,))
async def start_review(call: PageCall) -> web.StreamResponse:
    """Begin a review; while one runs that one goes on."""
    await begin_review(call.context, call.runtime.reviews)
    return redirect("/detection", "flash.review_begun")


def _add_export(form: ExportForm) -> None:
    @routes.add("GET", f"/export/detection/{form}", permissions=_SEE)
    async def export_detection(call: PageCall) -> web.StreamResponse:
        """Download the tables of the page."""
        tables = describe_groups(await _make_report(call), call.texts)
        review = (await find_reviews(call.context))[1]
        if review is not None and review.result is not None:
            tables.append(describe_thresholds(review.result, call.texts))
        head, *rows = flatten_tables(tables, call.texts)
        if form == "csv":
            content = BOM.encode() + encode_csv([head, *rows])
        else:
            content = await asyncio.to_thread(
                _write_xlsx, call.texts("detection.title"), head, rows
            )
        name = f"veritem-detection.{form}"
        return web.Response(
            body=content,
            headers={
                "Content-Type": _TYPES[form],
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
            },
        )


for _form in EXPORT_FORMS:
    _add_export(_form)


def _write_xlsx(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    file = io.BytesIO()
    book = XlsxFile(file, title, head)
    book.append(rows)
    book.close()
    return file.getvalue()


async def _make_report(call: PageCall) -> DetectionReport:
    query = call.query
    return await make_report(
        call.context, since=query.get("since", ""), until=query.get("until", "")
    )


async def _describe_reviews(call: PageCall) -> dict[str, Any]:
    last, done = await find_reviews(call.context)
    now = call.context.clock()
    people = await find_person_names(call.context, *(one.actor for one in (last, done) if one))
    return {
        "running": last if last is not None and last.is_running(now) else None,
        "is_cut_off": last is not None and last.state != "done" and not last.is_running(now),
        "review": done,
        "reviewer": None if done is None else people.get(done.actor, done.actor),
        **_describe_result(done, call),
    }


def _describe_result(review: DetectionReview | None, call: PageCall) -> Mapping[str, Any]:
    if review is None or review.result is None:
        return {"trial": None, "drift": []}
    result = review.result
    return {
        "trial": describe_thresholds(result, call.texts),
        "drift": describe_drift(result, call.texts),
    }
