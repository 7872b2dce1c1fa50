"""Signing of stamps and manifests with Ed25519; no other package can sign.

A stamp's signature is Ed25519 (RFC 8032) over `stamps.signature.MESSAGE_PREFIX` and its code, by
the key of the epoch that the code names. A manifest's signature is over another prefix and the
document, so that neither passes for the other. Both are deterministic.

>>> signer = Signer({0: bytes(32)})
>>> codes = np.array([b"0D9FRH4K0121V8Q02M5T"])
>>> signatures = signer.sign_codes(codes)
>>> signer.public_keys().verify(codes[0].decode(), signatures[0].decode())
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from stamps import detached_signature
from stamps.code import ALPHABET
from stamps.errors import VeritemError
from stamps.signature import MESSAGE_PREFIX, SIGNATURE_BYTES, PublicKeys, encode_signatures

_CHUNK: Final = 1 << 14  # signatures encoded at a time: a megabyte of them


class NoSigningKey(VeritemError):
    """The epoch has no signing key: it was retired, or never created."""

    code = "no-signing-key"
    message = "there is no signing key of epoch {epoch}"


class Signer:
    """The signing keys of the active epochs, from 32-byte seeds."""

    def __init__(self, seeds: Mapping[int, bytes]) -> None:
        self._keys = {
            epoch: Ed25519PrivateKey.from_private_bytes(seed) for epoch, seed in seeds.items()
        }

    def require_key(self, epoch: int) -> None:
        """Raise unless the epoch has a signing key; call it before long work.

        Raises:
            NoSigningKey: it has no key here.
        """
        self._key(epoch)

    def public_keys(self) -> PublicKeys:
        """Return the public keys of the signing keys."""
        return PublicKeys({e: key.public_key().public_bytes_raw() for e, key in self._keys.items()})

    def sign_codes(self, codes: NDArray[np.bytes_]) -> NDArray[np.bytes_]:
        """Sign canonical codes of one epoch: `S20`, shape `(n,)` → `S103`, shape `(n,)`.

        Raises:
            NoSigningKey: the epoch that the codes name has no key here.
            ValueError: the codes are of several epochs.
        """
        signatures = np.empty(len(codes), dtype="S103")
        if not len(codes):
            return signatures
        sign = self._key(_epoch(codes)).sign
        for at in range(0, len(codes), _CHUNK):
            part = codes[at : at + _CHUNK].tolist()
            made = b"".join([sign(MESSAGE_PREFIX + code) for code in part])
            raw = np.frombuffer(made, dtype=np.uint8).reshape(len(part), SIGNATURE_BYTES)
            signatures[at : at + _CHUNK] = encode_signatures(raw)
        return signatures

    def sign_manifest(self, epoch: int, document: bytes) -> dict[str, str]:
        """Sign a manifest, detached: the object of `stamps.detached_signature`.

        Raises:
            NoSigningKey: the epoch has no key here.
        """
        return detached_signature.format_detached(
            epoch, self._key(epoch).sign(detached_signature.PREFIX + document)
        )

    def sign_case(self, epoch: int, document: bytes) -> dict[str, str]:
        """Sign a case file, detached: the object of `stamps.detached_signature`.

        Raises:
            NoSigningKey: the epoch has no key here.
        """
        return detached_signature.format_detached(
            epoch, self._key(epoch).sign(detached_signature.CASE_PREFIX + document)
        )

    def sign_snapshot(self, epoch: int, document: bytes) -> dict[str, str]:
        """Sign a field snapshot, detached: the object of `stamps.detached_signature`.

        Raises:
            NoSigningKey: the epoch has no key here.
        """
        return detached_signature.format_detached(
            epoch, self._key(epoch).sign(detached_signature.SNAPSHOT_PREFIX + document)
        )

    def sign_publication(self, epoch: int, document: bytes) -> dict[str, str]:
        """Sign the statement of a publication, detached: as `stamps.detached_signature` says.

        Raises:
            NoSigningKey: the epoch has no key here.
        """
        return detached_signature.format_detached(
            epoch, self._key(epoch).sign(detached_signature.PUBLICATION_PREFIX + document)
        )

    def _key(self, epoch: int) -> Ed25519PrivateKey:
        try:
            return self._keys[epoch]
        except KeyError:
            raise NoSigningKey(epoch=epoch) from None


def _epoch(codes: NDArray[np.bytes_]) -> int:
    letters = np.ascontiguousarray(codes).view(np.uint8).reshape(len(codes), -1)[:, 0]
    if (letters != letters[0]).any():
        raise ValueError("codes of several epochs cannot be signed in one call")
    return ALPHABET.index(chr(letters[0]))
