"""The key ring: the tag and mask keys of each epoch; the newest seals codes, all open them.

These are the keys of `stamps.code`, derived from an epoch's master (`stamps.key_derivation`). SIV
opens with the keys that it seals with: **who opens codes can seal them too**, so whoever has a key
ring can list the codes of every sealed batch. Such a holder cannot make signatures
(`stamps.signature`), nor PINs, which follow from another key (`stamps.pin_ring`).

>>> ring = KeyRing([EpochKeys.derive(0, bytes(32)), EpochKeys.derive(1, b"1" * 32)])
>>> code = ring.seal(batch=7, lo=0, hi=1)[0].decode()
>>> ring.open(code)
StampId(epoch=1, batch=7, index=0)
>>> KeyRing([]).open(code)
Traceback (most recent call last):
    ...
stamps.errors.UnknownCode: no stamp with this code was issued
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stamps.code import ALPHABET, Sealer, StampId
from stamps.errors import UnknownCode
from stamps.key_derivation import derive_key


@dataclass(frozen=True)
class EpochKeys:
    """The keys that open an epoch's codes; as secrets they are neither shown nor compared."""

    epoch: int
    tag: bytes = field(repr=False, compare=False)
    mask: bytes = field(repr=False, compare=False)

    @classmethod
    def derive(cls, epoch: int, master: bytes) -> "EpochKeys":
        """Derive an epoch's keys from its 32-byte master.

        Raises:
            ValueError: the master has another length.
        """
        return cls(epoch, derive_key(epoch, master, "tag"), derive_key(epoch, master, "mask"))


class KeyRing:
    """The epochs' keys: the newest seals, all open."""

    def __init__(self, epochs: Iterable[EpochKeys]) -> None:
        keys = {epoch.epoch: epoch for epoch in epochs}
        self._sealers = {e: Sealer(e, k.tag, k.mask) for e, k in keys.items()}
        self._by_letter = {ALPHABET[e]: sealer for e, sealer in self._sealers.items()}

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

    def _sealer(self, epoch: int) -> Sealer:
        try:
            return self._sealers[epoch]
        except KeyError:
            raise UnknownCode(text="") from None
