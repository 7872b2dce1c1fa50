"""Reference QR encoder: segno, asked for exactly the symbols that a fast encoder stands for."""

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import segno
from numpy.typing import NDArray
from segno import consts
from segno.encoder import evaluate_mask

from printing.errors import PayloadTooLong
from printing.qr.payload import (
    ALPHANUMERIC,
    VERSION_RANGES,
    Mode,
    Piece,
    Segment,
    count_variable,
    fill_payload,
    split_segments,
)

Level = Literal["L", "M", "Q", "H"]
LEVELS: Final[tuple[Level, ...]] = ("L", "M", "Q", "H")

_SEGNO_MODE: Final[dict[Mode, int]] = {
    "numeric": consts.MODE_NUMERIC,
    "alphanumeric": consts.MODE_ALPHANUMERIC,
    "byte": consts.MODE_BYTE,
}


def find_smallest(
    payload: tuple[Piece, ...], level: Level, version: int | None
) -> tuple[tuple[Segment, ...], int]:
    """The cheapest segments and the smallest version (or the given one) that holds them.

    Raises `PayloadTooLong`.
    """
    for number, (first, last) in enumerate(VERSION_RANGES):
        if version is not None and not first <= version <= last:
            continue
        segments = split_segments(payload, number)
        try:
            code = _make_symbol(segments, [s.text() for s in segments], level, version, 0)
        except segno.DataOverflowError:
            continue
        if first <= int(code.version) <= last:
            return segments, int(code.version)
    length = len(fill_payload(payload, "0" * count_variable(payload)))
    raise PayloadTooLong(length=length, level=level, version=version or 40)


def _make_symbol(
    segments: tuple[Segment, ...], texts: list[str], level: Level, version: int | None, mask: int
) -> segno.QRCode:
    """Segno's symbol of these segments, at exactly this error level."""
    # Segno takes (text, mode) pairs for mixed modes; its annotation names the plain kinds only.
    contents: Any = [(t, _SEGNO_MODE[s.mode]) for t, s in zip(texts, segments, strict=True)]
    return segno.make(
        contents, error=level, version=version, mask=mask, micro=False, boost_error=False
    )


@dataclass(frozen=True)
class ReferenceEncoder:
    """Segno with the segments, level and version of one fast encoder."""

    segments: tuple[Segment, ...]
    level: Level
    version: int

    def encode_texts(self, texts: list[str], mask: int) -> tuple[bytearray, ...]:
        """Segno's matrix of these segment texts."""
        code = _make_symbol(self.segments, texts, self.level, self.version, mask)
        return tuple(code.matrix)

    def encode_matrix(self, variable: str, mask: int) -> tuple[bytearray, ...]:
        """Segno's matrix with the variable characters filled in."""
        letters = iter(variable)
        texts = [
            "".join(next(letters) if c is None else c for c in s.characters) for s in self.segments
        ]
        return self.encode_texts(texts, mask)

    def encode_packed(self, variable: str, mask: int) -> NDArray[np.uint64]:
        """Encode symbols, packed into words."""
        return pack_words(self.encode_matrix(variable, mask))

    def encode_unit(
        self, number: int, place: int, group: tuple[str | None, ...], value: int
    ) -> NDArray[np.uint64]:
        """The symbol with the pair or byte at ``place`` of segment ``number`` being ``value``."""
        if self.segments[number].mode == "byte":
            text = chr(value)  # segno writes ISO 8859-1, where a character is its byte
        elif len(group) == 1:
            text = ALPHANUMERIC[value]
        else:
            text = "".join(ALPHANUMERIC[v] for v in divmod(value, 45))
        texts = [s.text() for s in self.segments]
        whole = texts[number]
        texts[number] = whole[:place] + text + whole[place + len(text) :]
        return pack_words(self.encode_texts(texts, 0))


def pack_words(matrix: tuple[bytearray, ...]) -> NDArray[np.uint64]:
    """Pack a matrix of 0 and 1 by rows and pad it to whole 64-bit words."""
    rows = np.packbits(np.array([list(row) for row in matrix], np.uint8), axis=1).ravel()
    return np.pad(rows, (0, -len(rows) % 8)).view(np.uint64)


def score_mask(matrix: tuple[bytearray, ...], side: int) -> int:
    """The penalty of ISO/IEC 18004, 7.8.3, as segno scores it."""
    return int(evaluate_mask(matrix, side, side))  # type: ignore[no-untyped-call]  # unannotated
