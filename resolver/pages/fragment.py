"""Gzip responses assembled from fragments that are compressed ahead.

A gzip member (RFC 1952) is a deflate stream with a CRC-32 of what it says; a deflate stream
(RFC 1951) flushed in full ends on a byte and refers to nothing before it. So a `Fragment`, once
rendered, is compressed once. A page is its fragments' bytes with the few bytes of its scan between
them in *stored* (uncompressed) blocks. No request waits for compression, and the secret token is
never compressed together with text that an attacker chose (the BREACH attack).

The checksum of the whole follows from the parts': the CRC of `a ‖ b` is the CRC of `a` carried
over `len(b)` bytes, XOR the CRC of `b`, and carrying is linear, so it is four table look-ups.
Fragments are padded with spaces to a multiple of 128 bytes, so that few tables serve all.

>>> import gzip
>>> page = [Fragment.compress("<p>"), b"scan", Fragment.compress("</p>")]
>>> gzip.decompress(encode_gzip(page)) == encode_plain(page)
True
"""

import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

_STEP: Final = 128
_POLYNOMIAL: Final = 0xEDB88320
_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_END: Final = b"\x03\x00"  # an empty last block

_Table = tuple[int, ...]


class Fragment:
    """A part of a page, rendered and compressed ahead."""

    __slots__ = ("carry", "crc", "deflated", "raw", "size")

    def __init__(self, raw: bytes, deflated: bytes, crc: int) -> None:
        self.raw, self.deflated, self.crc = raw, deflated, crc
        self.size = len(raw)
        self.carry = carry_tables(self.size)

    @classmethod
    def compress(cls, text: str) -> "Fragment":
        """Compress a part of a page, padded with spaces to a multiple of 128 bytes."""
        raw = text.encode()
        raw += b" " * (-len(raw) % _STEP)
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        return cls(raw, deflate.compress(raw) + deflate.flush(zlib.Z_FULL_FLUSH), zlib.crc32(raw))

    def __add__(self, other: "Fragment") -> "Fragment":
        """The two in a row as one fragment, without compressing again."""
        a, b, c, d = other.carry
        crc = self.crc
        carried = a[crc & 255] ^ b[crc >> 8 & 255] ^ c[crc >> 16 & 255] ^ d[crc >> 24]
        return Fragment(self.raw + other.raw, self.deflated + other.deflated, carried ^ other.crc)


Piece = Fragment | bytes


def encode_plain(pieces: Sequence[Piece]) -> bytes:
    """The page without compression."""
    return b"".join([p.raw if type(p) is Fragment else p for p in pieces])  # type: ignore[misc]


def encode_gzip(pieces: Sequence[Piece]) -> bytes:
    """The page as one gzip member; a piece of bytes is at most 65,535 long."""
    out = [_HEADER]
    crc = size = 0
    for piece in pieces:
        if type(piece) is Fragment:
            a, b, c, d = piece.carry
            crc = a[crc & 255] ^ b[crc >> 8 & 255] ^ c[crc >> 16 & 255] ^ d[crc >> 24] ^ piece.crc
            size += piece.size
            out.append(piece.deflated)
        elif piece:
            length = len(piece)  # type: ignore[arg-type]  # the other kind of piece
            out.append(b"\0" + (length | (length ^ 0xFFFF) << 16).to_bytes(4, "little"))
            out.append(piece)  # type: ignore[arg-type]
            crc = zlib.crc32(piece, crc)  # type: ignore[arg-type]
            size += length
    out.append(_END + (crc | size << 32).to_bytes(8, "little"))
    return b"".join(out)


@lru_cache(maxsize=512)
def carry_tables(length: int) -> tuple[_Table, _Table, _Table, _Table]:
    """Tables, one for each byte of a CRC-32, that carry it over `length` following bytes.

    >>> a, b, c, d = carry_tables(3)
    >>> crc = zlib.crc32(b"abc")
    >>> a[crc & 255] ^ b[crc >> 8 & 255] ^ c[crc >> 16 & 255] ^ d[crc >> 24] ^ zlib.crc32(
    ...     b"def"
    ... ) == zlib.crc32(b"abcdef")
    True
    """
    factor = 1 << 31  # x⁰; bit 31 is the lowest power in the reflected form
    power = 0x00800000  # x⁸, one byte
    left = length
    while left:
        if left & 1:
            factor = _multiply(factor, power)
        power = _multiply(power, power)
        left >>= 1
    basis = [_multiply(factor, 1 << bit) for bit in range(32)]
    return tuple(_table(basis[at : at + 8]) for at in (0, 8, 16, 24))  # type: ignore[return-value]


def _table(basis: Sequence[int]) -> _Table:
    table = [0]
    for vector in basis:
        table += [vector ^ other for other in table]
    return tuple(table)


def _multiply(a: int, b: int) -> int:
    """The product of two polynomials over GF(2) modulo the CRC's, in reflected form."""
    product = 0
    bit = 1 << 31
    while bit:
        if a & bit:
            product ^= b
        b = b >> 1 ^ (_POLYNOMIAL if b & 1 else 0)
        bit >>= 1
    return product
