"""Streamed ZIP archives: members in order, no dates, so the same members give the same bytes."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Final

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the first date that the format can say
_PIECE: Final = 1 << 20


class _Pipe(io.RawIOBase):
    """A write-only file whose content is taken out piece by piece."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]  # zipfile writes these only
        self._pending += data
        return len(data)

    def take(self, at_least: int = 0) -> bytes:
        if len(self._pending) <= at_least:
            return b""
        taken = bytes(self._pending)
        self._pending.clear()
        return taken


def stream_zip(members: Iterable[tuple[str, bytes]], *, compress: bool) -> Iterator[bytes]:
    """Yield the bytes of a ZIP of ``members`` (name, content), never all in memory."""
    pipe = _Pipe()
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(pipe, "w") as archive:
        for name, content in members:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = method
            entry.external_attr = 0o600 << 16
            entry.create_system = 3  # Unix, on whatever system this runs
            archive.writestr(entry, content)
            if piece := pipe.take(_PIECE):
                yield piece
    yield pipe.take()
