"""A folder of immutable files, `FOLDER/ab/abcd….jpg`, each named by the SHA-256 of its bytes.

A file is written beside its place, made durable and renamed, so a visible one is whole. What a
killed process leaves is a file in `FOLDER/incoming`, which `remove_leftovers` removes. Files are
never changed and never overwritten: equal bytes have the same place.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attachments.errors import AttachmentsUnwritable, UnknownAttachment

INCOMING: Final = "incoming"
"""Folder of unfinished files, inside the folder."""
SHARED: Final = 0o644
"""Mode of files that the users of other services read."""
CLOSED: Final = 0o640
"""Mode of files that the desk's user reads, and the group of the folder: whoever backs it up."""

_LOCK: Final = ".lock"
_HASH: Final = re.compile("[0-9a-f]{64}")
_FOLDER_MODES: Final = {SHARED: 0o755, CLOSED: 0o750}
_LEFTOVER_SECONDS: Final = 3600.0
"""Age from which an unfinished file belongs to no running process."""


def is_attachment_hash(text: str) -> bool:
    """Whether a text has the form of an attachment's hash: 64 lower-case hex digits."""
    return _HASH.fullmatch(text) is not None


class HashedFolder:
    """Immutable files by hash. The folder is created with the first file."""

    def __init__(self, folder: Path, *, suffix: str, mode: int = SHARED) -> None:
        self.folder = folder
        self._suffix = suffix
        self._mode = mode

    def locate(self, digest: str) -> Path:
        """The file with this hash, whether it exists or not.

        Raises `UnknownAttachment` for a text that is no hash.
        """
        if not is_attachment_hash(digest):
            raise UnknownAttachment(hash=digest)
        return self.folder / digest[:2] / (digest + self._suffix)

    def read(self, digest: str) -> bytes:
        """Return the bytes of a file; reads the disk. Raises `UnknownAttachment`."""
        try:
            return self.locate(digest).read_bytes()
        except OSError:
            raise UnknownAttachment(hash=digest) from None

    def list_hashes(self) -> Iterator[str]:
        """Yield the hash of each file; a missing folder has none."""
        for path in sorted(self.folder.glob(f"??/*{self._suffix}")):
            if is_attachment_hash(path.stem):
                yield path.stem

    def store(self, content: bytes) -> str:
        """Store bytes durably, and return their hash. Raises `AttachmentsUnwritable`."""
        digest = hashlib.sha256(content).hexdigest()
        target = self.locate(digest)
        if self._renew(target):
            return digest
        incoming = self.folder / INCOMING
        part = incoming / secrets.token_hex(16)
        try:
            self._make_folder(self.folder)
            incoming.mkdir(exist_ok=True)
            self._make_folder(target.parent)
            try:
                self._write_durably(part, target, content)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise AttachmentsUnwritable(why=error.strerror or "unknown") from None
        return digest

    def is_older(self, digest: str, oldest: float) -> bool:
        """Whether a file was last stored before a time (seconds since the epoch)."""
        try:
            return self.locate(digest).stat().st_mtime < oldest
        except OSError:
            return False

    def remove_if_older(self, digest: str, oldest: float) -> bool:
        """Remove a file that was last stored before a time; return whether it was."""
        try:
            with self._lock():
                if not self.is_older(digest, oldest):
                    return False
                self.locate(digest).unlink()
        except OSError:
            return False
        return True

    def remove(self, digest: str) -> None:
        """Remove a file, if it is there. Raises `AttachmentsUnwritable`."""
        try:
            self.locate(digest).unlink(missing_ok=True)
        except OSError as error:
            raise AttachmentsUnwritable(why=error.strerror or "unknown") from None

    def remove_leftovers(self) -> int:
        """Remove what killed processes left unfinished; return how many files.

        A younger file may be another process's, which still writes it.
        """
        removed = 0
        oldest = time.time() - _LEFTOVER_SECONDS
        with contextlib.suppress(OSError):
            for path in (self.folder / INCOMING).iterdir():
                with contextlib.suppress(OSError):
                    if path.stat().st_mtime < oldest:
                        path.unlink()
                        removed += 1
        return removed

    def _renew(self, target: Path) -> bool:
        """Renew the age of a stored file; return whether it is there."""
        if not target.exists():
            return False
        try:
            with self._lock():
                os.utime(target)
        except FileNotFoundError:  # it was removed at this moment: it is stored again
            return False
        except OSError as error:
            raise AttachmentsUnwritable(why=error.strerror or "unknown") from None
        return True

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Hold the folder's lock: nobody removes a file whose age is renewed at that moment."""
        descriptor = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, self._mode)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder, unless it exists, for whoever reads the files, whatever the umask."""
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(_FOLDER_MODES[self._mode])

    def _write_durably(self, part: Path, target: Path, content: bytes) -> None:
        """Write to the new file `part` and rename it to `target`; survives a power cut."""
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, self._mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, self._mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
