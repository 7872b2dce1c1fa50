"""Bundles: the files that a print house downloads, signed and encrypted.

Where the print house has an age key (`Organisation.public_key`), the files are encrypted to it;
files with PINs are never written unencrypted.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from printing import (
    Bundle,
    BundleFormat,
    BundleProgress,
    Design,
    Layout,
    choose_standard_design,
    write_bundle,
)
from services import scope
from services.batches.bundle_store import CHECKSUMS, BundleStatus, BundleStore
from services.batches.download_links import DownloadLinks
from services.batches.print_balance import require_open
from services.context import ServiceContext
from services.errors import BundleNotReady, UnknownBundleFormat
from services.permissions import Permission, require_permission
from services.ranges import parse_range

SMALL_FILES: Final = ("ticket.json", "manifest.json", CHECKSUMS)
"""The files of every bundle beside its parts."""
_MOST_RECORDS: Final = 1000
"""Records of a batch that are read to tell what was downloaded."""
FORMATS: Final[tuple[BundleFormat, ...]] = get_args(BundleFormat)


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


async def start_bundle(
    context: ServiceContext, store: BundleStore, number: int, form: str
) -> BundleStatus:
    """Have a bundle written, or written again where the print house uses other keys now.

    Raises `Forbidden`, `UnknownBatch`, `BatchPrinted`, and as `BundleStore.start`.
    """
    require_permission(context, Permission.BUNDLE_TAKE)
    batch = await scope.find_batch(context, number)
    known = _check_format(form)
    await require_open(context, batch)
    return await store.start(batch, known, context.actor.id)


async def get_bundle(
    context: ServiceContext, store: BundleStore, number: int, form: str
) -> BundleStatus:
    """The progress of a bundle. Raises `Forbidden`, `UnknownBatch`, `UnknownBundleFormat`."""
    require_permission(context, Permission.BUNDLE_TAKE)
    batch = await scope.find_batch(context, number)
    [status] = await store.list_statuses(batch, [_check_format(form)])
    return status


async def list_bundles(
    context: ServiceContext, store: BundleStore, number: int
) -> list[BundleStatus]:
    """The progress of a batch's bundles in every format. Raises `Forbidden`, `UnknownBatch`."""
    require_permission(context, Permission.BUNDLE_TAKE)
    batch = await scope.find_batch(context, number)
    return await store.list_statuses(batch, FORMATS)


@dataclass(frozen=True, slots=True)
class BundleLinks:
    """Links of a bundle's files for a download program."""

    addresses: Sequence[tuple[str, str]]
    """Each file's name and address."""
    expires_at: int
    """Milliseconds since the Unix epoch, UTC."""


async def make_links(
    context: ServiceContext,
    store: BundleStore,
    links: DownloadLinks,
    number: int,
    form: str,
    *,
    public_url: str,
) -> BundleLinks:
    """Links that work without a session, for a day, as the actor's account.

    Raises as `get_bundle` does, and `BundleNotReady`.
    """
    status = await get_bundle(context, store, number, form)
    if status.manifest is None:
        raise BundleNotReady(batch=number, form=form, state=status.state)
    link = links.make(context.actor.id, number, form)
    root = f"{public_url.rstrip('/')}/download/{link.token}"
    names = [*(part["file"] for part in status.manifest["parts"]), *SMALL_FILES]
    return BundleLinks([(name, f"{root}/{name}") for name in names], link.expires_at)


@dataclass(frozen=True, slots=True)
class BundleFile:
    """A file of a bundle that is handed out."""

    path: Path
    sha256: str
    record_sent: Callable[[TakenBytes], Awaitable[None]]
    """Called when the last byte of an answer was handed to the network."""


@dataclass(frozen=True, slots=True)
class Download:
    """Account that has a whole file, and the time since when."""

    form: str
    file: str
    actor: str
    at: int


async def open_bundle_file(
    context: ServiceContext,
    store: BundleStore,
    number: int,
    form: str,
    name: str,
    find_taken_bytes: Callable[[int], TakenBytes | None],
) -> BundleFile:
    """A bundle's file for download; the audit log records who takes which bytes.

    `find_taken_bytes` is called with the file's size. Each request is recorded before the first
    byte is sent (`bundle.take`), so that what is downloaded in ranges is recorded completely too;
    None (HEAD) is not. What was sent to its end is recorded once more (`bundle.sent`): a download
    that broke has no such record.

    Raises `Forbidden`, `UnknownBatch`, `UnknownBundleFormat`, `BatchPrinted`, `BundleNotReady`,
    `UnknownBundleFile`.
    """
    require_permission(context, Permission.BUNDLE_TAKE)
    batch = await scope.find_batch(context, number)
    known = _check_format(form)
    await require_open(context, batch)
    path, sha256 = await asyncio.to_thread(store.get_file, batch, known, name)

    async def record(action: str, taken: TakenBytes) -> None:
        await context.ledger.audit.append(
            actor=context.actor.id,
            action=action,
            subject=f"batches:{number}",
            details={"format": form, "file": name, **taken.describe()},
        )

    async def record_sent(taken: TakenBytes) -> None:
        await record("bundle.sent", taken)

    taken = find_taken_bytes(path.stat().st_size)
    if taken is not None:
        await record("bundle.take", taken)
    return BundleFile(path, sha256, record_sent)


async def list_downloads(context: ServiceContext, number: int) -> list[Download]:
    """The files of a batch that somebody has whole, in one piece or in ranges, the first each.

    Follows from the newest records of the batch. Raises `Forbidden`, `UnknownBatch`.
    """
    require_permission(context, Permission.BUNDLE_TAKE)
    await scope.find_batch(context, number)
    entries = await context.ledger.audit.list_of_subject(f"batches:{number}", limit=_MOST_RECORDS)
    whole: dict[tuple[str, str, str], Download] = {}
    sent: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    for entry in reversed(entries):
        details = entry.details
        if entry.action != "bundle.sent" or details["bytes"] == "none":
            continue
        name = (entry.actor, details["format"], details["file"])
        first, _, last = str(details["bytes"]).partition("-")
        pieces = sent.setdefault(name, [])
        pieces.append((int(first), int(last) + 1))
        if name not in whole and _covers(pieces, int(details["size"])):
            whole[name] = Download(details["format"], details["file"], entry.actor, entry.at)
    return list(whole.values())


def _covers(pieces: list[tuple[int, int]], size: int) -> bool:
    """Whether pieces of a file cover it.

    >>> _covers([(5, 9), (0, 6)], 9), _covers([(0, 4), (5, 9)], 9)
    (True, False)
    """
    reached = 0
    for start, stop in sorted(pieces):
        if start > reached:
            return False
        reached = max(reached, stop)
    return reached >= size


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
    The audit log records each call before the first code is written, so that a killed one leaves no
    code without a record, with the fingerprint of the bundle, which determines its files' content.
    Raises `Forbidden`, `MalformedRange`, `UnknownBatch`, and as `printing.write_bundle` does.
    """
    require_permission(context, Permission.BUNDLE_TAKE)
    issuer = context.require_issuer()
    target = await parse_range(context, request.range)
    batch = target.batch
    run = issuer.prepare_print_run(batch, target.lo, target.hi, scheme=request.scheme)
    design = request.design or choose_standard_design(run)
    bundle = Bundle(run, request.form, design, request.layout, request.part_size)

    def write() -> Path:
        return write_bundle(
            bundle,
            request.folder,
            sign_manifest=lambda document: issuer.signer.sign_manifest(batch.epoch, document),
            recipients=request.recipients,
            progress=progress,
        )

    await context.ledger.audit.append(
        actor=context.actor.id,
        action="batch.print",
        subject=f"batches:{batch.number}",
        details={
            "range": target.text,
            "format": request.form,
            "encrypted_for": sorted(request.recipients),
            "fingerprint": bundle.fingerprint(),
        },
    )
    return await asyncio.to_thread(write)


def _check_format(form: str) -> BundleFormat:
    for known in FORMATS:
        if form == known:
            return known
    raise UnknownBundleFormat(form=form, known=", ".join(FORMATS))
