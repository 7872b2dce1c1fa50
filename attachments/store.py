"""The folder of attachments: `FOLDER/ab/abcd….jpg`, each named by the SHA-256 of its bytes.

A photo is written beside its place, made durable and renamed, so a visible one is whole. What a
killed process leaves is a file in `FOLDER/incoming`, which `remove_leftovers` removes. Photos are
never changed and never overwritten: equal bytes have the same place.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import re
import secrets
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from attachments.errors import (
    AttachmentsUnwritable,
    MalformedPhoto,
    PhotoIsHeic,
    PhotoIsPdf,
    PhotoTooLarge,
    UnknownAttachment,
)
from web.decoder_process import run_decoder
from web.photo_limits import MOST_BYTES, MOST_PIXELS, REFUSED_FORMAT, REFUSED_PIXELS

MEDIA_TYPE: Final = "image/jpeg"
SUFFIX: Final = ".jpg"
INCOMING: Final = "incoming"
"""Folder of unfinished files, inside the store's."""

_DECODER: Final = str(Path(__file__).with_name("reencode.py"))
_LOCK: Final = ".lock"
_HASH: Final = re.compile("[0-9a-f]{64}")
_WALL_SECONDS: Final = 30.0
_HEIC_BRANDS: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_LEFTOVER_SECONDS: Final = 3600.0
"""Age from which an unfinished file belongs to no running process."""


def is_attachment_hash(text: str) -> bool:
    """Whether a text has the form of an attachment's hash: 64 lower-case hex digits."""
    return _HASH.fullmatch(text) is not None


class AttachmentStore:
    """The photos of one folder. The folder is created with the first photo."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._decoding = ThreadPoolExecutor(1, "photos")
        """One photo is decoded at a time: each may take as much memory as the bounds allow. A
        client that leaves frees its place in the queue, and no second decoder starts for it."""

    def locate(self, digest: str) -> Path:
        """The file of the attachment with this hash, whether it exists or not.

        Raises `UnknownAttachment` for a text that is no hash.
        """
        if not is_attachment_hash(digest):
            raise UnknownAttachment(hash=digest)
        return self.folder / digest[:2] / (digest + SUFFIX)

    def read(self, digest: str) -> bytes:
        """Return the bytes of an attachment; reads a file. Raises `UnknownAttachment`."""
        try:
            return self.locate(digest).read_bytes()
        except OSError:
            raise UnknownAttachment(hash=digest) from None

    async def add_photo(self, upload: bytes) -> str:
        """Re-encode and store a photo, and return its hash. The same photo twice is stored once.

        Raises `MalformedPhoto`, `PhotoTooLarge`, `AttachmentsUnwritable`.
        """
        return await asyncio.to_thread(self.store, await self.reencode(upload))

    async def reencode(self, upload: bytes) -> bytes:
        """The form in which a photo is stored; it is not stored.

        Raises `MalformedPhoto`, `PhotoTooLarge`.
        """
        if len(upload) > MOST_BYTES:
            raise PhotoTooLarge(most=MOST_BYTES, unit="bytes")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._decoding, _reencode, upload)

    def store(self, content: bytes) -> str:
        """Store bytes that are safe to serve, durably, and return their hash.

        Raises `AttachmentsUnwritable`.
        """
        digest = hashlib.sha256(content).hexdigest()
        target = self.locate(digest)
        if self._renew(target):
            return digest
        incoming = self.folder / INCOMING
        part = incoming / secrets.token_hex(16)
        try:
            make_readable_folder(self.folder)
            incoming.mkdir(exist_ok=True)
            make_readable_folder(target.parent)
            try:
                write_durably(part, target, content)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise AttachmentsUnwritable(why=error.strerror or "unknown") from None
        return digest

    def is_older(self, digest: str, oldest: float) -> bool:
        """Whether an attachment was last stored before a time (seconds since the epoch)."""
        try:
            return self.locate(digest).stat().st_mtime < oldest
        except OSError:
            return False

    def remove_if_older(self, digest: str, oldest: float) -> bool:
        """Remove an attachment that was last stored before a time; return whether it was."""
        try:
            with self._lock():
                if not self.is_older(digest, oldest):
                    return False
                self.locate(digest).unlink()
        except OSError:
            return False
        return True

    def _renew(self, target: Path) -> bool:
        """Renew the age of a stored photo; return whether it is there."""
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
        """Hold the folder's lock: nobody removes a photo whose age is renewed at that moment."""
        descriptor = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

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


def make_readable_folder(folder: Path) -> None:
    """Make a folder, unless it exists, that the users of other services can read."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)


def write_durably(part: Path, target: Path, content: bytes) -> None:
    """Write `content` to the new file `part` and rename it to `target`; survives a power cut.

    The users of other services can read it, whatever the umask: the desk writes, resolvers read.
    """
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o644)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _reencode(upload: bytes) -> bytes:
    """The stored form of an upload, made by a process of its own.

    Raises `MalformedPhoto`, `PhotoTooLarge`.
    """
    try:
        done = run_decoder(_DECODER, upload=upload, seconds=_WALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise MalformedPhoto(why="it takes too long to decode") from None
    if done.returncode == 0 and done.stdout:
        return done.stdout
    if done.returncode == REFUSED_PIXELS:
        raise PhotoTooLarge(most=MOST_PIXELS, unit="pixels")
    if done.returncode == REFUSED_FORMAT:
        raise _name_format(upload)
    raise MalformedPhoto(why="it is damaged or too small")


def _name_format(upload: bytes) -> MalformedPhoto:
    """The refusal of a file in another format, by its first bytes."""
    if b"%PDF-" in upload[:1024]:
        return PhotoIsPdf()
    # ISO/IEC 23008-12: a `ftyp` box with the brands of HEVC pictures.
    if upload[4:8] == b"ftyp" and upload[8:12] in _HEIC_BRANDS:
        return PhotoIsHeic()
    return MalformedPhoto(why="it must be JPEG, PNG or WebP")
