"""The key ring: derived keys of each epoch; the newest seals codes, all open them.

Each epoch has one 32-byte master. Its keys come from it by HKDF-SHA256 (RFC 5869), each with an
info text of its own, so that each use has its own key::

    k_tag  = HKDF(master, info = "veritem v1 epoch E tag",  16 bytes)
    k_mask = HKDF(master, info = "veritem v1 epoch E mask", 16 bytes)
    k_pin  = HKDF(master, info = "veritem v1 epoch E pin",  16 bytes)

The PIN of a stamp is eight decimal digits of the PRF of its identity under ``k_pin``. It is never
stored, and whoever can open codes can derive it.

>>> ring = KeyRing([EpochKeys.derive(0, bytes(32)), EpochKeys.derive(1, b"1" * 32)])
>>> code = ring.seal(batch=7, lo=0, hi=1)[0].decode()
>>> ring.open(code)
StampId(epoch=1, batch=7, index=0)
>>> len(ring.derive_pin(ring.open(code)))
8
>>> KeyRing([]).open(code)
Traceback (most recent call last):
    ...
stamps.errors.UnknownCode: no stamp with this code was issued
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from stamps.code import ALPHABET, Sealer, StampId
from stamps.errors import UnknownCode

MASTER_BYTES: Final = 32
PIN_DIGITS: Final = 8


@dataclass(frozen=True)
class EpochKeys:
    """The derived keys of one epoch; as secrets they are neither shown nor compared."""

    epoch: int
    tag: bytes = field(repr=False, compare=False)
    mask: bytes = field(repr=False, compare=False)
    pin: bytes = field(repr=False, compare=False)

    @classmethod
    def derive(cls, epoch: int, master: bytes) -> "EpochKeys":
        """Derive an epoch's keys from its 32-byte master.

        Raises:
            ValueError: the master has another length.
        """
        if len(master) != MASTER_BYTES:
            raise ValueError(f"an epoch's master has {MASTER_BYTES} bytes, not {len(master)}")

        def key(use: str) -> bytes:
            info = f"veritem v1 epoch {epoch} {use}".encode()
            return HKDF(SHA256(), 16, salt=None, info=info).derive(master)

        return cls(epoch, key("tag"), key("mask"), key("pin"))


class KeyRing:
    """The epochs' keys: the newest seals, all open."""

    def __init__(self, epochs: Iterable[EpochKeys]) -> None:
        keys = {epoch.epoch: epoch for epoch in epochs}
        self._sealers = {e: Sealer(e, k.tag, k.mask) for e, k in keys.items()}
        self._by_letter = {ALPHABET[e]: sealer for e, sealer in self._sealers.items()}
        # One block of AES, the PRF that makes PINs.
        self._pins = {e: Cipher(AES(k.pin), ECB()).encryptor() for e, k in keys.items()}  # noqa: S305

    @property
    def epochs(self) -> tuple[int, ...]:
        """The epochs on the ring, oldest first."""
        return tuple(sorted(self._sealers))

    @property
    def newest(self) -> int:
        """The epoch that seals new batches.

        Raises:
            UnknownCode: the ring is empty.
        """
        if not self._sealers:
            raise UnknownCode(text="")
        return max(self._sealers)

    def seal(self, batch: int, lo: int, hi: int, epoch: int | None = None) -> NDArray[np.bytes_]:
        """Return the codes `[lo, hi)` of a batch (`S20`), sealed by its epoch or the newest.

        Raises:
            OutOfRange: a number that does not fit the code.
            UnknownCode: the epoch is not on the ring.
        """
        return self._sealer(self.newest if epoch is None else epoch).seal(batch, lo, hi)

    def open(self, code: str) -> StampId:
        """Return the identity in a canonical code.

        Raises:
            UnknownCode: no key of the ring sealed it.
        """
        sealer = self._by_letter.get(code[0])
        if sealer is None:
            raise UnknownCode(text=code)
        return sealer.open(code)

    def derive_pin(self, stamp: StampId) -> str:
        """Return a stamp's PIN: eight decimal digits.

        Raises:
            UnknownCode: the stamp's epoch is not on the ring.
        """
        pins = self.derive_pins(stamp.batch, stamp.index, stamp.index + 1, stamp.epoch)
        pin: bytes = pins[0]
        return pin.decode()

    def derive_pins(self, batch: int, lo: int, hi: int, epoch: int) -> NDArray[np.bytes_]:
        """Return the PINs of the stamps `[lo, hi)` of a batch: dtype `S8`.

        Raises:
            UnknownCode: the epoch is not on the ring.
        """
        if epoch not in self._pins:
            raise UnknownCode(text="")
        ids = np.arange(lo, hi, dtype=np.uint64) | np.uint64(batch << 24)
        blocks = np.zeros((len(ids), 2), dtype=">u8")
        blocks[:, 0] = np.uint64(epoch << 56) | (ids << np.uint64(8))
        out = np.frombuffer(self._pins[epoch].update(blocks.tobytes()), dtype=">u8")[::2]
        numbers = out.astype(np.uint64) % np.uint64(10**PIN_DIGITS)
        powers = np.uint64(10) ** np.arange(PIN_DIGITS - 1, -1, -1, dtype=np.uint64)
        digits = (numbers[:, None] // powers % np.uint64(10)).astype(np.uint8) + ord("0")
        return np.ascontiguousarray(digits).view(f"S{PIN_DIGITS}").reshape(len(ids))

    def _sealer(self, epoch: int) -> Sealer:
        try:
            return self._sealers[epoch]
        except KeyError:
            raise UnknownCode(text="") from None
