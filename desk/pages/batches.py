"""Batches: where their stamps are, bundles for the press, print reports, mass balance."""

from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from desk.files import file_response, find_taken_bytes
from desk.pages.call import PageCall
from desk.pages.forms import RecallForm, ReportForm, TypedReportForm
from desk.pages.list_cells import name_order_number
from desk.pages.lists import render_list
from desk.pages.orders import product_name
from desk.pages.render import format_score, render_page
from desk.pages.routing import PageRoutes, redirect
from desk.pages.state_bar import split_states
from ledger import MassBalance
from printing.print_report import LARGEST
from services.alerts import hearings
from services.batches import batches, bundles, job_sheet, print_balance, print_proofs, print_reports
from services.batches.bundle_store import BundleStatus
from services.batches.bundles import Download
from services.lists.find import find_person_names
from services.lists.orders import BATCHES
from services.permissions import Permission, has_permission
from services.stamps import recalls
from stamps.lifecycle import REASONS, Transition
from web.i18n import format_iso_day

routes = PageRoutes()

_FORM_BYTES: Final = 65_536
"""Bytes for the other fields beside an uploaded report."""


def list_trail(call: PageCall, batch: int) -> list[tuple[str, str]]:
    """The breadcrumbs of a page below that of a batch: text and path."""
    return [
        (call.texts("nav.batches"), "/batches"),
        (call.texts("batches.one", number=batch), f"/batches/{batch}"),
    ]


@routes.add("GET", "/batches", permissions=(Permission.BATCH_SEE,))
async def list_batches(call: PageCall) -> web.StreamResponse:
    """List the batches with their progress."""
    return await render_list(call, BATCHES, call.texts("batches.title"))


@routes.add("GET", "/balance", permissions=(Permission.BALANCE_SEE,))
async def show_balance(call: PageCall) -> web.StreamResponse:
    """Show the mass balance of all batches."""
    page = await batches.list_balances(call.context, after=call.query.get("after"))
    rows = [(row.balance, _count_columns(row.balance)) for row in page.items]
    return render_page(
        call,
        "balance.html",
        call.texts("balance.title"),
        columns=list(_COLUMNS),
        rows=rows,
        total=[sum(counts[at] for _, counts in rows) for at in range(len(_COLUMNS))],
        next_page=page.next,
    )


@routes.add("GET", "/batches/{batch}", permissions=(Permission.BATCH_SEE,))
async def show_batch(call: PageCall, batch: int) -> web.StreamResponse:
    """Show a batch."""
    return await _render_batch(call, batch)


@routes.add("GET", "/batches/{batch}/job-sheet", permissions=(Permission.BUNDLE_TAKE,))
async def show_job_sheet(call: PageCall, batch: int) -> web.StreamResponse:
    """Show what the press must know, on one page to print."""
    sheet = await job_sheet.get_job_sheet(call.context, batch)
    product = sheet.product
    return render_page(
        call,
        "job_sheet.html",
        call.texts("job.one", number=batch),
        trail=list_trail(call, batch),
        sheet=sheet,
        order_name=name_order_number(sheet.order.number, sheet.order.id, call.texts),
        product=product and product_name(product, call.language),
        due=sheet.order.due_on and format_iso_day(sheet.order.due_on, call.language),
        format_mm=lambda value: format_score(value, call.language),
    )


@routes.add("POST", "/batches/{batch}/bundles/{form}", permissions=(Permission.BUNDLE_TAKE,))
async def start_bundle(call: PageCall, batch: int, form: str) -> web.StreamResponse:
    """Begin to write a bundle."""
    await bundles.start_bundle(call.context, call.runtime.bundles, batch, form)
    return redirect(f"/batches/{batch}")


@routes.add(
    "GET",
    "/batches/{batch}/bundles/{form}/files/{file}",
    permissions=(Permission.BUNDLE_TAKE,),
)
async def download_file(call: PageCall, batch: int, form: str, file: str) -> web.StreamResponse:
    """Download a file of a bundle."""
    found = await bundles.open_bundle_file(
        call.context,
        call.runtime.bundles,
        batch,
        form,
        file,
        lambda size: find_taken_bytes(call.request, size),
    )
    return file_response(found)


@routes.add("GET", "/batches/{batch}/bundles/{form}/links", permissions=(Permission.BUNDLE_TAKE,))
async def show_links(call: PageCall, batch: int, form: str) -> web.StreamResponse:
    """Show links of a bundle's files for a download program."""
    made = await bundles.make_links(
        call.context,
        call.runtime.bundles,
        call.runtime.links,
        batch,
        form,
        public_url=call.runtime.dependencies.settings.public_url,
    )
    return render_page(
        call,
        "bundle_links.html",
        call.texts("press.links_of", form=form.upper(), number=batch),
        trail=list_trail(call, batch),
        batch=batch,
        links=made.addresses,
        expires_at=made.expires_at,
    )


@routes.add(
    "POST",
    "/batches/{batch}/reports",
    permissions=(Permission.PRINT_REPORT,),
    limit=LARGEST + _FORM_BYTES,
)
async def apply_print_report(call: PageCall, batch: int) -> web.StreamResponse:
    """Record the print house's report, from a file or pasted."""
    form = call.parse_form(ReportForm)
    content = call.take_file("file") or form.text.encode()
    applied = await print_reports.apply_print_report(call.context, str(batch), content, call.key)
    return redirect(
        f"/batches/{batch}", "batches.report_done", good=applied.good, spoiled=applied.spoiled
    )


@routes.add("POST", "/batches/{batch}/counts", permissions=(Permission.PRINT_REPORT,))
async def apply_typed_report(call: PageCall, batch: int) -> web.StreamResponse:
    """Record a report in fields."""
    form = call.parse_form(TypedReportForm)
    report = print_reports.TypedReport(
        is_all_printed=form.printed is not None,
        unreported=form.unreported,
        spoiled=[print_reports.SpoiledRow(*row) if any(row[:2]) else None for row in form.rows],
    )
    applied = await print_reports.apply_typed_report(call.context, batch, report, call.key)
    return redirect(
        f"/batches/{batch}", "batches.report_done", good=applied.good, spoiled=applied.spoiled
    )


@routes.add("GET", "/batches/{batch}/bundles", permissions=(Permission.BUNDLE_TAKE,))
async def show_bundles(call: PageCall, batch: int) -> web.StreamResponse:
    """The bundles of a batch alone, which its page asks for again while one is written."""
    details = await batches.get_batch_details(call.context, batch)
    statuses = await bundles.list_bundles(call.context, call.runtime.bundles, batch)
    return render_page(
        call,
        "batch_bundles.html",
        call.texts("batches.take"),
        batch=details.batch,
        **_describe_bundles(statuses, await bundles.list_downloads(call.context, batch)),
    )


def _describe_bundles(
    statuses: Sequence[BundleStatus], downloads: Sequence[Download]
) -> dict[str, Any]:
    return {
        "downloads": {(one.form, one.file): one for one in downloads},
        "bundles": statuses,
        "is_writing": any(status.state == "writing" for status in statuses),
        "format_size": format_size,
    }


@routes.add("POST", "/batches/{batch}/recall", permissions=(Permission.RECALL,))
async def recall_batch(call: PageCall, batch: int) -> web.StreamResponse:
    """Propose to recall every stamp of the batch, once the tick confirms it."""
    form = call.parse_form(RecallForm)
    proposal = await recalls.propose_recall(
        call.context, batch=batch, reason=form.reason, key=call.key
    )
    return redirect(f"/proposals/{proposal.id}")


async def _render_batch(call: PageCall, number: int) -> web.Response:
    details = await batches.get_batch_details(call.context, number)
    accounts = await print_balance.get_print_balance(call.context, number)
    statuses: list[BundleStatus] = []
    downloads: list[Download] = []
    if has_permission(call.context.actor, Permission.BUNDLE_TAKE):
        statuses = await bundles.list_bundles(call.context, call.runtime.bundles, number)
        downloads = await bundles.list_downloads(call.context, number)
    proofs = await print_proofs.list_proofs(call.context, number)
    return render_page(
        call,
        "batch.html",
        call.texts("batches.one", number=number),
        batch=details.batch,
        recalls=await recalls.find_recalls_of_batch(call.context, number),
        cautioned=await hearings.list_of_batch(call.context, number),
        order_name=name_order_number(details.order_number, details.batch.order, call.texts),
        balance=details.balance,
        accounts=accounts,
        proofs=proofs,
        people=await find_person_names(call.context, *(one.actor for one in proofs)),
        unreported=print_reports.join_ranges(accounts.unreported[: print_reports.MOST_RANGES]),
        reasons=[(reason, call.texts(f"why.{reason}")) for reason in print_balance.SPOILED_REASONS],
        bar=split_states(details.balance.states, details.balance.issued),
        reach=await recalls.preview_recall(call.context, batch=number)
        if has_permission(call.context.actor, Permission.RECALL)
        else None,
        recall_reasons=REASONS[Transition.RECALL],
        **_describe_bundles(statuses, downloads),
    )


_COLUMNS: Final = ("issued", "printed", "activated", "void", "outstanding")


def _count_columns(balance: MassBalance) -> list[int]:
    """The figures of a balance, in the order of `_COLUMNS`."""
    return [
        balance.issued,
        balance.printed,
        balance.activated,
        sum(balance.void.values()),
        balance.outstanding,
    ]


def format_size(count: int) -> str:
    """Bytes as people read them.

    >>> format_size(900), format_size(123_456), format_size(7_340_032)
    ('900 B', '121 kB', '7.0 MB')
    """
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.0f} kB" if count < 1024**2 else f"{count / 1024**2:.1f} MB"
