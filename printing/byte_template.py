"""Byte templates: records of constant text and variable fields, filled by the million with numpy.

Lines of a list and labels on a page repeat one text with a code, a number or a symbol at fixed
places. The constant bytes are broadcast once over an (n, width) array, and each field is one
numpy assignment of a block of columns.

A number of another length shifts what follows it. Where the width must stay (a page) numbers are
padded; where it may change (a line), the range is cut at the powers of ten first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class ByteTemplate:
    """Constant bytes and variable fields (their widths), in order.

    >>> ByteTemplate((b"<", 2, b">")).fill(2, [np.array([[65, 66], [67, 68]], np.uint8)]).tobytes()
    b'<AB><CD>'
    """

    pieces: tuple[bytes | int, ...]

    @property
    def width(self) -> int:
        """Bytes of one record."""
        return sum(p if isinstance(p, int) else len(p) for p in self.pieces)

    def fill(self, count: int, columns: Sequence[Bytes]) -> Bytes:
        """Make ``count`` records; ``columns`` are (count, width), one for each field."""
        constant = b"".join(bytes(p) if isinstance(p, int) else p for p in self.pieces)
        records = np.empty((count, len(constant)), np.uint8)
        records[:] = np.frombuffer(constant, np.uint8)
        remaining = iter(columns)
        at = 0
        for piece in self.pieces:
            if isinstance(piece, int):
                records[:, at : at + piece] = next(remaining)
                at += piece
            else:
                at += len(piece)
        return records


def format_decimals(numbers: NDArray[np.int64], width: int, pad: bytes = b"0") -> Bytes:
    """Numbers as (n, width) ASCII digits, padded on the left with zeros or on the right.

    >>> format_decimals(np.array([7, 42]), 3).tobytes()
    b'007042'
    >>> format_decimals(np.array([7, 42]), 3, b" ").tobytes()
    b'7  42 '
    """
    if pad == b"0":
        powers = 10 ** np.arange(width - 1, -1, -1)
        return (numbers[:, None] // powers % 10 + 48).astype(np.uint8)
    text = np.char.ljust(numbers.astype(f"S{width}"), width, pad.decode("ascii"))
    return text.astype(f"S{width}").view(np.uint8).reshape(len(numbers), width)


def split_by_digits(lo: int, hi: int) -> Iterator[tuple[int, int, int]]:
    """Cut [lo, hi) at the powers of ten: (first, end, digits) of ranges of one width.

    >>> list(split_by_digits(8, 102))
    [(8, 10, 1), (10, 100, 2), (100, 102, 3)]
    """
    while lo < hi:
        digits = len(str(lo))
        end = min(hi, 10**digits)
        yield lo, end, digits
        lo = end
