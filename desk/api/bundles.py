"""Bundles for print houses, and the print reports that come back."""

from typing import Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from desk.api.call import ApiCall
from desk.api.routing import ApiRoutes
from desk.files import file_response, find_taken_bytes
from desk.responses import json_response
from issuer import UnfinishedBatch
from ledger.errors import KeyReused, UnknownBatch
from printing import BundleFormat
from printing.errors import AnotherBundle, PinsNeedEncryption, RecipientRefused, ReportRefused
from printing.print_report import LARGEST
from services.batches import bundles, print_reports
from services.batches.bundle_store import BundleStatus
from services.documents import AppliedReportDocument, describe_report
from services.errors import BatchPrinted, BundleNotReady, UnknownBundleFile, UnknownBundleFormat
from services.permissions import Permission
from stamps.spans import TransitionConflict

routes = ApiRoutes("bundles")

_BUNDLE: Final = "batches/{batch}/bundles/{form}"
_OCTETS: Final = "application/octet-stream"


class BundlePartDocument(BaseModel):
    """One file of a bundle; `size` and `sha256` are of the file as it is downloaded."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    first: int
    last: int
    size: int
    sha256: str
    href: str


class BundleDocument(BaseModel):
    """A bundle for the press; poll it while it is `writing`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch: int
    format: BundleFormat
    state: Literal["absent", "writing", "ready", "failed"]
    done: int
    total: int
    failure: str | None
    ahead: int
    """Bundles of the same print house that are written before this one."""
    others: int
    """Other print houses whose bundles are written in turns with it."""
    encrypted_for: list[str]
    outdated: bool
    """Whether the print house uses other keys now; asked for again, the bundle is written again."""
    ticket: str | None
    manifest: str | None
    parts: list[BundlePartDocument]


@routes.add(
    "POST",
    _BUNDLE,
    permissions=(Permission.BUNDLE_TAKE,),
    answers={200: BundleDocument, 202: BundleDocument},
    errors=(
        UnknownBatch,
        UnknownBundleFormat,
        BatchPrinted,
        UnfinishedBatch,
        PinsNeedEncryption,
        RecipientRefused,
        AnotherBundle,
    ),
)
async def start_bundle(call: ApiCall, batch: int, form: str) -> web.StreamResponse:
    """Have a bundle written; one that is ready for the keys in use, or being written, stays."""
    status = await bundles.start_bundle(call.context, call.runtime.bundles, batch, form)
    return _respond(status, 202 if status.state == "writing" else 200)


@routes.add(
    "GET",
    _BUNDLE,
    permissions=(Permission.BUNDLE_TAKE,),
    answers={200: BundleDocument},
    errors=(UnknownBatch, UnknownBundleFormat),
)
async def show_bundle(call: ApiCall, batch: int, form: str) -> web.StreamResponse:
    """Show the progress of a bundle and its parts."""
    status = await bundles.get_bundle(call.context, call.runtime.bundles, batch, form)
    return _respond(status, 200)


@routes.add(
    "GET",
    f"{_BUNDLE}/files/{{file}}",
    permissions=(Permission.BUNDLE_TAKE,),
    answers={200: _OCTETS, 206: _OCTETS, 416: None},
    errors=(UnknownBatch, UnknownBundleFormat, UnknownBundleFile, BatchPrinted, BundleNotReady),
)
async def download_file(call: ApiCall, batch: int, form: str, file: str) -> web.StreamResponse:
    """Download a file of a bundle; `Range` resumes a download. Each request is recorded."""
    found = await bundles.open_bundle_file(
        call.context,
        call.runtime.bundles,
        batch,
        form,
        file,
        lambda size: find_taken_bytes(call.request, size),
    )
    return file_response(found)


@routes.add(
    "POST",
    "batches/{batch}/reports",
    permissions=(Permission.PRINT_REPORT,),
    media=("text/csv", "application/jsonl", "application/x-ndjson"),
    has_key=True,
    errors=(UnknownBatch, ReportRefused, TransitionConflict, KeyReused),
    limit=LARGEST,
)
async def apply_print_report(call: ApiCall, batch: int, body: bytes) -> AppliedReportDocument:
    """Report what was printed and spoiled, all or nothing."""
    applied = await print_reports.apply_print_report(call.context, str(batch), body, call.key)
    return describe_report(applied)


def _respond(status: BundleStatus, http_status: int) -> web.Response:
    headers = {"Retry-After": "2"} if status.state == "writing" else {}
    return json_response(_describe_bundle(status), http_status, headers)


def _describe_bundle(status: BundleStatus) -> BundleDocument:
    root = f"/api/v1/batches/{status.batch.number}/bundles/{status.form}/files"
    manifest = status.manifest
    return BundleDocument(
        batch=status.batch.number,
        format=status.form,
        state=status.state,
        done=status.done,
        total=status.total,
        failure=str(status.failure) if status.failure else None,
        ahead=status.ahead,
        others=status.others,
        encrypted_for=manifest["encrypted_for"] if manifest else [],
        outdated=status.is_outdated,
        ticket=f"{root}/ticket.json" if manifest else None,
        manifest=f"{root}/manifest.json" if manifest else None,
        parts=[
            BundlePartDocument(
                name=part["file"],
                first=part["first"],
                last=part["last"],
                size=part["file_size"],
                sha256=part["file_sha256"],
                href=f"{root}/{part['file']}",
            )
            for part in (manifest["parts"] if manifest else ())
        ],
    )
