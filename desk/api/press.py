"""Documents for a print house beside the files: job sheet, links, counts, and who took what."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from desk.api.call import ApiCall
from desk.api.models import Body, ListDocument, PageQuery, Text
from desk.api.routing import ApiRoutes
from issuer import UnfinishedBatch
from ledger.errors import KeyReused, UnknownBatch
from services.batches import batches, bundles, job_sheet, print_balance, print_reports
from services.batches.print_balance import SpoiledReason
from services.documents import (
    AppliedReportDocument,
    BatchBalanceDocument,
    BatchDocument,
    Timestamp,
    describe_batch,
    describe_batch_balance,
    describe_report,
)
from services.errors import BundleNotReady, InvalidInput, UnknownBundleFormat
from services.permissions import Permission
from stamps.spans import TransitionConflict
from stamps.timestamps import format_rfc3339

routes = ApiRoutes("bundles")

_TAKE = (Permission.BUNDLE_TAKE,)


class LinkedFileDocument(BaseModel):
    """A file of a bundle and its link."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    href: str


class BundleLinksDocument(BaseModel):
    """Links for download programs, which need no token until they expire."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: list[LinkedFileDocument]
    expires_at: Timestamp


class DownloadDocument(BaseModel):
    """A file that somebody has whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: str
    file: str
    account: str
    at: Timestamp


class DownloadListDocument(BaseModel):
    """The files of a batch that somebody has whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    downloads: list[DownloadDocument]


class JobSheetDocument(BaseModel):
    """Data that a press must know; lengths are millimetres."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch: BatchDocument
    product: str | None
    packer: str | None
    print_house: str | None
    note: str | None
    due_on: str | None
    """The day by which the stamps are needed, an ISO date."""
    is_late: bool
    label_width_mm: float
    label_height_mm: float
    symbol_mm: float
    quiet_mm: float
    modules: int
    per_sheet: int
    sheets: int


class PrintCountsDocument(BaseModel):
    """The stamps of a batch as its print house accounts for them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch: int
    ordered: int
    """Stamps of the whole order, which may have several batches."""
    issued: int
    printed: int
    spoiled: int
    void_unprinted: int
    unreported: str
    """Ranges that nobody has reported, `0-4999,6000-6000`; a report of them names this text."""
    unreported_count: int
    is_closed: bool


class SpoiledBody(Body):
    """Spoiled stamps: their numbers in the batch, both included."""

    first: Text
    last: Text | None = None
    reason: SpoiledReason


class CountsBody(Body):
    """A print report in fields: everything of `unreported` printed, and what was spoiled."""

    is_all_printed: bool = False
    unreported: Annotated[str, Field(max_length=4096)] = ""
    spoiled: Annotated[tuple[SpoiledBody, ...], Field(max_length=print_reports.MOST_RANGES)] = ()


class BalanceListDocument(ListDocument):
    """Batches with their mass balances, the newest first."""

    batches: list[BatchBalanceDocument]


@routes.add("GET", "balances", permissions=(Permission.BALANCE_SEE,), errors=(InvalidInput,))
async def list_balances(call: ApiCall, query: PageQuery) -> BalanceListDocument:
    """List the mass balances of all batches."""
    page = await batches.list_balances(call.context, limit=query.limit, after=query.after)
    return BalanceListDocument(
        batches=[describe_batch_balance(row.batch, row.balance) for row in page.items],
        next=page.next,
    )


@routes.add(
    "GET", "batches/{batch}/job-sheet", permissions=_TAKE, errors=(UnknownBatch, UnfinishedBatch)
)
async def show_job_sheet(call: ApiCall, batch: int) -> JobSheetDocument:
    """Show what the press must know."""
    sheet = await job_sheet.get_job_sheet(call.context, batch)
    return JobSheetDocument(
        batch=describe_batch(sheet.batch),
        product=sheet.order.product,
        packer=sheet.order.packer,
        print_house=sheet.order.print_house,
        note=sheet.order.note,
        due_on=sheet.order.due_on,
        is_late=sheet.is_late,
        label_width_mm=sheet.design.width_mm,
        label_height_mm=sheet.design.height_mm,
        symbol_mm=sheet.symbol_mm,
        quiet_mm=sheet.quiet_mm,
        modules=sheet.modules,
        per_sheet=sheet.per_sheet,
        sheets=sheet.sheets,
    )


@routes.add(
    "POST",
    "batches/{batch}/bundles/{form}/links",
    permissions=_TAKE,
    errors=(UnknownBatch, UnknownBundleFormat, BundleNotReady),
)
async def make_links(call: ApiCall, batch: int, form: str) -> BundleLinksDocument:
    """Make links of a bundle's files for a download program; each download is recorded."""
    made = await bundles.make_links(
        call.context,
        call.runtime.bundles,
        call.runtime.links,
        batch,
        form,
        public_url=call.runtime.dependencies.settings.public_url,
    )
    return BundleLinksDocument(
        files=[LinkedFileDocument(name=name, href=href) for name, href in made.addresses],
        expires_at=format_rfc3339(made.expires_at),
    )


@routes.add("GET", "batches/{batch}/downloads", permissions=_TAKE, errors=(UnknownBatch,))
async def list_downloads(call: ApiCall, batch: int) -> DownloadListDocument:
    """List the files of a batch that somebody has whole."""
    found = await bundles.list_downloads(call.context, batch)
    return DownloadListDocument(
        downloads=[
            DownloadDocument(
                format=one.form, file=one.file, account=one.actor, at=format_rfc3339(one.at)
            )
            for one in found
        ]
    )


@routes.add(
    "GET",
    "batches/{batch}/counts",
    permissions=(Permission.BATCH_SEE,),
    errors=(UnknownBatch,),
)
async def show_counts(call: ApiCall, batch: int) -> PrintCountsDocument:
    """Show what was ordered, issued, printed and spoiled, and what nobody has reported."""
    found = await print_balance.get_print_balance(call.context, batch)
    return PrintCountsDocument(
        batch=batch,
        ordered=found.ordered,
        issued=found.issued,
        printed=found.printed,
        spoiled=found.spoiled,
        void_unprinted=found.void_unprinted,
        unreported=print_reports.join_ranges(found.unreported[: print_reports.MOST_RANGES]),
        unreported_count=found.unreported_count,
        is_closed=found.is_closed,
    )


@routes.add(
    "POST",
    "batches/{batch}/counts",
    permissions=(Permission.PRINT_REPORT,),
    has_key=True,
    errors=(UnknownBatch, InvalidInput, TransitionConflict, KeyReused),
)
async def apply_counts(call: ApiCall, batch: int, body: CountsBody) -> AppliedReportDocument:
    """Report what was printed and spoiled, in fields; all or nothing."""
    report = print_reports.TypedReport(
        is_all_printed=body.is_all_printed,
        unreported=body.unreported,
        spoiled=[
            print_reports.SpoiledRow(row.first, row.last or "", row.reason) for row in body.spoiled
        ],
    )
    applied = await print_reports.apply_typed_report(call.context, batch, report, call.key)
    return describe_report(applied)
