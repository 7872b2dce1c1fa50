"""Varints: numbers in LEB128, seven bits a byte, the lowest first."""

from typing import Final

BYTES: Final = tuple(bytes((number,)) for number in range(256))
"""Each byte, made once."""


def encode_varint(number: int) -> bytes:
    """Return a number from 0 on in as few bytes as it needs."""
    if number < 128:
        return BYTES[number]
    out = b""
    while number > 127:
        out += BYTES[number & 127 | 128]
        number >>= 7
    return out + BYTES[number]


def decode_varint(packed: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at a position, and the position after it."""
    byte = packed[at]
    at += 1
    if byte < 128:
        return byte, at
    number, shift = byte & 127, 7
    while True:
        byte = packed[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7
