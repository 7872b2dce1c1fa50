"""The store of photos: re-encoded pictures in a hashed folder that all services read."""

import asyncio
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from attachments.errors import (
    MalformedPhoto,
    PhotoIsHeic,
    PhotoIsPdf,
    PhotoTooLarge,
)
from attachments.hashed_folder import HashedFolder
from web.decoder_process import run_decoder
from web.photo_limits import MOST_BYTES, MOST_PIXELS, REFUSED_FORMAT, REFUSED_PIXELS

MEDIA_TYPE: Final = "image/jpeg"
SUFFIX: Final = ".jpg"

_DECODER: Final = str(Path(__file__).with_name("reencode.py"))
_WALL_SECONDS: Final = 30.0
_HEIC_BRANDS: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


class AttachmentStore(HashedFolder):
    """The photos of one folder, which the users of other services read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, suffix=SUFFIX)
        self._decoding = ThreadPoolExecutor(1, "photos")
        """One photo is decoded at a time: each may take as much memory as the bounds allow. A
        client that leaves frees its place in the queue, and no second decoder starts for it."""

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
