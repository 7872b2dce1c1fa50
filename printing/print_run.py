"""What is handed in to be printed: a span of one batch and the functions that make its codes.

The printing room knows no keys, no ledger and no network; the issuer gives it closures.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from printing.errors import RunRefused
from printing.qr.payload import Piece, VariableField
from stamps.code import ALPHABET

CODE: Final = 20  # characters of a code
SIGNATURE: Final = 103  # base32 characters of an Ed25519 signature
GS1_SIGNATURE: Final = 86  # base64url characters of the same, as AI (8030) wants it (ADR 0012)
PIN: Final = 8  # characters of a PIN, the longest that a run may have

_BASE32: Final = np.zeros(256, np.uint8)
_BASE32[np.frombuffer(ALPHABET.encode(), np.uint8)] = np.arange(32, dtype=np.uint8)
_BASE64URL: Final = np.frombuffer(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", np.uint8
)
_WEIGHTS: Final = np.array([32, 16, 8, 4, 2, 1], np.uint8)

Codes = NDArray[np.bytes_]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class PrintRun:
    """One span ``[lo, hi)`` of one batch, ready for press.

    ``seal(lo, hi)`` gives the codes of indexes [lo, hi) as an ``S20`` array; ``sign(codes)``
    their signatures as ``S103``; ``pins(codes)`` their PINs as ``S8`` or shorter, all of one
    length. ``host`` is what the URI names (``VERITEM.VN``, ``192.168.1.5:8080``); ``gtin`` the 14
    digits of the product when the order names one.
    """

    batch: int
    lo: int
    hi: int
    host: str
    grade: Literal["sealed", "signed"]
    gtin: str | None
    seal: Callable[[int, int], NDArray[Any]]
    sign: Callable[[NDArray[Any]], NDArray[Any]] | None = None
    pins: Callable[[NDArray[Any]], NDArray[Any]] | None = None
    scheme: str = "HTTPS"

    def __post_init__(self) -> None:
        if not 0 <= self.lo < self.hi:
            raise RunRefused(why=f"the span [{self.lo}, {self.hi}) holds no stamp")
        if self.grade == "signed" and self.sign is None:
            raise RunRefused(why="a signed batch can not be printed without its signatures")
        if self.gtin is not None and not _is_gtin(self.gtin):
            raise RunRefused(why=f"{self.gtin!r} is not a GTIN of 14 digits with its check digit")

    @property
    def count(self) -> int:
        """How many stamps the run has."""
        return self.hi - self.lo

    @property
    def payload(self) -> tuple[Piece, ...]:
        """What the symbols say, with holes for the code and the signature."""
        root = f"{self.scheme}://{self.host}"
        if self.gtin is not None:
            sealed: tuple[Piece, ...] = (f"{root}/01/{self.gtin}/21/", VariableField(CODE))
            signature = VariableField(GS1_SIGNATURE, "byte")
            return (*sealed, "?8030=", signature) if self.grade == "signed" else sealed
        sealed = (f"{root}/S/", VariableField(CODE))
        return (*sealed, ".", VariableField(SIGNATURE)) if self.grade == "signed" else sealed

    def stamps(self, lo: int, hi: int) -> "StampColumns":
        """Make the codes (signatures, PINs) of indexes [lo, hi), which must lie in the run."""
        if not self.lo <= lo <= hi <= self.hi:
            raise RunRefused(why=f"[{lo}, {hi}) is outside the run [{self.lo}, {self.hi})")
        codes = np.ascontiguousarray(self.seal(lo, hi), dtype=f"S{CODE}")
        variable = letters(codes, CODE)
        if self.grade == "signed" and self.sign is not None:
            signatures = np.ascontiguousarray(self.sign(codes), dtype=f"S{SIGNATURE}")
            text = letters(signatures, SIGNATURE)
            variable = np.hstack([variable, base64url(text) if self.gtin else text])
        pins = None
        if self.pins is not None:
            raw = np.ascontiguousarray(self.pins(codes))
            pins = letters(raw, raw.dtype.itemsize)
            if pins.shape[1] > PIN or (pins == 0).any():
                raise RunRefused(why=f"PINs must all have one length of at most {PIN} characters")
        return StampColumns(np.arange(lo, hi), variable, pins)


@dataclass(frozen=True)
class StampColumns:
    """A handful of stamps as columns: indexes (n,), ASCII of code and signature, ASCII of PINs."""

    indexes: NDArray[np.int64]
    variable: Bytes
    pins: Bytes | None

    @property
    def codes(self) -> Bytes:
        """The codes alone, (n, 20) of ASCII."""
        return self.variable[:, :CODE]


def letters(strings: Codes, width: int) -> Bytes:
    """View an ``S`` array of n strings as (n, width) bytes.

    >>> letters(np.array([b"AB", b"CD"]), 2).tolist()
    [[65, 66], [67, 68]]
    """
    return np.ascontiguousarray(strings).view(np.uint8).reshape(len(strings), width)


def base64url(base32: Bytes) -> Bytes:
    """Signatures rewritten from Crockford base32, (n, 103), to base64url, (n, 86)."""
    fives = np.unpackbits(_BASE32[base32][:, :, None], axis=2)[:, :, 3:]
    bits = fives.reshape(len(base32), -1)[:, : GS1_SIGNATURE * 6]  # the 512 and zeros
    bits = np.pad(bits, ((0, 0), (0, GS1_SIGNATURE * 6 - bits.shape[1])))
    sixes: Bytes = bits.reshape(len(base32), GS1_SIGNATURE, 6) @ _WEIGHTS
    return _BASE64URL[sixes]


def _is_gtin(text: str) -> bool:
    """GTIN-14 with its GS1 check digit: weights 3 and 1 from the left, sum a multiple of ten."""
    if len(text) != 14 or not text.isascii() or not text.isdigit():
        return False
    return sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(text)) % 10 == 0
