"""Bundles for print houses, and what they report back."""

from typing import Final

from aiohttp import web

from desk import documents, reply, scope, work
from desk.bundles import FORMATS, Standing
from desk.call import Call
from desk.errors import NotFound
from desk.reply import ALWAYS
from desk.roles import Permission
from desk.routes import Route
from ledger import Batch
from printing import BundleFormat
from printing.print_report import LARGEST


async def prepare(call: Call) -> web.StreamResponse:
    """Begin to write a bundle; one that is there or on its way stays as it is."""
    batch, form = await _asked(call)
    standing = await call.bundler.prepare(batch, form, call.actor)
    return _answer(batch, form, standing, 202 if standing.state == "writing" else 200)


async def show(call: Call) -> web.StreamResponse:
    """How far a bundle is, and its parts."""
    batch, form = await _asked(call)
    return _answer(batch, form, call.bundler.standing(batch, form))


async def download(call: Call) -> web.StreamResponse:
    """One file of a bundle; `Range` goes on where a download was cut off."""
    batch, form = await _asked(call)
    name = call.text("file")
    path = call.bundler.file(batch, form, name)
    ranged = call.request.headers.get("Range", "bytes=0-")
    if call.request.method == "GET" and ranged.startswith("bytes=0-"):
        await call.ledger.audit.append(
            actor=call.actor,
            action="bundle.take",
            subject=f"batches:{batch.number}",
            details={"format": form, "file": name},
        )
    headers = {**ALWAYS, "Content-Disposition": f'attachment; filename="{name}"'}
    return web.FileResponse(path, headers=headers)


async def report(call: Call) -> web.StreamResponse:
    """What was printed and what was spoiled, taken whole or not at all."""
    done = await work.take_report(call, call.number("batch"), await call.body(), call.key)
    return reply.document(
        {
            "batch": done.batch.number,
            "printed": done.printed,
            "spoiled": done.spoiled,
            "transitions": [documents.moved(transition) for transition in done.transitions],
            "balance": documents.balance(done.balance),
        },
        200,
    )


async def _asked(call: Call) -> tuple[Batch, BundleFormat]:
    form = call.text("format")
    if form not in FORMATS:
        raise NotFound
    batch = await scope.batch_for(call.ledger, call.staff, call.number("batch"))
    return batch, form


def _answer(
    batch: Batch, form: BundleFormat, standing: Standing, status: int = 200
) -> web.Response:
    headers = {"Retry-After": "2"} if standing.state == "writing" else {}
    return reply.document(documents.bundle(batch, form, standing), status, headers)


_TAKE: Final = (Permission.BUNDLE_TAKE,)
_BUNDLE: Final = "/api/v1/batches/{batch:int}/bundles/{format}"

ROUTES: Final = (
    Route(
        *("POST", _BUNDLE, prepare, "Have a bundle written", _TAKE),
        answers={200: "Bundle", 202: "Bundle"},
        refusals=(
            *("unknown-batch", "not-found", "batch-unfinished", "pins-need-encryption"),
            *("recipient-refused", "another-bundle"),
        ),
    ),
    Route(
        *("GET", _BUNDLE, show, "Show a bundle and its parts", _TAKE),
        answers={200: "Bundle"},
        refusals=("unknown-batch", "not-found"),
    ),
    Route(
        *("GET", f"{_BUNDLE}/files/{{file}}", download, "Download a file of a bundle", _TAKE),
        answers={
            200: "application/octet-stream",
            206: "application/octet-stream",
            416: None,
        },
        refusals=("unknown-batch", "not-found", "no-such-part", "bundle-not-ready"),
    ),
    Route(
        *("POST", "/api/v1/batches/{batch:int}/reports", report, "Report what was printed"),
        (Permission.PRINT_REPORT,),
        answers={200: "Report"},
        media=("text/csv", "application/jsonl", "application/x-ndjson"),
        key=True,
        limit=LARGEST,
        refusals=("unknown-batch", "report-refused", "transition-conflict", "key-reused"),
    ),
)
