"""QR symbols by the million, learnt from segno and bit for bit equal to it.

Fix a payload's shape (its constant text, the places of its variable characters), a version, an
error level and a mask. Then a QR matrix is an *affine function over GF(2)* of the payload bits:

- the bit stream is the payload bits between constant headers and padding;
- Reed–Solomon check words are linear in the data words (a remainder in GF(256), which is linear
  over GF(2));
- interleaving and placement only move bits; masking and the function patterns only add constants.

So for payload bits b₁…bₙ:  M(b) = M(0) ⊕ b₁·C₁ ⊕ … ⊕ bₙ·Cₙ, where M(0) is the matrix of the
payload with all variable bits zero and Cᵢ is what bit i alone changes. Both are *learnt* from
segno, which stays the authority: Cᵢ = M(only bit i) ⊕ M(0).

In alphanumeric mode two characters (a, b) are the 11-bit number 45a + b (a last odd one: 6 bits),
and every power of two up to 1024 is the number of some pair, so each bit can be asked for alone.
The columns of a pair are folded into one table of 2025 matrices, T[45a + b]; in byte mode each
byte has its own table of 256. A symbol is then

    M = M(0) ⊕ T₁[pair 1] ⊕ T₂[pair 2] ⊕ …

which for a whole batch is one numpy gather and one XOR per table. The rows of a matrix are packed
eight modules a byte, most significant bit first, 1 = dark: the form that PDF, PNG and PostScript
images want, so nothing is converted afterwards.

The mask. Masking adds a constant, so the columns are the same for all eight; only M(0) differs.
One mask serves a whole batch: the one with the least average penalty (ISO/IEC 18004 7.8.3, as
segno scores it) over a fixed sample. Codes look random, so the sample is drawn from SHA-256 and
not from the batch: a part printed again years later gets the same mask. docs/adr/0014.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
import segno
from numpy.typing import NDArray
from segno import consts
from segno.encoder import evaluate_mask

from printing.errors import EncoderMismatch, NotAlphanumeric, PayloadTooLong
from printing.qr.payload import (
    ALPHANUMERIC,
    VERSION_RANGES,
    Mode,
    Piece,
    Segment,
    VariableField,
    count_variable,
    fill_payload,
    split_segments,
)

Level = Literal["L", "M", "Q", "H"]
LEVELS: Final[tuple[Level, ...]] = ("L", "M", "Q", "H")
Bytes = NDArray[np.uint8]

_SEGNO_MODE: Final[dict[Mode, int]] = {
    "numeric": consts.MODE_NUMERIC,
    "alphanumeric": consts.MODE_ALPHANUMERIC,
    "byte": consts.MODE_BYTE,
}
_FOREIGN: Final = 255
_VALUE: Final = np.full(256, _FOREIGN, np.uint8)
_VALUE[np.frombuffer(ALPHANUMERIC.encode(), np.uint8)] = np.arange(45, dtype=np.uint8)
# Symbols worked on at once: the accumulator and one gather stay in the second-level cache.
_CHUNK: Final = 2048
_SAMPLE: Final = 16


@dataclass(frozen=True)
class _Table:
    """What one pair, odd last character or byte adds to the symbol, by its number."""

    characters: tuple[int, ...]  # columns of the variable characters that make the number …
    weights: tuple[int, ...]  # … and what each counts: 45 and 1, or 1 alone
    constant: int  # the share of the pair's constant character
    raw: bool  # byte mode: the number is the byte itself
    rows: NDArray[np.uint64]  # (numbers, words); the row of the zero payload's number is zero


@dataclass(frozen=True)
class SymbolEncoder:
    """An engine for one payload shape. Make it with `learn`; ``modules`` is the symbol's side."""

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

    def packed(self, variable: Bytes) -> Bytes:
        """Symbols for ``variable``, shape (n, holes) of ASCII; gives (n, modules, row_bytes).

        Raises `NotAlphanumeric` naming the first line that holds a foreign character.
        """
        count = len(variable)
        words = np.empty((count, len(self.base)), np.uint64)
        gathered = np.empty((min(count, _CHUNK), len(self.base)), np.uint64)
        for lo in range(0, count, _CHUNK):
            letters = variable[lo : lo + _CHUNK]
            values = _VALUE[letters]
            self._check(values, letters, lo)
            out = words[lo : lo + _CHUNK]
            out[:] = self.base
            spare = gathered[: len(out)]
            for table in self.tables:
                numbers = np.full(len(out), table.constant, np.intp)
                source = letters if table.raw else values
                for column, weight in zip(table.characters, table.weights, strict=True):
                    numbers += source[:, column].astype(np.intp) * weight
                # "clip" never clips here; it spares numpy a buffered copy.
                np.take(table.rows, numbers, axis=0, out=spare, mode="clip")
                np.bitwise_xor(out, spare, out=out)
        flat = words.view(np.uint8)[:, : self.modules * self.row_bytes]
        return flat.reshape(count, self.modules, self.row_bytes)

    def matrices(self, variable: Bytes) -> Bytes:
        """The same symbols unpacked: (n, modules, modules) of 0 (light) and 1 (dark)."""
        return np.unpackbits(self.packed(variable), axis=2)[:, :, : self.modules]

    def _check(self, values: Bytes, letters: Bytes, first: int) -> None:
        foreign = values == _FOREIGN
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
    """Learn the engine for a payload shape: smallest version and best mask unless given.

    Takes a few hundred calls of segno, half a second for a sealed code and two for a signed one;
    what was learnt is kept. Raises `PayloadTooLong` when no version (or not the given one) holds
    the payload.
    """
    return _learnt(payload, level, mask, version)


def count_modules(payload: tuple[Piece, ...], least: Level) -> int:
    """The side of the smallest symbol at this error level. Raises `PayloadTooLong`."""
    return 17 + 4 * _smallest(payload, least, None)[1]


@lru_cache(maxsize=64)
def strongest_level(payload: tuple[Piece, ...], least: Level) -> Level:
    """The highest error level that needs no larger symbol than ``least`` does.

    Error correction that fits in what would be padding costs nothing: a sealed code with a short
    host is 29 modules at level Q as at M. Raises `PayloadTooLong`.
    """
    _, version = _smallest(payload, least, None)
    best = least
    for level in LEVELS[LEVELS.index(least) + 1 :]:
        try:
            _smallest(payload, level, version)
        except PayloadTooLong:
            break
        best = level
    return best


@lru_cache(maxsize=8)  # a signed form's tables are 31 MB
def _learnt(
    payload: tuple[Piece, ...], level: Level, mask: int | None, version: int | None
) -> SymbolEncoder:
    cut, version = _smallest(payload, level, version)
    draw = _Authority(cut, level, version)
    if mask is None:
        mask = _best_mask(payload, draw)
    tables = []
    at = 0  # how many variable characters came before
    for number, segment in enumerate(cut):
        step = 2 if segment.mode == "alphanumeric" else 1
        for place in range(0, len(segment.characters), step):
            group = segment.characters[place : place + step]
            if None in group:
                tables.append(_learn_table(draw, number, place, group, at))
            at += group.count(None)
    zero = draw.packed("0" * count_variable(payload), mask)
    engine = SymbolEncoder(payload, level, version, mask, 17 + 4 * version, zero, tuple(tables))
    _prove(engine, draw)
    return engine


def _learn_table(
    draw: "_Authority", number: int, place: int, group: tuple[str | None, ...], at: int
) -> _Table:
    """Learn the table of the characters ``group``, which stand at ``place`` of segment ``number``.

    Any mask will do, since columns do not depend on it.
    """
    raw = draw.cut[number].mode == "byte"
    bits, size = (8, 256) if raw else (6, 45) if len(group) == 1 else (11, 2025)
    origin = draw.asked(number, place, group, 0)
    rows = _fold([draw.asked(number, place, group, 1 << bit) ^ origin for bit in range(bits)], size)
    weights = (45, 1) if len(group) == 2 else (1,)
    held = [(c, weight) for c, weight in zip(group, weights, strict=True) if c is not None]
    constant = sum(ALPHANUMERIC.index(c) * weight for c, weight in held)
    zero = ord("0") if raw else constant  # the number that the zero payload has here
    return _Table(
        characters=tuple(at + i for i in range(group.count(None))),
        weights=tuple(w for c, w in zip(group, weights, strict=True) if c is None),
        constant=constant,
        raw=raw,
        rows=rows ^ rows[zero],
    )


def _smallest(
    payload: tuple[Piece, ...], level: Level, version: int | None
) -> tuple[tuple[Segment, ...], int]:
    """The cheapest segments and the smallest version (or the given one) that holds them."""
    for number, (first, last) in enumerate(VERSION_RANGES):
        if version is not None and not first <= version <= last:
            continue
        cut = split_segments(payload, number)
        try:
            code = _make(cut, [s.text() for s in cut], level, version, 0)
        except segno.DataOverflowError:
            continue
        if first <= int(code.version) <= last:
            return cut, int(code.version)
    length = len(fill_payload(payload, "0" * count_variable(payload)))
    raise PayloadTooLong(length=length, level=level, version=version or 40)


def _make(
    cut: tuple[Segment, ...], texts: list[str], level: Level, version: int | None, mask: int
) -> segno.QRCode:
    """Segno's symbol of these segments; the level is held, never raised where there is room."""
    # Segno takes (text, mode) pairs for mixed modes; its annotation names the plain kinds only.
    contents: Any = [(t, _SEGNO_MODE[s.mode]) for t, s in zip(texts, cut, strict=True)]
    return segno.make(
        contents, error=level, version=version, mask=mask, micro=False, boost_error=False
    )


@dataclass(frozen=True)
class _Authority:
    """Segno, asked for exactly the symbols that an engine stands for."""

    cut: tuple[Segment, ...]
    level: Level
    version: int

    def matrix(self, texts: list[str], mask: int) -> tuple[bytearray, ...]:
        """Segno's matrix of these segment texts."""
        code = _make(self.cut, texts, self.level, self.version, mask)
        return tuple(code.matrix)

    def filled(self, variable: str, mask: int) -> tuple[bytearray, ...]:
        """Segno's matrix with the variable characters put in."""
        letters = iter(variable)
        texts = ["".join(next(letters) if c is None else c for c in s.characters) for s in self.cut]
        return self.matrix(texts, mask)

    def packed(self, variable: str, mask: int) -> NDArray[np.uint64]:
        """The same, packed into words."""
        return _words(self.filled(variable, mask))

    def asked(
        self, number: int, place: int, group: tuple[str | None, ...], value: int
    ) -> NDArray[np.uint64]:
        """The symbol with the pair or byte at ``place`` of segment ``number`` being ``value``."""
        if self.cut[number].mode == "byte":
            text = chr(value)  # segno writes ISO 8859-1, where a character is its byte
        elif len(group) == 1:
            text = ALPHANUMERIC[value]
        else:
            text = "".join(ALPHANUMERIC[v] for v in divmod(value, 45))
        texts = [s.text() for s in self.cut]
        whole = texts[number]
        texts[number] = whole[:place] + text + whole[place + len(text) :]
        return _words(self.matrix(texts, 0))


def _words(matrix: tuple[bytearray, ...]) -> NDArray[np.uint64]:
    """Pack a matrix of 0 and 1 by rows and pad it to whole 64-bit words."""
    rows = np.packbits(np.array([list(row) for row in matrix], np.uint8), axis=1).ravel()
    return np.pad(rows, (0, -len(rows) % 8)).view(np.uint64)


def _fold(columns: list[NDArray[np.uint64]], size: int) -> NDArray[np.uint64]:
    """The table of all XOR combinations of the columns: row v is the XOR over v's set bits."""
    table = np.zeros((1 << len(columns), len(columns[0])), np.uint64)
    for bit, column in enumerate(columns):
        table[1 << bit : 2 << bit] = table[: 1 << bit] ^ column
    return table[:size].copy()


def _sample(length: int, count: int) -> list[str]:
    """``count`` strings that look like codes and are the same on every machine.

    >>> _sample(20, 1)
    ['ECPRNAW5BG63G7FF1CF7']
    """
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    strings = []
    for number in range(count):
        stream = hashlib.shake_256(b"veritem mask sample %d" % number).digest(length)
        strings.append("".join(alphabet[byte & 31] for byte in stream))
    return strings


def _best_mask(payload: tuple[Piece, ...], draw: _Authority) -> int:
    """The mask of least average penalty over the sample; the lower number wins a tie."""
    side = 17 + 4 * draw.version
    sample = _sample(count_variable(payload), _SAMPLE)
    scores = [
        sum(_penalty(draw.filled(variable, mask), side) for variable in sample) for mask in range(8)
    ]
    return scores.index(min(scores))


def _penalty(matrix: tuple[bytearray, ...], side: int) -> int:
    """The ISO/IEC 18004 penalty as segno scores it."""
    return int(evaluate_mask(matrix, side, side))  # type: ignore[no-untyped-call]  # unannotated


def _prove(engine: SymbolEncoder, draw: _Authority) -> None:
    """Compare a few symbols with segno's before the engine is let out."""
    sample = _sample(count_variable(engine.payload), 4)
    ours = engine.matrices(np.array([list(s.encode()) for s in sample], np.uint8))
    for text, matrix in zip(sample, ours, strict=True):
        theirs = np.array([list(row) for row in draw.filled(text, engine.mask)], np.uint8)
        if not np.array_equal(matrix, theirs):
            raise EncoderMismatch(text=text)
