"""Print run: a serial range of one batch and the functions that make its codes.

Printing holds no keys and opens no ledger; the issuer hands in functions that seal and sign.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from printing.errors import RunRefused
from printing.qr.payload import Piece, VariableField
from stamps.code import ALPHABET
from traceability.gs1_values import MalformedGs1, check_gtin_14

CODE: Final = 20
"""Characters of a code."""
SIGNATURE: Final = 103
"""Base32 characters of an Ed25519 signature."""
GS1_SIGNATURE: Final = 86
"""Base64url characters of the same signature, as GS1 AI (8030) requires (ADR 0012)."""
PIN: Final = 8
"""Characters of the longest PIN."""

_BASE32_VALUES: Final = np.zeros(256, np.uint8)
_BASE32_VALUES[np.frombuffer(ALPHABET.encode(), np.uint8)] = np.arange(32, dtype=np.uint8)
_BASE64URL: Final = np.frombuffer(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", np.uint8
)
_BIT_WEIGHTS: Final = np.array([32, 16, 8, 4, 2, 1], np.uint8)

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class PrintRun:
    """The stamps ``[lo, hi)`` of one batch, ready for press.

    ``seal(lo, hi)`` returns the codes of indexes [lo, hi) as an ``S20`` array; ``sign(codes)``
    their signatures as ``S103``; ``pins(codes)`` their PINs as ``S8`` or shorter, all of one
    length. ``host`` is the host of the URI (``VERITEM.VN``, ``192.168.1.5:8080``); ``gtin`` the 14
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
            raise RunRefused(why="a signed batch cannot be printed without its signatures")
        if self.gtin is not None:
            try:
                check_gtin_14(self.gtin)
            except MalformedGs1 as refusal:
                raise RunRefused(why=f"{self.gtin!r} is not a GTIN: {refusal}") from refusal

    @property
    def count(self) -> int:
        """Number of stamps in the run."""
        return self.hi - self.lo

    @property
    def payload(self) -> tuple[Piece, ...]:
        """The text of the symbols, with variable fields for the code and the signature."""
        root = f"{self.scheme}://{self.host}"
        code, signed = VariableField(CODE), self.grade == "signed"
        if self.gtin is not None:
            sealed: tuple[Piece, ...] = (f"{root}/01/{self.gtin}/21/", code)
            return (*sealed, "?8030=", VariableField(GS1_SIGNATURE, "byte")) if signed else sealed
        sealed = (f"{root}/S/", code)
        return (*sealed, ".", VariableField(SIGNATURE)) if signed else sealed

    def compose_text(self, index: int) -> str:
        """The text of one stamp's symbol."""
        left = bytes(self.stamps(index, index + 1).variable[0]).decode("ascii")
        text = ""
        for piece in self.payload:
            if isinstance(piece, VariableField):
                text, left = text + left[: piece.width], left[piece.width :]
            else:
                text += piece
        return text

    def stamps(self, lo: int, hi: int) -> "StampColumns":
        """Make the codes (signatures, PINs) of indexes [lo, hi), which must lie in the run."""
        if not self.lo <= lo <= hi <= self.hi:
            raise RunRefused(why=f"[{lo}, {hi}) is outside the run [{self.lo}, {self.hi})")
        codes = np.ascontiguousarray(self.seal(lo, hi), dtype=f"S{CODE}")
        variable = view_letters(codes, CODE)
        if self.grade == "signed" and self.sign is not None:
            signatures = np.ascontiguousarray(self.sign(codes), dtype=f"S{SIGNATURE}")
            text = view_letters(signatures, SIGNATURE)
            variable = np.hstack([variable, convert_to_base64url(text) if self.gtin else text])
        pins = None
        if self.pins is not None:
            raw = np.ascontiguousarray(self.pins(codes))
            pins = view_letters(raw, raw.dtype.itemsize)
            if pins.shape[1] > PIN or (pins == 0).any():
                raise RunRefused(why=f"PINs must all have one length of at most {PIN} characters")
        return StampColumns(np.arange(lo, hi), variable, pins)


@dataclass(frozen=True)
class StampColumns:
    """Some stamps as columns: indexes (n,), ASCII of code and signature, ASCII of PINs."""

    indexes: NDArray[np.int64]
    variable: Bytes
    pins: Bytes | None

    @property
    def codes(self) -> Bytes:
        """The codes alone, (n, 20) of ASCII."""
        return self.variable[:, :CODE]


def view_letters(strings: NDArray[np.bytes_], width: int) -> Bytes:
    """View an ``S`` array of n strings as (n, width) bytes.

    >>> view_letters(np.array([b"AB", b"CD"]), 2).tolist()
    [[65, 66], [67, 68]]
    """
    return np.ascontiguousarray(strings).view(np.uint8).reshape(len(strings), width)


def convert_to_base64url(base32: Bytes) -> Bytes:
    """Convert signatures from Crockford base32, (n, 103), to base64url, (n, 86)."""
    fives = np.unpackbits(_BASE32_VALUES[base32][:, :, None], axis=2)[:, :, 3:]
    bits = fives.reshape(len(base32), -1)[:, : GS1_SIGNATURE * 6]  # the 512 and zeros
    bits = np.pad(bits, ((0, 0), (0, GS1_SIGNATURE * 6 - bits.shape[1])))
    sixes: Bytes = bits.reshape(len(base32), GS1_SIGNATURE, 6) @ _BIT_WEIGHTS
    return _BASE64URL[sixes]
