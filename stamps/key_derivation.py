"""Derivation of an epoch's keys from its master, by HKDF-SHA256 (RFC 5869).

Each epoch has one 32-byte master. Each use has an info text of its own, so each has its own key::

    k_tag  = HKDF(master, info = "veritem v1 epoch E tag",  16 bytes)
    k_mask = HKDF(master, info = "veritem v1 epoch E mask", 16 bytes)
    k_pin  = HKDF(master, info = "veritem v1 epoch E pin",  16 bytes)

A derived key says nothing about the master or about the other keys. So the masters stay with the
issuer, `k_tag` and `k_mask` go to those who open codes (`stamps.key_ring`), and `k_pin` goes to the
claim service (`stamps.pin_ring`).

>>> derive_key(0, bytes(32), "pin") == derive_key(1, bytes(32), "pin")
False
"""

from typing import Final, Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MASTER_BYTES: Final = 32
KEY_BYTES: Final = 16

KeyUse = Literal["tag", "mask", "pin"]


def derive_key(epoch: int, master: bytes, use: KeyUse) -> bytes:
    """Return the 16-byte key of one use.

    Raises:
        ValueError: the master has another length than 32 bytes.
    """
    if len(master) != MASTER_BYTES:
        raise ValueError(f"an epoch's master has {MASTER_BYTES} bytes, not {len(master)}")
    info = f"veritem v1 epoch {epoch} {use}".encode()
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(master)
