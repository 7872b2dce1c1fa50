"""Signing: the one thing that only this room can do.

A stamp's signature is Ed25519 (RFC 8032) over `stamps.signature.MESSAGE_PREFIX` and its code, by
the key of the epoch that the code names. A manifest's is over a prefix of its own and the bytes of
the document, so that neither can ever pass for the other. Both are deterministic: signing again
gives the same.

>>> signer = Signer({0: bytes(32)})
>>> codes = np.array([b"0D9FRH4K0121V8Q02M5T"])
>>> signatures = signer.sign_codes(codes)
>>> signer.public_keys().verify(codes[0].decode(), signatures[0].decode())
"""

import base64
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from stamps.code import ALPHABET
from stamps.errors import BadSignature, VeritemError
from stamps.signature import MESSAGE_PREFIX, SIGNATURE_BYTES, PublicKeys, encode_all

MANIFEST_PREFIX: Final = b"veritem manifest v1:"
_CHUNK: Final = 1 << 14  # signatures encoded at a time: a megabyte of them


class NoSigningKey(VeritemError):
    """The epoch has no signing key here: retired, or never made."""

    code = "no-signing-key"
    message = "there is no signing key of epoch {epoch}"


class Signer:
    """The signing keys of the living epochs, from 32-byte seeds."""

    def __init__(self, seeds: Mapping[int, bytes]) -> None:
        self._keys = {
            epoch: Ed25519PrivateKey.from_private_bytes(seed) for epoch, seed in seeds.items()
        }

    def require(self, epoch: int) -> None:
        """Refuse, before any work is done, an epoch that can not be signed for.

        Raises:
            NoSigningKey: it has no key here.
        """
        self._key(epoch)

    def public_keys(self) -> PublicKeys:
        """What others check the signatures with."""
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
            signatures[at : at + _CHUNK] = encode_all(raw)
        return signatures

    def sign_manifest(self, epoch: int, document: bytes) -> dict[str, str]:
        """Sign a batch's manifest, detached: `{"kid", "alg", "signature"}`, base64url.

        Raises:
            NoSigningKey: the epoch has no key here.
        """
        signature = self._key(epoch).sign(MANIFEST_PREFIX + document)
        return {
            "kid": f"epoch-{epoch}",
            "alg": "EdDSA",
            "signature": base64.urlsafe_b64encode(signature).rstrip(b"=").decode(),
        }

    def _key(self, epoch: int) -> Ed25519PrivateKey:
        try:
            return self._keys[epoch]
        except KeyError:
            raise NoSigningKey(epoch=epoch) from None


def verify_manifest(document: bytes, signature: object, epoch: int, keys: PublicKeys) -> None:
    """Check a detached signature of a manifest by the key of the manifest's own epoch.

    Raises:
        BadSignature: malformed, of another epoch, or not made for these bytes.
    """
    if not isinstance(signature, Mapping):
        raise BadSignature(why="there is none")
    _check(signature, "alg", "EdDSA")
    _check(signature, "kid", f"epoch-{epoch}")
    text = signature.get("signature")
    try:
        raw = base64.b64decode(f"{text}==", altchars=b"-_", validate=True)
    except ValueError:
        raise BadSignature(why="it is not base64url") from None
    keys.verify_bytes(epoch, raw, MANIFEST_PREFIX + document)


def _check(signature: Mapping[str, Any], name: str, wanted: str) -> None:
    if signature.get(name) != wanted:
        raise BadSignature(why=f"its {name} is {signature.get(name)!r}, not {wanted!r}")


def _epoch(codes: NDArray[np.bytes_]) -> int:
    letters = np.ascontiguousarray(codes).view(np.uint8).reshape(len(codes), -1)[:, 0]
    if (letters != letters[0]).any():
        raise ValueError("codes of several epochs can not be signed in one call")
    return ALPHABET.index(chr(letters[0]))
