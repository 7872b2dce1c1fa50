"""The aiohttp application of the desk: pages, the API as a sub-application, health checks.

Middlewares, from the outside: the connection guard, security headers, turns, errors. Each route
then checks who calls, reads its body under a limit and a deadline, and calls a use case in
`services`.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aiohttp import web

from attachments import AttachmentStore, OriginalStore
from attachments.spool import PhotoSpool
from desk.api.app import create_api
from desk.api.openapi import build_document
from desk.auth.authenticator import Authenticator
from desk.dependencies import DeskDependencies
from desk.epcis.app import create_epcis
from desk.epcis.call import PREFIX as EPCIS_PREFIX
from desk.forms.drafts import DraftStore
from desk.forms.flash import FlashCookies
from desk.middlewares import (
    add_security_headers,
    make_error_middleware,
    make_turn_middleware,
)
from desk.pages import add_pages
from desk.photos import make_photo_handler
from desk.responses import json_response
from desk.runtime import DeskRuntime
from services.alerts.case_handling import CasePhotos
from services.alerts.detection_reviews import ReviewRunner
from services.attempt_budget import AttemptBudget
from services.batches.bundle_store import BundleStore
from services.batches.download_links import DownloadLinks
from services.batches.print_proofs import ProofReader
from services.codes.code_evidence import EvidenceShelf
from services.codes.code_watch import RegistryWatch
from services.codes.evidence_sweep import sweep_evidence_daily
from services.errors import CheckLimited
from services.exports.export_runner import DataExportRunner
from services.field.field_checks import CHECK_REFILL_MS, CHECKS_AT_ONCE, OwnHostsCache
from services.field.field_snapshots import SnapshotMaker
from services.figures.keeper import FigureKeeper
from services.lots.lot_drafts import erase_old_drafts
from services.lots.photos import PhotoShelf
from services.organisations.actor_invitations import erase_old_invitations
from services.privacy.erasures import erase_when_due
from services.quality.quality_reports import keep_quality
from services.record.capture_intake import CaptureIntake
from services.record.event_captures import CaptureRunner
from services.reports.report_intake import ReportIntake
from services.sign_in import SignInBudgets
from web.aiohttp_server import mark_request
from web.errors import TooManyRequests
from web.request_turns import RequestTurns

API_PREFIX: Final = "/api/v1/"
_MINUTE_MS: Final = 60_000
_STANDINGS_AT_ONCE: Final = 30
_STANDING_REFILL_MS: Final = 2_000
_EXPORTS_AT_ONCE: Final = 2
"""Exports of lists: each reads tens of thousands of rows."""


def create_runtime(dependencies: DeskDependencies) -> DeskRuntime:
    """The state that requests share; whoever made the dependencies closes them."""
    settings = dependencies.settings
    bundles = BundleStore(
        dependencies.ledger,
        dependencies.issuer,
        Path(settings.bundles),
        scheme=dependencies.stamp_scheme,
        part_size=settings.part_size,
        rendering_threads=settings.rendering_threads,
    )
    attachments = AttachmentStore(settings.attachments)
    return DeskRuntime(
        dependencies=dependencies,
        authenticator=Authenticator(dependencies),
        bundles=bundles,
        links=DownloadLinks(dependencies.secret, dependencies.clock),
        proofs=ProofReader(bundles.slots, dependencies.clock, scheme=dependencies.stamp_scheme),
        photos=PhotoShelf(attachments, dependencies.clock),
        case_photos=CasePhotos(attachments, dependencies.clock),
        evidence=EvidenceShelf(
            OriginalStore(settings.evidence),
            attachments,
            dependencies.clock,
            most_bytes=settings.evidence_bytes,
        ),
        budgets=SignInBudgets(dependencies.clock),
        token_requests=AttemptBudget(
            settings.token_requests,
            refill_ms=_MINUTE_MS // settings.token_requests,
            clock=dependencies.clock,
            refusal=TooManyRequests,
        ),
        turns=RequestTurns(settings.requests_at_once),
        drafts=DraftStore(dependencies.ledger, dependencies.secret, dependencies.clock),
        flashes=FlashCookies(dependencies.secret, dependencies.clock),
        exports=asyncio.Semaphore(_EXPORTS_AT_ONCE),
        own_hosts=OwnHostsCache(
            dependencies.ledger,
            dependencies.clock,
            dependencies.stamp_host,
            dependencies.stamp_scheme,
        ),
        field_budget=AttemptBudget(
            CHECKS_AT_ONCE,
            refill_ms=CHECK_REFILL_MS,
            clock=dependencies.clock,
            refusal=CheckLimited,
        ),
        standing_budget=AttemptBudget(
            _STANDINGS_AT_ONCE,
            refill_ms=_STANDING_REFILL_MS,
            clock=dependencies.clock,
            refusal=TooManyRequests,
        ),
        field_snapshots=SnapshotMaker(
            dependencies.ledger,
            dependencies.issuer,
            dependencies.clock,
            dependencies.stamp_host,
            dependencies.stamp_scheme,
        ),
        figures=FigureKeeper(dependencies.ledger, dependencies.clock),
        intake=ReportIntake(
            dependencies.ledger,
            dependencies.clock,
            rules=dependencies.rules,
            erase_days=settings.report_days,
            most_days=settings.report_most_days,
            spool=PhotoSpool(settings.report_spool),
            photos=AttachmentStore(settings.attachments),
        ),
        reviews=ReviewRunner(),
        captures=CaptureRunner(dependencies.ledger, dependencies.clock),
        capture_intake=CaptureIntake(),
        data_exports=DataExportRunner(
            dependencies.ledger, dependencies.clock, Path(settings.exports), attachments
        ),
        entry_shells={},
    )


def create_app(runtime: DeskRuntime) -> web.Application:
    """The staff service."""
    dependencies = runtime.dependencies
    app = web.Application(
        middlewares=[
            mark_request,
            add_security_headers,
            make_turn_middleware(runtime),
            make_error_middleware(runtime),
        ]
    )
    document = build_document(dependencies.settings.public_url)

    async def show_openapi(_: web.Request) -> web.StreamResponse:
        return json_response(document)

    async def show_live(_: web.Request) -> web.StreamResponse:
        return json_response({"status": "ok"})

    async def show_ready(_: web.Request) -> web.StreamResponse:
        await dependencies.ledger.transitions.get_head()
        return json_response({"status": "ok"})

    async def hold_files(_: web.Application) -> AsyncIterator[None]:
        originals = runtime.evidence.originals
        runtime.photos.store.remove_leftovers()
        originals.remove_leftovers()
        # Beside the requests: what waits may be long, and each bundle is planned first.
        resuming = asyncio.create_task(runtime.bundles.resume())
        intake = asyncio.create_task(runtime.intake.run(), name="file reports")
        watch = asyncio.create_task(RegistryWatch(dependencies.ledger).run(), name="watch registry")
        keeping = asyncio.create_task(runtime.figures.run(), name="keep figures")
        erasing = asyncio.create_task(erase_old_drafts(dependencies.ledger), name="erase drafts")
        old = erase_old_invitations(dependencies.ledger)
        forgetting = asyncio.create_task(old, name="erase invitations")
        capturing = asyncio.create_task(runtime.captures.run(), name="record captures")
        due = erase_when_due(dependencies.ledger, runtime.retention)
        retaining = asyncio.create_task(due, name="erase old personal data")
        swept = sweep_evidence_daily(dependencies.ledger, originals)
        sweeping = asyncio.create_task(swept, name="sweep evidence")
        tasks = [resuming, intake, watch, keeping, erasing, forgetting, capturing]
        exporting = asyncio.create_task(runtime.data_exports.run(), name="write exports")
        folding = asyncio.create_task(keep_quality(dependencies.ledger), name="fold quality")
        tasks += [retaining, sweeping, exporting, folding]
        if minutes := dependencies.settings.field_minutes:
            making = runtime.field_snapshots.run(minutes * _MINUTE_MS)
            tasks.append(asyncio.create_task(making, name="field snapshots"))
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runtime.reviews.close()
        runtime.proofs.close()
        await runtime.bundles.close()

    app.router.add_get("/api/openapi.json", show_openapi)
    app.router.add_get("/health/live", show_live)
    app.router.add_get("/health/ready", show_ready)
    app.router.add_get("/a/{hash}", make_photo_handler(runtime.photos.store))
    app.add_subapp(API_PREFIX, create_api(runtime))
    app.add_subapp(EPCIS_PREFIX, create_epcis(runtime))
    add_pages(app, runtime)
    app.cleanup_ctx.append(hold_files)
    return app
