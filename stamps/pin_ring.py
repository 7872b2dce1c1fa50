"""The PIN ring: the PIN keys of the epochs, from which the PINs of stamps follow.

The PIN of a stamp is eight decimal digits of the PRF (AES-128 on one block) of its identity under
its epoch's `k_pin` (`stamps.key_derivation`). It is never stored. Who opens codes has other keys,
and cannot derive it.

>>> ring = PinRing.derive({0: bytes(32), 1: b"1" * 32})
>>> ring.derive_pin(StampId(epoch=1, batch=7, index=0)).isdecimal()
True
>>> PinRing({}).derive_pin(StampId(epoch=1, batch=7, index=0))
Traceback (most recent call last):
    ...
stamps.errors.UnknownCode: no stamp with this code was issued
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from numpy.typing import NDArray

from stamps.code import StampId
from stamps.errors import UnknownCode
from stamps.key_derivation import derive_key

PIN_DIGITS: Final = 8


class PinRing:
    """The PIN keys of the epochs (16 bytes each), by epoch; `repr` does not show them."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        # One block of AES is the PRF.
        self._prfs = {e: Cipher(AES(key), ECB()).encryptor() for e, key in keys.items()}  # noqa: S305

    @classmethod
    def derive(cls, masters: Mapping[int, bytes]) -> "PinRing":
        """Return the ring of epochs with these 32-byte masters."""
        return cls({epoch: derive_key(epoch, m, "pin") for epoch, m in masters.items()})

    @property
    def epochs(self) -> tuple[int, ...]:
        """The epochs on the ring, oldest first."""
        return tuple(sorted(self._prfs))

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
        if epoch not in self._prfs:
            raise UnknownCode(text="")
        ids = np.arange(lo, hi, dtype=np.uint64) | np.uint64(batch << 24)
        blocks = np.zeros((len(ids), 2), dtype=">u8")
        blocks[:, 0] = np.uint64(epoch << 56) | (ids << np.uint64(8))
        out = np.frombuffer(self._prfs[epoch].update(blocks.tobytes()), dtype=">u8")[::2]
        numbers = out.astype(np.uint64) % np.uint64(10**PIN_DIGITS)
        powers = np.uint64(10) ** np.arange(PIN_DIGITS - 1, -1, -1, dtype=np.uint64)
        digits = (numbers[:, None] // powers % np.uint64(10)).astype(np.uint8) + ord("0")
        return np.ascontiguousarray(digits).view(f"S{PIN_DIGITS}").reshape(len(ids))
