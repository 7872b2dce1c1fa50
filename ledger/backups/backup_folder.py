"""A folder of copies of one ledger, each with its manifest beside it.

    veritem-20261127T115200Z.backup   the copy
    veritem-20261127T115200Z.json     its manifest; a copy without one does not count

The manifest is renamed into place last, after the copy is durable. A process that dies before has
left files without a manifest, which the next `make_copy` removes. A lock admits one writer of the
folder at a time.
"""

import asyncio
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from ledger.backups.backup import back_up, read_copy_heads, write_durably
from ledger.backups.backup_retention import choose_kept
from ledger.ledger import now_ms, open_ledger
from ledger.storage.storage_errors import StorageFailed, storage_errors
from stamps.errors import VeritemError
from stamps.timestamps import format_rfc3339, parse_rfc3339

_PREFIX: Final = "veritem-"
_COPY: Final = ".backup"
_MANIFEST: Final = ".json"


class FolderInUse(VeritemError):
    """Another process makes or removes copies in the folder."""

    code = "backup-in-progress"
    message = "another process makes or removes copies in {folder}"


@dataclass(frozen=True, slots=True)
class CopyManifest:
    """Manifest of a copy, written beside it when the copy is whole."""

    file: str
    size: int
    """Bytes of the copy."""
    sha256: str
    at: str
    """When the copy began (RFC 3339)."""
    seconds: float
    """Duration of the copy, without its checksum."""
    heads: Mapping[str, str]
    """Number and hash of the last row of each chain, `SEQ:HASH`."""
    last_scan_at: str | None
    """The latest scan that the ledger had when the copy began (RFC 3339)."""

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Parse what `make_copy` wrote. Raises `ValueError`, `TypeError` for anything else."""
        return cls(**json.loads(text))

    @property
    def at_ms(self) -> int:
        """When the copy began, in milliseconds since the epoch."""
        return parse_rfc3339(self.at)


async def make_copy(
    url: str, folder: Path, copy_more: Callable[[], object] = lambda: None
) -> CopyManifest:
    """Copy the ledger at `url` into `folder`, with a manifest; remove what killed copies left.

    `copy_more` copies what belongs to the ledger and lies outside of it: after the copy, and before
    the manifest makes it count. Raises `FolderInUse`, and as `back_up` and `copy_more`.
    """
    with _lock(folder):
        _remove_leftovers(folder)
        began = now_ms()
        async with await open_ledger(url) as ledger:
            last_scan = await ledger.scans.get_last_at()
        name = f"{_PREFIX}{datetime.fromtimestamp(began / 1000, UTC):%Y%m%dT%H%M%SZ}"
        copy = folder / (name + _COPY)
        await back_up(url, copy)
        seconds = (now_ms() - began) / 1000
        heads = await read_copy_heads(copy, url)
        manifest = CopyManifest(
            file=copy.name,
            size=copy.stat().st_size,
            sha256=await asyncio.to_thread(_hash_file, copy),
            at=format_rfc3339(began),
            seconds=seconds,
            heads={chain: f"{head[0]}:{head[1]}" for chain, head in heads.items()},
            last_scan_at=format_rfc3339(last_scan),
        )
        await asyncio.to_thread(copy_more)
        text = json.dumps(asdict(manifest), indent=1) + "\n"
        write_durably(folder / (name + _MANIFEST), text.encode())
        return manifest


def list_copies(folder: Path) -> list[CopyManifest]:
    """Return the manifests of whole copies, the newest first; a missing folder has none.

    A copy of another size than its manifest says does not count.
    """
    found = []
    for path in folder.glob(f"{_PREFIX}*{_MANIFEST}"):
        try:
            manifest = CopyManifest.parse(path.read_bytes())
            is_whole = (folder / manifest.file).stat().st_size == manifest.size
        except (OSError, ValueError, TypeError):
            continue
        if is_whole and manifest.file == path.stem + _COPY:
            found.append(manifest)
    return sorted(found, key=lambda manifest: manifest.at_ms, reverse=True)


def remove_old_copies(folder: Path, counts: Mapping[str, int]) -> Sequence[CopyManifest]:
    """Remove the copies that no period of `counts` keeps, and return them.

    The manifest goes first, so that a copy that is half removed does not count. Raises
    `FolderInUse`, `StorageFailed`.
    """
    with _lock(folder), storage_errors():
        copies = list_copies(folder)
        kept = choose_kept([manifest.at_ms for manifest in copies], counts)
        removed = [manifest for manifest in copies if manifest.at_ms not in kept]
        for manifest in removed:
            copy = folder / manifest.file
            copy.with_suffix(_MANIFEST).unlink()
            copy.unlink()
        return removed


def check_copy(copy: Path) -> bool:
    """Compare a copy with the manifest beside it; False if it has none.

    Raises:
        StorageFailed: the file is not the one that the manifest describes.
    """
    beside = copy.with_suffix(_MANIFEST)
    if not beside.exists():
        return False
    with storage_errors():
        try:
            expected = CopyManifest.parse(beside.read_bytes()).sha256
        except (ValueError, TypeError):
            raise StorageFailed(detail=f"{beside} is no manifest of a copy") from None
        if _hash_file(copy) != expected:
            raise StorageFailed(detail=f"{copy} is not the file that {beside} describes")
    return True


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove_leftovers(folder: Path) -> None:
    whole = {manifest.file for manifest in list_copies(folder)}
    for pattern in (f"{_PREFIX}*{_COPY}", f"{_PREFIX}*.part"):
        for path in folder.glob(pattern):
            # A copy that has a manifest and another size is damaged: it stays, for people to see.
            if path.name not in whole and not path.with_suffix(_MANIFEST).exists():
                path.unlink()


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    with storage_errors():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(folder=folder) from None
        yield
    finally:
        os.close(file)
