"""The bundle store: bundles in a folder, and the jobs that write them.

An encrypted part differs each time it is written, and a resumed download must not: a bundle is
written completely before any of it is handed out. Asking again for a bundle that is being written
or is ready changes nothing, unless the print house uses other keys now: then the bundle is written
again for those.

Bundles are written in threads beside the event loop: of each print house one at a time, in the
order of its requests, and those of several print houses in turns
(`services.batches.rendering_slots`). So neither many jobs nor a long one of a print house keeps
another waiting. What was asked for is marked on disk (`services.batches.job_marks`), so a desk that
starts goes on with it.
"""

import asyncio
import hashlib
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
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
    SheetLayout,
    parse_manifest,
    write_atomically,
    write_bundle,
)
from printing.bundles.files import digest_file
from printing.errors import BundleBusy, PinsNeedEncryption
from services.batches.job_marks import list_marks, make_mark, remove_mark
from services.batches.print_balance import list_unreported
from services.batches.print_keys import find_recipients
from services.batches.rendering_slots import RenderingSlots, RenderingStopped
from services.errors import BundleNotReady, UnknownBundleFile
from stamps.errors import VeritemError

BundleState = Literal["absent", "writing", "ready", "failed"]
_MANIFEST: Final = "manifest.json"
_TICKET: Final = "ticket.json"
CHECKSUMS: Final = "SHA256SUMS"
"""The file that `sha256sum --check` reads."""
_REPLACED: Final = "replaced-"
"""Prefix of the folder of a bundle that is being removed, because it is written again."""
_PREPARE: Final = "bundle.prepare"
READY: Final = "bundle.ready"
"""The action of the audit log's entry of a bundle that can be downloaded."""
_MOST_RECORDS: Final = 1000
"""Records of a batch that are read to see whether one is there."""
_MOST_UNDER_WAY: Final = 64
"""Print houses with a job under way; the jobs of further ones wait for a thread."""

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
    ahead: int = 0
    """Bundles of the same print house that are written before this one."""
    others: int = 0
    """Other print houses whose bundles are written in turns with it."""
    is_outdated: bool = False
    """Whether it is encrypted to other keys than those that the print house uses now."""

    @property
    def total(self) -> int:
        """All stamps of the batch."""
        return self.batch.count


@dataclass(slots=True, eq=False)
class _Job:
    """A bundle that is being written or could not be written."""

    task: "asyncio.Task[None] | None" = None
    print_house: str | None = None
    done: int = 0
    failure: VeritemError | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or is being written."""
        return self.task is not None and not self.task.done()


class BundleStore:
    """The bundles of one desk in a folder; owns the jobs that write them."""

    def __init__(
        self,
        ledger: Ledger,
        issuer: Issuer,
        folder: Path,
        *,
        scheme: str,
        part_size: int,
        rendering_threads: int,
    ) -> None:
        self._ledger = ledger
        self._issuer = issuer
        self._folder = folder
        self._scheme = scheme
        self._part_size = part_size
        self._jobs: dict[Path, _Job] = {}
        self.slots = RenderingSlots(rendering_threads)
        """The slots of this desk, which proofs share."""
        self._threads = ThreadPoolExecutor(_MOST_UNDER_WAY, thread_name_prefix="bundle")
        self._telling: set[asyncio.Task[None]] = set()
        """Records of bundles that are ready; they end also while the store closes."""
        self._queues: dict[str | None, asyncio.Lock] = {}
        """One lock for each print house: its jobs are written one after another."""

    async def resume(self) -> int:
        """Start what was asked for before the desk ended, in that order; return how many.

        A batch that is reported in the meantime is not printed any more.
        """
        started = 0
        await asyncio.to_thread(self._remove_replaced)
        for mark in await asyncio.to_thread(list_marks, self._folder):
            form = next((one for one in get_args(BundleFormat) if one == mark.form), None)
            try:
                batch = await self._ledger.batches.get(mark.batch)
                is_open = list_unreported(await self._ledger.transitions.list_spans(mark.batch))
                if form is None or not is_open:
                    continue
                if self.get_status(batch, form).state == "ready":  # killed before it was told
                    await self._tell_ready(batch, form, mark.actor)
                    continue
                await self.start(batch, form, mark.actor)
                started += 1
            except VeritemError as refusal:
                _log.warning("bundle not resumed", batch=mark.batch, why=str(refusal))
        return started

    async def start(self, batch: Batch, form: BundleFormat, actor: str) -> BundleStatus:
        """Begin to write a bundle, unless it is being written, or ready for the keys in use.

        Raises what is known before writing: `Unfinished`, `PinsNeedEncryption`, `BundleRefused` …
        """
        [status] = await self.list_statuses(batch, [form])
        folder = self._folder_of(batch.number, form)
        known = self._jobs.get(folder)
        if known is not None and (known.task is None or known.is_under_way):
            return self.get_status(batch, form)
        if status.state == "ready" and not status.is_outdated:
            return status
        # The job is registered before the first await, so a second request finds it.
        job = self._jobs[folder] = _Job()
        try:
            bundle, recipients, print_house = await self._plan(batch, form)
            job.print_house = print_house
            if status.is_outdated:
                await asyncio.to_thread(self._remove, folder)
            await asyncio.to_thread(make_mark, folder, batch.number, form, actor)
            # Recorded before the first code is written: a kill leaves no code without a record.
            await self._ledger.audit.append(
                actor=actor,
                action=_PREPARE,
                subject=f"batches:{batch.number}",
                details={"format": form, "encrypted_for": recipients},
            )
        except BaseException:
            del self._jobs[folder]
            raise
        queue = self._queues.setdefault(print_house, asyncio.Lock())
        job.task = asyncio.create_task(
            self._write(job, folder, bundle, batch, recipients, queue, actor)
        )
        return self.get_status(batch, form)

    async def list_statuses(
        self, batch: Batch, forms: Sequence[BundleFormat]
    ) -> list[BundleStatus]:
        """The progress of bundles, and whether ready ones are encrypted to the keys in use."""
        statuses = [self.get_status(batch, form) for form in forms]
        if all(one.manifest is None for one in statuses):
            return statuses
        order = await self._ledger.orders.get(batch.order)
        in_use = sorted(await find_recipients(self._ledger, order.print_house))
        return [
            replace(one, is_outdated=one.manifest["encrypted_for"] != in_use)
            if one.manifest
            else one
            for one in statuses
        ]

    def get_status(self, batch: Batch, form: BundleFormat) -> BundleStatus:
        """The progress of a bundle; `list_statuses` compares its keys with the ledger."""
        folder = self._folder_of(batch.number, form)
        if (folder / _MANIFEST).exists():
            manifest = parse_manifest((folder / _MANIFEST).read_bytes())
            return BundleStatus(batch, form, "ready", batch.count, manifest)
        job = self._jobs.get(folder)
        if job is None:
            return BundleStatus(batch, form, "absent", 0)
        if job.failure:
            return BundleStatus(batch, form, "failed", job.done, failure=job.failure)
        ahead, others = self._find_place(job)
        return BundleStatus(batch, form, "writing", job.done, ahead=ahead, others=others)

    def _find_place(self, job: _Job) -> tuple[int, int]:
        """Return the counts of earlier jobs of the print house, and of other print houses."""
        under_way = [one for one in self._jobs.values() if one.is_under_way]
        own = [one for one in under_way if one.print_house == job.print_house]
        ahead = own.index(job) if job in own else len(own)
        return ahead, len({one.print_house for one in under_way} - {job.print_house})

    def get_file(self, batch: Batch, form: BundleFormat, name: str) -> tuple[Path, str]:
        """A file of a ready bundle and its SHA-256 (hex): a part, or one of the small files.

        Raises `BundleNotReady`, `UnknownBundleFile`.
        """
        status = self.get_status(batch, form)
        if status.manifest is None:
            raise BundleNotReady(batch=batch.number, form=form, state=status.state)
        folder = self._folder_of(batch.number, form)
        known = {part["file"]: part["file_sha256"] for part in status.manifest["parts"]}
        known[_TICKET] = status.manifest["ticket"]["sha256"]
        # Only names from the manifest are accepted, so no path leaves the folder.
        if name in known:
            return folder / name, known[name]
        known[_MANIFEST] = digest_file(folder / _MANIFEST).sha256
        if name == CHECKSUMS:
            lines = "".join(f"{sha256}  {file}\n" for file, sha256 in sorted(known.items()))
            # Written when it is asked for, so that bundles of earlier versions have it too.
            if not (folder / CHECKSUMS).exists():
                write_atomically(folder / CHECKSUMS, [lines.encode()])
            return folder / CHECKSUMS, hashlib.sha256(lines.encode()).hexdigest()
        if name not in known:
            raise UnknownBundleFile(file=name)
        return folder / name, known[name]

    async def close(self) -> None:
        """Stop the jobs and wait for their threads; the next start resumes where they stopped.

        A job that renders ends at its next progress report, after some thousand stamps. Until then
        it holds the journal of its bundle, which nobody else could resume.
        """
        self.slots.stop()
        tasks = [job.task for job in self._jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*self._telling, return_exceptions=True)
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    async def _plan(self, batch: Batch, form: BundleFormat) -> tuple[Bundle, list[str], str | None]:
        """The bundle, its recipients and its print house; a wrong request is refused at once."""
        bundle = await asyncio.to_thread(self._make_bundle, batch, form)
        print_house = (await self._ledger.orders.get(batch.order)).print_house
        recipients = await find_recipients(self._ledger, print_house)
        if bundle.holds_pins and not recipients:
            raise PinsNeedEncryption
        return bundle, recipients, print_house

    def _make_bundle(self, batch: Batch, form: BundleFormat) -> Bundle:
        run = self._issuer.prepare_print_run(batch, scheme=self._scheme)
        return Bundle(run, form, STANDARD_DESIGNS[batch.grade], SheetLayout(), self._part_size)

    async def _write(
        self,
        job: _Job,
        folder: Path,
        bundle: Bundle,
        batch: Batch,
        recipients: list[str],
        queue: asyncio.Lock,
        actor: str,
    ) -> None:
        signer = self._issuer.signer

        def write() -> None:
            with self.slots.hold() as slot:

                def report_progress(progress: BundleProgress) -> None:
                    job.done = progress.done
                    slot.offer()

                write_bundle(
                    bundle,
                    folder,
                    sign_manifest=lambda document: signer.sign_manifest(batch.epoch, document),
                    recipients=recipients,
                    progress=report_progress,
                )

        try:
            async with queue:
                await asyncio.get_running_loop().run_in_executor(self._threads, write)
        except RenderingStopped:
            return
        except BundleBusy as busy:
            # Another desk writes it, which may be ending: its mark stays.
            job.failure = busy
        except VeritemError as refusal:
            job.failure = refusal
            remove_mark(folder)
        except OSError as error:
            _log.exception("bundle not written", batch=batch.number)
            job.failure = BundleNotReady(
                batch=batch.number, form=bundle.form, state=f"not written ({error.strerror})"
            )
        else:
            telling = asyncio.create_task(self._tell_ready(batch, bundle.form, actor))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)
            try:
                await asyncio.shield(telling)
            except VeritemError as refusal:  # its mark stays, so the next start tells it
                _log.warning("bundle ready, not recorded", batch=batch.number, why=str(refusal))

    async def _tell_ready(self, batch: Batch, form: BundleFormat, actor: str) -> None:
        """Record once that a bundle can be downloaded, and remove its mark."""
        subject, details = f"batches:{batch.number}", {"format": form}
        known = await self._ledger.audit.list_of_subject(subject, limit=_MOST_RECORDS)
        steps = [one.action for one in known if one.details.get("format") == form]
        # A bundle that is written again is prepared again, and then told again.
        if next((one for one in steps if one in (_PREPARE, READY)), None) != READY:
            await self._ledger.audit.append(
                actor=actor, action=READY, subject=subject, details=details
            )
        remove_mark(self._folder_of(batch.number, form))

    def _remove(self, folder: Path) -> None:
        """Remove a bundle in one step; the next start removes what a kill leaves."""
        shutil.rmtree(folder.with_name(_REPLACED + folder.name), ignore_errors=True)
        folder.rename(folder.with_name(_REPLACED + folder.name))
        self._remove_replaced()

    def _remove_replaced(self) -> None:
        for left in self._folder.glob(f"{_REPLACED}*"):
            shutil.rmtree(left, ignore_errors=True)

    def _folder_of(self, number: int, form: BundleFormat) -> Path:
        return self._folder / f"batch-{number}-{form}"
