"""Encryption to the print house's public key, in the age format (pyrage; age-encryption.org/v1).

Streams are encrypted as they are made. age draws a new file key for every file, so an encrypted
file, unlike all others, differs each time; the manifest therefore records the content and the
encrypted file.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import pyrage

from printing.bundles.files import ContentDigest, FileDigest, open_atomically
from printing.errors import RecipientRefused


def parse_recipients(texts: Iterable[str]) -> list[pyrage.x25519.Recipient]:
    """Parse age public keys. Raises `RecipientRefused`."""
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
    """Write the pieces encrypted to ``path``; returns the digests of content and file.

    An error of the pieces is raised again; then there is no file.
    """
    keys = parse_recipients(recipients)
    source = _Source(pieces)
    with open_atomically(path) as file:
        target = _Target(file)
        try:
            pyrage.encrypt_io(source, target, keys)
        except Exception:
            # pyrage replaces an error of the pieces by its own.
            if source.failure is not None:
                raise source.failure from None
            raise
    if source.failure is not None:
        raise source.failure
    return source.measured.digest, target.measured.digest


class _Source:
    """A readable file over the pieces."""

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
                self._left = memoryview(self.measured.update(piece))
        except BaseException as failure:
            self.failure = failure
            raise
        taken, self._left = self._left[:size], self._left[size:]
        return bytes(taken)


class _Target:
    """A writable file that measures what it writes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.measured = ContentDigest()

    def write(self, data: bytes) -> int:
        return self._file.write(self.measured.update(bytes(data)))

    def flush(self) -> None:
        self._file.flush()
