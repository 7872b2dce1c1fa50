"""The code of a stamp, version 1: twenty characters that only their issuer can make.

The module is compiled (ADR 0035). `Sealer.open` splits a code into two halves of 50 bits because
numbers of one machine word are faster; `Sealer.seal` works on numpy arrays for the same reason.

Spec
----
A code is 100 bits, written as 20 characters of Crockford base32 (``0-9A-Z`` without ``I L O U``).
It fits GS1 AI (21) (at most 20 characters), the QR alphanumeric mode (ISO/IEC 18004), and a
human's dictation. From the most significant bit::

    character 1       5 bits  epoch: which key sealed it
    characters 2-20  95 bits  body (48) ‖ tag (47)

    id   = batch number (24) ‖ index in the batch (24)
    tag  = first 47 bits of PRF(k_tag,  epoch ‖ id)
    body = id XOR first 48 bits of PRF(k_mask, epoch ‖ tag)

This is SIV, Rogaway and Shrimpton's deterministic authenticated encryption ("A Provable-Security
Treatment of the Key-Wrap Problem", 2006; compare RFC 5297), with a truncated synthetic IV. The
PRF is AES-128 on one block: the epoch in byte 0, the 48-bit number (``id``, or ``tag`` in 48
bits) big-endian in bytes 1 to 6, zeros after. Bits are taken from the front of the block. The two
keys are independent (``stamps.key_derivation``).

A guess opens with probability 2**-47. Neighbouring codes look unrelated, volumes stay private, and
nothing is stored for a stamp that nobody has scanned.

`parse_code` accepts lower case, hyphens and spaces, ``O`` for ``0``, ``I`` and ``L`` for ``1``;
codes are written in canonical form only.

>>> parse_code("0d9f-rh4k  oi2l-v8q0-2m5t")
'0D9FRH4K0121V8Q02M5T'
>>> format_code("0D9FRH4K0121V8Q02M5T")
'0D9FR H4K01 21V8Q 02M5T'
>>> parse_code("0D9FRH4K0121V8Q02M5U")
Traceback (most recent call last):
    ...
stamps.errors.MalformedCode: not a stamp code: 'U' is not a letter of codes
>>> parse_code("0D9FR")
Traceback (most recent call last):
    ...
stamps.errors.MalformedCode: not a stamp code: a code has 20 characters, this one has 5
"""

from collections.abc import Callable
from struct import Struct
from typing import Final, NamedTuple

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from numpy.typing import NDArray

from stamps.errors import MalformedCode, OutOfRange, UnknownCode

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 20
EPOCHS: Final = 32
BATCH_LIMIT: Final = 1 << 24
"""Batches have numbers below this; a batch has at most this many stamps."""

_TAG_BITS: Final = 47
_TAG_MASK: Final = (1 << 47) - 1
_BODY_MASK: Final = (1 << 48) - 1
_INDEX_MASK: Final = (1 << 24) - 1
_FIRST_48: Final = Struct(">HI10x").unpack
_HALF: Final = LENGTH // 2
_ZEROS: Final = bytes(8)
_CHUNK: Final = 1 << 14
"""Codes sealed at a time; arrays that fit the processor's cache are twice as fast as a million."""

# The digits of int(text, 32) for the alphabet and its look-alikes. Every other byte becomes "!",
# which int() refuses; it would accept "_", "+" and blanks.
_PYTHON_DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"
_LOOK_ALIKES: Final = {"O": "0", "I": "1", "L": "1"}
_SKIPPED: Final = b"- "


def _make_translation(target: str) -> bytes:
    table = bytearray(b"!" * 256)
    for written, meant in [*zip(ALPHABET, target, strict=True)] + [
        (alike, target[ALPHABET.index(digit)]) for alike, digit in _LOOK_ALIKES.items()
    ]:
        table[ord(written)] = table[ord(written.lower())] = ord(meant)
    return bytes(table)


_TO_DIGITS: Final = _make_translation(_PYTHON_DIGITS)
_TO_CANONICAL: Final = _make_translation(ALPHABET)

# All pairs of characters: one gather writes 10 bits, the fastest conversion measured in numpy.
_PAIRS: Final[NDArray[np.uint16]] = np.frombuffer(
    "".join(a + b for a in ALPHABET for b in ALPHABET).encode(), dtype=np.uint16
)


class StampId(NamedTuple):
    """The identity in a code: the epoch that sealed it, batch number and index in the batch."""

    epoch: int
    batch: int
    index: int  # type: ignore[assignment]  # a stamp's index; tuple.index is not used on it


def parse_code(text: str) -> str:
    """Return the canonical form of a code that somebody typed.

    Raises:
        MalformedCode: not 20 characters, or one that codes do not use.
    """
    try:
        raw = text.encode("ascii")
    except UnicodeEncodeError:
        raise MalformedCode(text=text, why="codes have no accented letters") from None
    canonical = raw.translate(_TO_CANONICAL, _SKIPPED)
    if b"!" in canonical:
        kept = raw.translate(None, _SKIPPED).decode()
        foreign = next(k for k, c in zip(kept, canonical, strict=True) if c == ord("!"))
        raise MalformedCode(text=text, why=f"{foreign!r} is not a letter of codes")
    if len(canonical) != LENGTH:
        why = f"a code has {LENGTH} characters, this one has {len(canonical)}"
        raise MalformedCode(text=text, why=why)
    return canonical.decode()


def format_code(code: str) -> str:
    """Return a canonical code as it is printed: four groups of five."""
    return " ".join(code[at : at + 5] for at in range(0, LENGTH, 5))


def parse_epoch(code: str) -> int:
    """Return the epoch that a canonical code names, without checking its tag."""
    return ALPHABET.index(code[0])


class Sealer:
    """Seals and opens the codes of one epoch.

    Args:
        epoch: 0 to 31.
        tag_key: 16 bytes.
        mask_key: 16 bytes, independent of the first.
    """

    def __init__(self, epoch: int, tag_key: bytes, mask_key: bytes) -> None:
        _check("epoch", epoch, EPOCHS)
        self.epoch = epoch
        # SIV's PRF is the bare block cipher, which libraries call ECB.
        self._tag = Cipher(AES(tag_key), ECB()).encryptor().update  # noqa: S305
        self._mask = Cipher(AES(mask_key), ECB()).encryptor().update  # noqa: S305
        self._front = epoch << 48  # before the block's 48-bit number

    def seal(self, batch: int, lo: int, hi: int) -> NDArray[np.bytes_]:
        """Return the codes of the stamps `[lo, hi)` of a batch: shape `(hi - lo,)`, dtype `S20`.

        Raises:
            OutOfRange: the batch number or an index does not fit 24 bits.
        """
        _check("batch", batch, BATCH_LIMIT)
        _check("lo", lo, BATCH_LIMIT + 1)
        _check("hi", hi, BATCH_LIMIT + 1)
        pairs = np.empty((max(0, hi - lo), LENGTH // 2), dtype=np.uint16)
        for at in range(0, len(pairs), _CHUNK):
            part = pairs[at : at + _CHUNK]
            first = (batch << 24) + lo + at
            ids = np.arange(first, first + len(part), dtype=np.uint64)
            tags = self._prf(self._tag, ids) >> np.uint64(64 - _TAG_BITS)
            bodies = ids ^ (self._prf(self._mask, tags) >> np.uint64(16))
            _write_pairs(part[:, :5], np.uint64(self.epoch << 45) | (bodies >> np.uint64(3)))
            _write_pairs(part[:, 5:], ((bodies & np.uint64(7)) << np.uint64(_TAG_BITS)) | tags)
        return pairs.view(f"S{LENGTH}").reshape(len(pairs))

    def open(self, code: str) -> StampId:
        """Return the identity sealed in a canonical code of this epoch.

        Raises:
            MalformedCode: the text is not a canonical code.
            UnknownCode: the tag is not the one that this epoch's key makes.
        """
        try:
            digits = code.encode().translate(_TO_DIGITS)
            front, back = int(digits[:_HALF], 32), int(digits[_HALF:], 32)
        except ValueError:
            raise MalformedCode(text=code, why="not in canonical form") from None
        if len(digits) != LENGTH:
            raise MalformedCode(text=code, why="not in canonical form")
        tag = back & _TAG_MASK
        body = ((front << 3) | (back >> _TAG_BITS)) & _BODY_MASK
        high, low = _FIRST_48(self._mask(((self._front | tag) << 8).to_bytes(8, "big") + _ZEROS))
        identity = body ^ (high << 32 | low)
        high, low = _FIRST_48(
            self._tag(((self._front | identity) << 8).to_bytes(8, "big") + _ZEROS)
        )
        if (high << 32 | low) >> 1 != tag or front >> 45 != self.epoch:
            raise UnknownCode(text=code)
        return StampId(self.epoch, identity >> 24, identity & _INDEX_MASK)

    def _prf(
        self, encrypt: Callable[[bytes], bytes], numbers: NDArray[np.uint64]
    ) -> NDArray[np.uint64]:
        """Return the first 64 bits of the PRF of each 48-bit number."""
        blocks = np.zeros((len(numbers), 2), dtype=">u8")
        blocks[:, 0] = (np.uint64(self._front) | numbers) << np.uint64(8)
        out = encrypt(blocks.tobytes())
        return np.frombuffer(out, dtype=">u8")[::2].astype(np.uint64)


def _write_pairs(columns: NDArray[np.uint16], numbers: NDArray[np.uint64]) -> None:
    """Write 50-bit numbers as five columns of character pairs."""
    for column in range(5):
        shift = np.uint64(40 - 10 * column)
        columns[:, column] = _PAIRS[(numbers >> shift) & np.uint64(1023)]


def _check(what: str, value: int, limit: int) -> None:
    if not 0 <= value < limit:
        raise OutOfRange(what=what, low=0, high=limit - 1, value=value)
