"""Fast QR encoder for millions of symbols of one shape, bit for bit equal to segno.

Fix a payload's shape (its constant text, the places of its variable characters), a version, an
error level and a mask. Then a QR matrix is an *affine function over GF(2)* of the payload bits:

- the bit stream is the payload bits between constant headers and padding;
- Reed–Solomon check words are linear in the data words (a remainder in GF(256), which is linear
  over GF(2));
- interleaving and placement only move bits; masking and the function patterns only add constants.

So for payload bits b₁…bₙ:  M(b) = M(0) ⊕ b₁·C₁ ⊕ … ⊕ bₙ·Cₙ, where M(0) is the matrix of the
payload with all variable bits zero and Cᵢ is the effect of bit i alone. Both are *learnt* from
segno, which stays the reference: Cᵢ = M(only bit i) ⊕ M(0).

In alphanumeric mode two characters (a, b) are the 11-bit number 45a + b (a last odd one: 6 bits),
and every power of two up to 1024 is the number of some pair, so the effect of each bit can be
measured alone. The columns of a pair are combined into one table of 2025 matrices, T[45a + b]; in
byte mode each byte has its own table of 256. A symbol is then

    M = M(0) ⊕ T₁[pair 1] ⊕ T₂[pair 2] ⊕ …

which for a whole batch is one numpy gather and one XOR per table. The rows of a matrix are packed
eight modules a byte, most significant bit first, 1 = dark: the form that PDF, PNG and PostScript
images use, so nothing is converted afterwards.

The mask. Masking adds a constant, so the columns are the same for all eight; only M(0) differs.
One mask serves a whole batch: the one with the least average penalty (ISO/IEC 18004 7.8.3, as
segno scores it) over a fixed sample. Codes look random, so the sample is drawn from SHA-256 and
not from the batch: a part printed again years later gets the same mask (ADR 0014).
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from printing.errors import EncoderMismatch, NotAlphanumeric, PayloadTooLong
from printing.qr.payload import (
    ALPHANUMERIC,
    Piece,
    VariableField,
    count_variable,
)
from printing.qr.segno_encoder import (
    LEVELS,
    Level,
    ReferenceEncoder,
    find_smallest,
    score_mask,
)

Bytes = NDArray[np.uint8]

_NOT_ALPHANUMERIC: Final = 255
_VALUE: Final = np.full(256, _NOT_ALPHANUMERIC, np.uint8)
_VALUE[np.frombuffer(ALPHANUMERIC.encode(), np.uint8)] = np.arange(45, dtype=np.uint8)
# Symbols worked on at once: the accumulator and one gather stay in the second-level cache.
_CHUNK: Final = 2048
_SAMPLE: Final = 16


@dataclass(frozen=True)
class _Table:
    """Contribution of one pair, odd last character or byte to the symbol, by its number."""

    characters: tuple[int, ...]  # columns of the variable characters in the number
    weights: tuple[int, ...]  # their weights in the number: 45 and 1, or 1 alone
    constant: int  # contribution of the pair's constant character to the number
    raw: bool  # byte mode: the number is the byte itself
    rows: NDArray[np.uint64]  # (numbers, words); the row of the zero payload's number is zero


@dataclass(frozen=True)
class SymbolEncoder:
    """Encoder of one payload shape, from `learn_encoder`; ``modules`` is the symbol's side."""

    payload: tuple[Piece, ...]
    level: Level
    version: int
    mask: int
    modules: int
    base: NDArray[np.uint64]  # one packed matrix, padded to whole words
    tables: tuple[_Table, ...]

    @property
    def row_bytes(self) -> int:
        """Bytes of one packed row of modules."""
        return -(-self.modules // 8)

    def encode_packed(self, variable: Bytes) -> Bytes:
        """Symbols for ``variable``, (n, characters) of ASCII, as (n, modules, row_bytes).

        Raises `NotAlphanumeric` naming the first line with a character outside the mode.
        """
        count = len(variable)
        words = np.empty((count, len(self.base)), np.uint64)
        buffer = np.empty((min(count, _CHUNK), len(self.base)), np.uint64)
        for lo in range(0, count, _CHUNK):
            letters = variable[lo : lo + _CHUNK]
            values = _VALUE[letters]
            self._check_characters(values, letters, lo)
            out = words[lo : lo + _CHUNK]
            out[:] = self.base
            spare = buffer[: len(out)]
            for table in self.tables:
                numbers = np.full(len(out), table.constant, np.intp)
                source = letters if table.raw else values
                for column, weight in zip(table.characters, table.weights, strict=True):
                    numbers += source[:, column].astype(np.intp) * weight
                # No number is out of range; "clip" only avoids a buffered copy in numpy.
                np.take(table.rows, numbers, axis=0, out=spare, mode="clip")
                np.bitwise_xor(out, spare, out=out)
        flat = words.view(np.uint8)[:, : self.modules * self.row_bytes]
        return flat.reshape(count, self.modules, self.row_bytes)

    def encode_matrices(self, variable: Bytes) -> Bytes:
        """Encode symbols, unpacked: (n, modules, modules) of 0 (light) and 1 (dark)."""
        return np.unpackbits(self.encode_packed(variable), axis=2)[:, :, : self.modules]

    def _check_characters(self, values: Bytes, letters: Bytes, first: int) -> None:
        foreign = values == _NOT_ALPHANUMERIC
        at = 0
        for piece in self.payload:
            if isinstance(piece, VariableField):
                if piece.mode == "byte":
                    foreign[:, at : at + piece.width] = False
                at += piece.width
        if foreign.any():
            line = int(np.argmax(foreign.any(axis=1)))
            text = bytes(letters[line]).decode("latin-1")
            raise NotAlphanumeric(index=first + line, text=text)


def learn_encoder(
    payload: tuple[Piece, ...],
    level: Level = "M",
    *,
    mask: int | None = None,
    version: int | None = None,
) -> SymbolEncoder:
    """Learn the encoder of a payload shape: smallest version and best mask unless given.

    It calls segno a few hundred times: half a second for a sealed code, two for a signed one. The
    last eight encoders are kept. Raises `PayloadTooLong` when no version (or not the given one)
    holds the payload.
    """
    return _build_encoder(payload, level, mask, version)


def count_modules(payload: tuple[Piece, ...], least: Level) -> int:
    """The side of the smallest symbol at this error level. Raises `PayloadTooLong`."""
    return 17 + 4 * find_smallest(payload, least, None)[1]


@lru_cache(maxsize=64)
def strongest_level(payload: tuple[Piece, ...], least: Level) -> Level:
    """The highest error level whose symbol is no larger than that of ``least``.

    Error correction in the place of padding costs nothing: a sealed code with a short
    host is 29 modules at level Q as at M. Raises `PayloadTooLong`.
    """
    _, version = find_smallest(payload, least, None)
    best = least
    for level in LEVELS[LEVELS.index(least) + 1 :]:
        try:
            find_smallest(payload, level, version)
        except PayloadTooLong:
            break
        best = level
    return best


@lru_cache(maxsize=8)  # a signed form's tables are 31 MB
def _build_encoder(
    payload: tuple[Piece, ...], level: Level, mask: int | None, version: int | None
) -> SymbolEncoder:
    segments, version = find_smallest(payload, level, version)
    reference = ReferenceEncoder(segments, level, version)
    if mask is None:
        mask = _choose_mask(payload, reference)
    tables = []
    at = 0  # variable characters before this one
    for number, segment in enumerate(segments):
        step = 2 if segment.mode == "alphanumeric" else 1
        for place in range(0, len(segment.characters), step):
            group = segment.characters[place : place + step]
            if None in group:
                tables.append(_build_table(reference, number, place, group, at))
            at += group.count(None)
    zero = reference.encode_packed("0" * count_variable(payload), mask)
    encoder = SymbolEncoder(
        payload=payload,
        level=level,
        version=version,
        mask=mask,
        modules=17 + 4 * version,
        base=zero,
        tables=tuple(tables),
    )
    _check_against_reference(encoder, reference)
    return encoder


def _build_table(
    reference: ReferenceEncoder, number: int, place: int, group: tuple[str | None, ...], at: int
) -> _Table:
    """Learn the table of the characters ``group`` at ``place`` of segment ``number``.

    The columns do not depend on the mask.
    """
    raw = reference.segments[number].mode == "byte"
    bits, size = (8, 256) if raw else (6, 45) if len(group) == 1 else (11, 2025)
    origin = reference.encode_unit(number, place, group, 0)
    rows = _combine_columns(
        [reference.encode_unit(number, place, group, 1 << bit) ^ origin for bit in range(bits)],
        size,
    )
    weights = (45, 1) if len(group) == 2 else (1,)
    constants = [(c, weight) for c, weight in zip(group, weights, strict=True) if c is not None]
    constant = sum(ALPHANUMERIC.index(c) * weight for c, weight in constants)
    zero = ord("0") if raw else constant  # the number of the zero payload at this place
    return _Table(
        characters=tuple(at + i for i in range(group.count(None))),
        weights=tuple(w for c, w in zip(group, weights, strict=True) if c is None),
        constant=constant,
        raw=raw,
        rows=rows ^ rows[zero],
    )


def _combine_columns(columns: list[NDArray[np.uint64]], size: int) -> NDArray[np.uint64]:
    """The table of all XOR combinations of the columns: row v is the XOR over v's set bits."""
    table = np.zeros((1 << len(columns), len(columns[0])), np.uint64)
    for bit, column in enumerate(columns):
        table[1 << bit : 2 << bit] = table[: 1 << bit] ^ column
    return table[:size].copy()


def _make_sample(length: int, count: int) -> list[str]:
    """``count`` strings that look like codes, the same on every machine.

    >>> _make_sample(20, 1)
    ['ECPRNAW5BG63G7FF1CF7']
    """
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    strings = []
    for number in range(count):
        stream = hashlib.shake_256(b"veritem mask sample %d" % number).digest(length)
        strings.append("".join(alphabet[byte & 31] for byte in stream))
    return strings


def _choose_mask(payload: tuple[Piece, ...], reference: ReferenceEncoder) -> int:
    """The mask of least average penalty over the sample; the lower number wins a tie."""
    side = 17 + 4 * reference.version
    sample = _make_sample(count_variable(payload), _SAMPLE)
    scores = [
        sum(score_mask(reference.encode_matrix(variable, mask), side) for variable in sample)
        for mask in range(8)
    ]
    return scores.index(min(scores))


def _check_against_reference(encoder: SymbolEncoder, reference: ReferenceEncoder) -> None:
    """Compare a few symbols with segno's. Raises `EncoderMismatch`."""
    sample = _make_sample(count_variable(encoder.payload), 4)
    ours = encoder.encode_matrices(np.array([list(s.encode()) for s in sample], np.uint8))
    for text, matrix in zip(sample, ours, strict=True):
        theirs = np.array(
            [list(row) for row in reference.encode_matrix(text, encoder.mask)], np.uint8
        )
        if not np.array_equal(matrix, theirs):
            raise EncoderMismatch(text=text)
