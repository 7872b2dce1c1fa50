"""The keys that stamps are issued with: those of their codes and of their PINs."""

from collections.abc import Mapping
from dataclasses import dataclass

from stamps.key_ring import EpochKeys, KeyRing
from stamps.pin_ring import PinRing


@dataclass(frozen=True)
class StampKeys:
    """The keys of the epochs that an issuer seals with."""

    ring: KeyRing
    pins: PinRing

    @classmethod
    def derive(cls, masters: Mapping[int, bytes]) -> "StampKeys":
        """Derive the keys of epochs from their 32-byte masters."""
        ring = KeyRing(EpochKeys.derive(epoch, master) for epoch, master in masters.items())
        return cls(ring, PinRing.derive(masters))
