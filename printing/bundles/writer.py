"""Writing a bundle into a directory, so that it can be interrupted and resumed at any moment.

Each part is written aside and renamed, then noted in a journal; starting again keeps the parts
that the journal names and whose files still are what it says. Ticket and manifest come last, so
a directory with a manifest is complete. The journal goes when the manifest stands.
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
from printing.bundles.files import ASIDE, FileDigest, digest_file, write_atomically
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
    """Write (or go on writing) the bundle's files; gives the manifest's path.

    ``recipients`` are age public keys; without them nothing is encrypted. Raises
    `PinsNeedEncryption`, `RecipientRefused`, `AnotherBundle` when the directory holds the
    beginning of something else, `BundleBusy` when another process is at it, and `OSError`.
    """
    keys = sorted(recipients)
    if bundle.holds_pins and not keys:
        raise PinsNeedEncryption
    parse_recipients(keys)
    directory.mkdir(parents=True, exist_ok=True)
    with _journal(directory) as journal:
        for torn in directory.glob(f".*{ASIDE}"):
            torn.unlink()  # what a killed writer left behind; the lock says that it is dead
        delivered = _resume(journal, f"{bundle.fingerprint()} {' '.join(keys)}", directory)
        for part in bundle.parts:
            if not _still_there(delivered.get(part.name), directory):
                delivered[part.name] = _deliver(bundle, part, directory, keys, progress)
                _note(journal, orjson.dumps(asdict(delivered[part.name])))
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
        return DeliveredPart.of(part, content, file, written)
    content = write_atomically(directory / part.name, pieces)
    return DeliveredPart.of(part, content, part.name, content)


def _still_there(record: DeliveredPart | None, directory: Path) -> bool:
    """Whether a part that the journal names is still what it was."""
    if record is None:
        return False
    path = directory / record.file
    return path.is_file() and digest_file(path) == FileDigest(record.file_size, record.file_sha256)


@contextmanager
def _journal(directory: Path) -> Iterator[IO[bytes]]:
    """The journal, open for reading and appending, held against other processes."""
    with (directory / JOURNAL).open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BundleBusy(directory=str(directory)) from None
        yield file


def _resume(journal: IO[bytes], identity: str, directory: Path) -> dict[str, DeliveredPart]:
    """Read what was delivered before. Raises `AnotherBundle` when it was something else.

    An interrupted last line is forgotten: its part is made again.
    """
    journal.seek(0)
    content = journal.read()
    noted = content[: content.rfind(b"\n") + 1].splitlines()
    if not noted:
        if (directory / NAME).exists():
            raise AnotherBundle(directory=str(directory))
        journal.truncate(0)
        _note(journal, identity.encode())
        return {}
    if noted[0] != identity.encode():
        raise AnotherBundle(directory=str(directory))
    journal.truncate(content.rfind(b"\n") + 1)
    records = (DeliveredPart(**orjson.loads(line)) for line in noted[1:])
    return {record.name: record for record in records}


def _note(journal: IO[bytes], line: bytes) -> None:
    """Append one line and make it durable."""
    journal.write(line + b"\n")
    journal.flush()
    os.fsync(journal.fileno())
