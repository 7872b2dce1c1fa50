"""Bundles: the files that a print house downloads, written once, signed and encrypted.

An encrypted part differs each time it is written, and a resumed download must not: a bundle is
written completely before any of it is handed out. One bundle is written at a time, in a thread
beside the event loop. Asking again for a bundle that is being written or is ready changes nothing.

Where the print house has an age key (`Organisation.public_key`), the files are encrypted to it;
files with PINs are never written unencrypted.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

import structlog

from issuer import Issuer
from ledger import Batch, Ledger
from printing import (
    STANDARD_DESIGNS,
    Bundle,
    BundleFormat,
    BundleProgress,
    Design,
    Layout,
    SheetLayout,
    choose_standard_design,
    parse_manifest,
    write_bundle,
)
from printing.errors import PinsNeedEncryption
from services import scope
from services.context import ServiceContext
from services.errors import BundleNotReady, UnknownBundleFile, UnknownBundleFormat
from services.permissions import Permission, require_permission
from services.ranges import parse_range
from stamps.errors import VeritemError

FORMATS: Final[tuple[BundleFormat, ...]] = get_args(BundleFormat)
BundleState = Literal["absent", "writing", "ready", "failed"]
_MANIFEST: Final = "manifest.json"
_TICKET: Final = "ticket.json"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BundleStatus:
    """The progress of a bundle: `done` of `total` stamps; its manifest once it is ready."""

    batch: Batch
    form: BundleFormat
    state: BundleState
    done: int
    manifest: dict[str, Any] | None = None
    failure: VeritemError | None = None

    @property
    def total(self) -> int:
        """All stamps of the batch."""
        return self.batch.count


@dataclass(frozen=True, slots=True)
class TakenBytes:
    """The bytes `[start, stop)` of a file of `size` that one request takes; none if empty."""

    start: int
    stop: int
    size: int

    def describe(self) -> dict[str, str | int]:
        """The bytes as the audit log has them.

        >>> TakenBytes(0, 500, 1000).describe(), TakenBytes(0, 0, 1000).describe()
        ({'bytes': '0-499', 'size': 1000}, {'bytes': 'none', 'size': 1000})
        """
        is_empty = self.start == self.stop
        return {"bytes": "none" if is_empty else f"{self.start}-{self.stop - 1}", "size": self.size}


@dataclass(slots=True)
class _Job:
    """A bundle that is being written or could not be written."""

    task: "asyncio.Task[None] | None" = None
    done: int = 0
    failure: VeritemError | None = None


class BundleStore:
    """The bundles of one desk in a folder; owns the jobs that write them."""

    def __init__(
        self, ledger: Ledger, issuer: Issuer, folder: Path, *, scheme: str, part_size: int
    ) -> None:
        self._ledger = ledger
        self._issuer = issuer
        self._folder = folder
        self._scheme = scheme
        self._part_size = part_size
        self._jobs: dict[Path, _Job] = {}
        self._one_at_a_time = asyncio.Semaphore(1)

    async def start(self, batch: Batch, form: BundleFormat, actor: str) -> BundleStatus:
        """Begin to write a bundle, unless it is ready or being written.

        Raises what is known before writing: `Unfinished`, `PinsNeedEncryption`, `BundleRefused` …
        """
        status = self.get_status(batch, form)
        if status.state in ("ready", "writing"):
            return status
        folder = self._folder_of(batch.number, form)
        # The job is registered before the first await, so a second request finds it.
        job = self._jobs[folder] = _Job()
        try:
            bundle, recipients = await self._plan(batch, form)
            # Recorded before the first code is written: a kill leaves no code without a record.
            await self._ledger.audit.append(
                actor=actor,
                action="bundle.prepare",
                subject=f"batches:{batch.number}",
                details={"format": form, "encrypted_for": recipients},
            )
        except BaseException:
            del self._jobs[folder]
            raise
        job.task = asyncio.create_task(self._write(job, folder, bundle, batch, recipients))
        return self.get_status(batch, form)

    def get_status(self, batch: Batch, form: BundleFormat) -> BundleStatus:
        """The progress of a bundle."""
        folder = self._folder_of(batch.number, form)
        if (folder / _MANIFEST).exists():
            manifest = parse_manifest((folder / _MANIFEST).read_bytes())
            return BundleStatus(batch, form, "ready", batch.count, manifest)
        job = self._jobs.get(folder)
        if job is None:
            return BundleStatus(batch, form, "absent", 0)
        state: BundleState = "failed" if job.failure else "writing"
        return BundleStatus(batch, form, state, job.done, failure=job.failure)

    def get_file(self, batch: Batch, form: BundleFormat, name: str) -> Path:
        """A file of a ready bundle: a part, `ticket.json` or `manifest.json`.

        Raises `BundleNotReady`, `UnknownBundleFile`.
        """
        status = self.get_status(batch, form)
        if status.manifest is None:
            raise BundleNotReady(batch=batch.number, form=form, state=status.state)
        # Only names from the manifest are accepted, so no path leaves the folder.
        known = {part["file"] for part in status.manifest["parts"]} | {_TICKET, _MANIFEST}
        if name not in known:
            raise UnknownBundleFile(file=name)
        return self._folder_of(batch.number, form) / name

    async def close(self) -> None:
        """Stop the jobs; the next start resumes where they stopped."""
        tasks = [job.task for job in self._jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _plan(self, batch: Batch, form: BundleFormat) -> tuple[Bundle, list[str]]:
        """The bundle and its recipients, so that a wrong request is refused at once."""
        bundle = await asyncio.to_thread(self._make_bundle, batch, form)
        recipients = await self._find_recipients(batch)
        if bundle.holds_pins and not recipients:
            raise PinsNeedEncryption
        return bundle, recipients

    def _make_bundle(self, batch: Batch, form: BundleFormat) -> Bundle:
        run = self._issuer.prepare_print_run(batch, scheme=self._scheme)
        return Bundle(run, form, STANDARD_DESIGNS[batch.grade], SheetLayout(), self._part_size)

    async def _find_recipients(self, batch: Batch) -> list[str]:
        order = await self._ledger.orders.get(batch.order)
        if order.print_house is None:
            return []
        print_house = await self._ledger.organisations.get(order.print_house)
        return [print_house.public_key] if print_house.public_key else []

    async def _write(
        self, job: _Job, folder: Path, bundle: Bundle, batch: Batch, recipients: list[str]
    ) -> None:
        signer = self._issuer.signer

        def report_progress(progress: BundleProgress) -> None:
            job.done = progress.done

        def write() -> None:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            write_bundle(
                bundle,
                folder,
                sign_manifest=lambda document: signer.sign_manifest(batch.epoch, document),
                recipients=recipients,
                progress=report_progress,
            )

        try:
            async with self._one_at_a_time:
                await asyncio.to_thread(write)
        except VeritemError as refusal:
            job.failure = refusal
        except OSError as error:
            _log.exception("bundle not written", batch=batch.number)
            job.failure = BundleNotReady(
                batch=batch.number, form=bundle.form, state=f"not written ({error.strerror})"
            )

    def _folder_of(self, number: int, form: BundleFormat) -> Path:
        return self._folder / f"batch-{number}-{form}"


async def start_bundle(
    context: ServiceContext, store: BundleStore, number: int, form: str
) -> BundleStatus:
    """Have a bundle written. Raises `Forbidden`, `UnknownBatch`, and as `BundleStore.start`."""
    require_permission(context, Permission.BUNDLE_TAKE)
    batch = await scope.find_batch(context, number)
    return await store.start(batch, _check_format(form), context.actor.id)


async def get_bundle(
    context: ServiceContext, store: BundleStore, number: int, form: str
) -> BundleStatus:
    """The progress of a bundle. Raises `Forbidden`, `UnknownBatch`, `UnknownBundleFormat`."""
    require_permission(context, Permission.BUNDLE_TAKE)
    return store.get_status(await scope.find_batch(context, number), _check_format(form))


async def list_bundles(
    context: ServiceContext, store: BundleStore, number: int
) -> list[BundleStatus]:
    """The progress of a batch's bundles in every format. Raises `Forbidden`, `UnknownBatch`."""
    require_permission(context, Permission.BUNDLE_TAKE)
    batch = await scope.find_batch(context, number)
    return [store.get_status(batch, form) for form in FORMATS]


async def open_bundle_file(
    context: ServiceContext,
    store: BundleStore,
    number: int,
    form: str,
    name: str,
    find_taken_bytes: Callable[[int], TakenBytes | None],
) -> Path:
    """The path of a bundle's file for download; the audit log records who takes which bytes.

    `find_taken_bytes` is called with the file's size. Each request is recorded before the first
    byte is sent, so that what is downloaded in ranges is recorded completely too; None (HEAD) is
    not. Raises `Forbidden`, `UnknownBatch`,
    `UnknownBundleFormat`, `BundleNotReady`, `UnknownBundleFile`.
    """
    require_permission(context, Permission.BUNDLE_TAKE)
    batch = await scope.find_batch(context, number)
    path = store.get_file(batch, _check_format(form), name)
    taken = find_taken_bytes(path.stat().st_size)
    if taken is not None:
        await context.ledger.audit.append(
            actor=context.actor.id,
            action="bundle.take",
            subject=f"batches:{number}",
            details={"format": form, "file": name, **taken.describe()},
        )
    return path


@dataclass(frozen=True, slots=True)
class PrintRequest:
    """A request to write a serial range into a folder, with a design and layout of choice."""

    range: str
    form: BundleFormat
    folder: Path
    scheme: str
    layout: Layout
    design: Design | None = None
    """The design that fits the stamps, when None."""
    part_size: int = 100_000
    recipients: Sequence[str] = ()
    """age public keys that the files are encrypted to; none for plain files."""


async def write_print_files(
    context: ServiceContext,
    request: PrintRequest,
    progress: Callable[[BundleProgress], None] | None = None,
) -> Path:
    """Write a serial range as a bundle into a folder and answer its manifest's path.

    An interrupted call resumes when it is repeated; a folder with a complete bundle is refused.
    The audit log records the call before the first code is written (`bundle.prepare`), and the
    manifest's hash when the bundle is complete (`batch.print`).
    Raises `Forbidden`, `MalformedRange`, `UnknownBatch`, and as `printing.write_bundle` does.
    """
    require_permission(context, Permission.BUNDLE_TAKE)
    issuer = context.require_issuer()
    target = await parse_range(context, request.range)
    batch = target.batch
    run = issuer.prepare_print_run(batch, target.lo, target.hi, scheme=request.scheme)
    design = request.design or choose_standard_design(run)
    bundle = Bundle(run, request.form, design, request.layout, request.part_size)

    def write() -> tuple[Path, dict[str, Any], str]:
        path = write_bundle(
            bundle,
            request.folder,
            sign_manifest=lambda document: issuer.signer.sign_manifest(batch.epoch, document),
            recipients=request.recipients,
            progress=progress,
        )
        content = path.read_bytes()
        return path, parse_manifest(content), hashlib.sha256(content).hexdigest()

    await context.ledger.audit.append(
        actor=context.actor.id,
        action="bundle.prepare",
        subject=f"batches:{batch.number}",
        details={
            "range": target.text,
            "format": request.form,
            "encrypted_for": sorted(request.recipients),
        },
    )
    path, manifest, digest = await asyncio.to_thread(write)
    await context.ledger.audit.append(
        actor=context.actor.id,
        action="batch.print",
        subject=f"batches:{batch.number}",
        details={
            "range": target.text,
            "format": request.form,
            "encrypted_for": manifest["encrypted_for"],
            "manifest_sha256": digest,
        },
    )
    return path


def _check_format(form: str) -> BundleFormat:
    for known in FORMATS:
        if form == known:
            return known
    raise UnknownBundleFormat(form=form, known=", ".join(FORMATS))
