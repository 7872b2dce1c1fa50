"""Bundles for print houses: written to disk once, signed, then downloaded at their own pace.

A part that is encrypted is not the same twice, and a download that is resumed must be: so a bundle
is written as files (`printing.write_bundle`, which goes on where it was cut off) before anything
of it is handed out, and the files then serve ranges. One is written at a time, beside the event
loop; asking again for one that is being written, or is there, does nothing.

Where the print house has an age key (`Organisation.public_key`), the files are encrypted to it;
with PINs in them they leave in no other way.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

import structlog

from desk.dependencies import DeskDependencies
from desk.errors import BundleNotReady, NoSuchPart
from ledger import Batch
from printing import (
    STANDARD_DESIGNS,
    Bundle,
    BundleFormat,
    BundleProgress,
    SheetLayout,
    parse_manifest,
    write_bundle,
)
from printing.errors import PinsNeedEncryption
from stamps.errors import VeritemError

FORMATS: Final[tuple[BundleFormat, ...]] = get_args(BundleFormat)
State = Literal["absent", "writing", "ready", "failed"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Standing:
    """How far a bundle is: `done` of `total` stamps; `manifest` once it is ready."""

    state: State
    done: int
    total: int
    manifest: dict[str, Any] | None = None
    failure: VeritemError | None = None


@dataclass
class _Work:
    """One bundle that is being written, or could not be."""

    task: "asyncio.Task[None] | None" = None
    done: int = 0
    failure: VeritemError | None = None


class Bundler:
    """Writes bundles and knows how far they are."""

    def __init__(self, parts: DeskDependencies) -> None:
        self._parts = parts
        self._folder = Path(parts.settings.bundles)
        self._works: dict[Path, _Work] = {}
        self._turn = asyncio.Semaphore(1)

    async def prepare(self, batch: Batch, form: BundleFormat, actor: str) -> Standing:
        """Begin to write a bundle, unless it is there or on its way.

        Raises what can be told beforehand: `Unfinished`, `PinsNeedEncryption`, `BundleRefused` …
        """
        standing = self.standing(batch, form)
        if standing.state in ("ready", "writing"):
            return standing
        folder = self._place(batch.number, form)
        work = self._works[folder] = _Work()  # before anything is waited for: asked twice is once
        try:
            # Made here so that what is wrong with it is answered, and not found out later.
            bundle, recipients = await self._made(batch, form)
        except BaseException:
            del self._works[folder]
            raise
        work.task = asyncio.create_task(self._write(work, folder, bundle, batch, recipients))
        await self._parts.ledger.audit.append(
            actor=actor,
            action="bundle.prepare",
            subject=f"batches:{batch.number}",
            details={"format": form, "encrypted_for": recipients},
        )
        return self.standing(batch, form)

    def standing(self, batch: Batch, form: BundleFormat) -> Standing:
        """How far the bundle is."""
        folder = self._place(batch.number, form)
        if (folder / "manifest.json").exists():
            manifest = parse_manifest((folder / "manifest.json").read_bytes())
            return Standing("ready", batch.count, batch.count, manifest)
        work = self._works.get(folder)
        if work is None:
            return Standing("absent", 0, batch.count)
        state: State = "failed" if work.failure else "writing"
        return Standing(state, work.done, batch.count, failure=work.failure)

    def file(self, batch: Batch, form: BundleFormat, name: str) -> Path:
        """A file of a bundle that is ready: a part, `ticket.json` or `manifest.json`.

        Raises `BundleNotReady`, `NoSuchPart`.
        """
        standing = self.standing(batch, form)
        if standing.manifest is None:
            raise BundleNotReady(batch=batch.number, form=form, state=standing.state)
        # Only what the manifest names can be asked for, so no path leads anywhere else.
        known = {part["file"] for part in standing.manifest["parts"]}
        if name not in known | {"ticket.json", "manifest.json"}:
            raise NoSuchPart(part=name)
        return self._place(batch.number, form) / name

    async def close(self) -> None:
        """Wait for what is being written to stop; the next start goes on with it."""
        tasks = [work.task for work in self._works.values() if work.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _made(self, batch: Batch, form: BundleFormat) -> tuple[Bundle, list[str]]:
        bundle = await asyncio.to_thread(self._bundle, batch, form)
        recipients = await self._recipients(batch)
        if bundle.holds_pins and not recipients:
            raise PinsNeedEncryption
        return bundle, recipients

    def _bundle(self, batch: Batch, form: BundleFormat) -> Bundle:
        run = self._parts.issuer.print_run(batch, scheme=self._parts.stamp_scheme)
        design = STANDARD_DESIGNS[batch.grade]
        return Bundle(run, form, design, SheetLayout(), self._parts.settings.part_size)

    async def _recipients(self, batch: Batch) -> list[str]:
        order = await self._parts.ledger.orders.get(batch.order)
        if order.print_house is None:
            return []
        house = await self._parts.ledger.organisations.get(order.print_house)
        return [house.public_key] if house.public_key else []

    async def _write(
        self, work: _Work, folder: Path, bundle: Bundle, batch: Batch, recipients: list[str]
    ) -> None:
        signer = self._parts.issuer.signer

        def told(progress: BundleProgress) -> None:
            work.done = progress.done

        def write() -> None:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            write_bundle(
                bundle,
                folder,
                sign_manifest=lambda document: signer.sign_manifest(batch.epoch, document),
                recipients=recipients,
                progress=told,
            )

        try:
            async with self._turn:
                await asyncio.to_thread(write)
        except VeritemError as refusal:
            work.failure = refusal
        except OSError as error:
            _log.exception("bundle not written", batch=batch.number)
            work.failure = BundleNotReady(
                batch=batch.number, form=bundle.form, state=f"not written ({error.strerror})"
            )

    def _place(self, number: int, form: BundleFormat) -> Path:
        return self._folder / f"batch-{number}-{form}"
