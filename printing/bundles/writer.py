"""Writes a bundle into a directory; it can be interrupted and resumed at any moment.

Each part is written to a temporary file and renamed, then recorded in a journal. A restart keeps
the parts that the journal records and whose files are unchanged. Ticket and manifest come last, so
a directory with a manifest is complete; the journal is then deleted.
"""

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Final

import orjson

from printing.bundles.bundle import Bundle, BundlePart, BundleProgress
from printing.bundles.encryption import parse_recipients, write_encrypted
from printing.bundles.files import TEMPORARY_SUFFIX, FileDigest, digest_file, write_atomically
from printing.bundles.manifest import (
    NAME,
    TICKET,
    DeliveredPart,
    SignManifest,
    build_manifest,
    encode_signed,
)
from printing.errors import AnotherBundle, BundleBusy, PinsNeedEncryption

JOURNAL: Final = ".bundle.journal"


def write_bundle(
    bundle: Bundle,
    directory: Path,
    *,
    sign_manifest: SignManifest,
    recipients: Iterable[str] = (),
    progress: Callable[[BundleProgress], None] | None = None,
) -> Path:
    """Write the bundle's files, or resume; returns the manifest's path.

    ``recipients`` are age public keys; without them nothing is encrypted. Raises
    `PinsNeedEncryption`, `RecipientRefused`, `AnotherBundle` when the directory has part
    of another bundle, `BundleBusy` when another process writes it, and `OSError`.
    """
    keys = sorted(recipients)
    if bundle.holds_pins and not keys:
        raise PinsNeedEncryption
    parse_recipients(keys)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _open_journal(directory) as journal:
        for unfinished in directory.glob(f".*{TEMPORARY_SUFFIX}"):
            unfinished.unlink()  # of a killed writer: no other one has the lock
        delivered = _resume(journal, f"{bundle.fingerprint()} {' '.join(keys)}", directory)
        for part in bundle.parts:
            if not _is_unchanged(delivered.get(part.name), directory):
                delivered[part.name] = _deliver(bundle, part, directory, keys, progress)
                _append_line(journal, orjson.dumps(asdict(delivered[part.name])))
            if progress:
                progress(BundleProgress(part.hi - bundle.run.lo, bundle.run.count, part.name))
        ticket = orjson.dumps(bundle.build_job_ticket(), option=orjson.OPT_INDENT_2) + b"\n"
        written = write_atomically(directory / TICKET, [ticket])
        records = [delivered[part.name] for part in bundle.parts]
        document = build_manifest(bundle, records, written, keys)
        write_atomically(directory / NAME, [encode_signed(document, sign_manifest)])
        (directory / JOURNAL).unlink()
    return directory / NAME


def _deliver(
    bundle: Bundle,
    part: BundlePart,
    directory: Path,
    keys: list[str],
    progress: Callable[[BundleProgress], None] | None,
) -> DeliveredPart:
    pieces = bundle.stream(part, progress=progress)
    if keys:
        file = f"{part.name}.age"
        content, written = write_encrypted(directory / file, pieces, keys)
        return DeliveredPart.from_files(part, content, file, written)
    content = write_atomically(directory / part.name, pieces)
    return DeliveredPart.from_files(part, content, part.name, content)


def _is_unchanged(record: DeliveredPart | None, directory: Path) -> bool:
    """Whether the file of a recorded part is unchanged."""
    if record is None:
        return False
    path = directory / record.file
    return path.is_file() and digest_file(path) == FileDigest(record.file_size, record.file_sha256)


@contextmanager
def _open_journal(directory: Path) -> Iterator[IO[bytes]]:
    """The journal, open for reading and appending, locked against other processes."""
    descriptor = os.open(directory / JOURNAL, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BundleBusy(directory=str(directory)) from None
        yield file


def _resume(journal: IO[bytes], identity: str, directory: Path) -> dict[str, DeliveredPart]:
    """Read the delivered parts. Raises `AnotherBundle` when they belong to another bundle.

    An incomplete last line is dropped: its part is made again.
    """
    journal.seek(0)
    content = journal.read()
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    if not lines:
        if (directory / NAME).exists():
            raise AnotherBundle(directory=str(directory))
        journal.truncate(0)
        _append_line(journal, identity.encode())
        return {}
    if lines[0] != identity.encode():
        raise AnotherBundle(directory=str(directory))
    journal.truncate(content.rfind(b"\n") + 1)
    records = (DeliveredPart(**orjson.loads(line)) for line in lines[1:])
    return {record.name: record for record in records}


def _append_line(journal: IO[bytes], line: bytes) -> None:
    """Append one line and make it durable."""
    journal.write(line + b"\n")
    journal.flush()
    os.fsync(journal.fileno())
