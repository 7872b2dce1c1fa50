"""Encryption to the print house's public key, in the age format (pyrage; age-encryption.org/v1).

Streams are encrypted as they are made. A fresh file key is drawn for every file, so that, unlike
everything else here, an encrypted file is not the same twice; the manifest therefore records both
what was encrypted and the file that came out.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import pyrage

from printing.bundles.files import ContentDigest, FileDigest, open_atomically
from printing.errors import RecipientRefused


def parse_recipients(texts: Iterable[str]) -> list[pyrage.x25519.Recipient]:
    """Read age public keys. Raises `RecipientRefused`."""
    found = []
    for text in texts:
        try:
            found.append(pyrage.x25519.Recipient.from_str(text.strip()))
        except pyrage.RecipientError as wrong:
            raise RecipientRefused(recipient=text, why=str(wrong)) from wrong
    return found


def write_encrypted(
    path: Path, pieces: Iterable[bytes], recipients: Iterable[str]
) -> tuple[FileDigest, FileDigest]:
    """Write the pieces encrypted to ``path``; gives what was encrypted and what was written.

    Raises what making the pieces raises; then there is no file.
    """
    keys = parse_recipients(recipients)
    source = _Source(pieces)
    with open_atomically(path) as file:
        target = _Target(file)
        try:
            pyrage.encrypt_io(source, target, keys)
        except Exception:
            # What went wrong while a piece was made comes back through pyrage as its own error.
            if source.failure is not None:
                raise source.failure from None
            raise
    if source.failure is not None:
        raise source.failure
    return source.measured.written, target.measured.written


class _Source:
    """Pieces as a file that is read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)
        self._left = memoryview(b"")
        self.measured = ContentDigest()
        self.failure: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            while not self._left:
                piece = next(self._pieces, None)
                if piece is None:
                    return b""
                self._left = memoryview(self.measured.note(piece))
        except BaseException as failure:
            self.failure = failure
            raise
        taken, self._left = self._left[:size], self._left[size:]
        return bytes(taken)


class _Target:
    """A file that is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.measured = ContentDigest()

    def write(self, data: bytes) -> int:
        return self._file.write(self.measured.note(bytes(data)))

    def flush(self) -> None:
        self._file.flush()
