"""A folder of JSONL files, one a month, that are only appended to.

The folder lies on another machine (a mount), or is made append-only (`chattr +a`, an object store
with retention): on the database's disk its owner can remove it.
"""

import asyncio
import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from issuer.heads.place import PushFailed
from ledger.audit.head_statement import SignedHead
from stamps.timestamps import format_rfc3339

_READABLE = 0o644
"""Heads are public: services of other users check their ledger against them."""


class FolderPlace:
    """`heads-2026-11.jsonl` and its like in a folder."""

    pause_seconds = 0.0

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = f"folder:{folder}"

    async def push(self, heads: Sequence[SignedHead]) -> None:
        """Append the heads and sync. Raises `PushFailed`."""
        try:
            await asyncio.to_thread(self._append, heads)
        except OSError as error:
            raise PushFailed(place=self.name, why=error.strerror or str(error)) from error

    def _append(self, heads: Sequence[SignedHead]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for month, group in groupby(heads, lambda head: format_rfc3339(head.statement.at)[:7]):
            lines = "".join(head.format_line() for head in group).encode()
            path = self._folder / f"heads-{month}.jsonl"
            is_new = not path.exists()
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
            descriptor = os.open(path, flags, _READABLE)
            with os.fdopen(descriptor, "r+b", buffering=0) as file:
                if is_new:
                    os.fchmod(descriptor, _READABLE)  # independent of the umask
                # A line that a crash or a full disk cut off must not swallow the next one.
                size = os.fstat(descriptor).st_size
                if size and os.pread(descriptor, 1, size - 1) != b"\n":
                    lines = b"\n" + lines
                written = file.write(lines)
                os.fsync(descriptor)
            if written != len(lines):
                raise OSError(0, "the disk took a part of the lines")
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
