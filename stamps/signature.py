"""Signatures of the signed grade: Ed25519 (RFC 8032), which anyone can check offline.

The message is ``veritem stamp v1:`` and the canonical code; the signature's 64 bytes are written
as 103 characters of Crockford base32 (512 bits and three zero bits), which keeps the QR symbol in
alphanumeric mode. The epoch in the code says which public key; the keys are published as a JWK
set (RFC 7517, RFC 8037) whose `kid` is ``epoch-N``.

A signature proves origin, not uniqueness: a photocopied stamp verifies.

Only ``issuer.signing`` can sign.

>>> decode_signature(encode_signature(bytes(range(64)))) == bytes(range(64))
True
>>> decode_signature("0" * 102)
Traceback (most recent call last):
    ...
stamps.errors.BadSignature: not the issuer's signature: 102 characters, not 103
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from numpy.typing import NDArray

from stamps.base64url import encode_base64url
from stamps.code import ALPHABET, EPOCHS, parse_epoch
from stamps.errors import BadSignature

MESSAGE_PREFIX: Final = b"veritem stamp v1:"
STAMP_USE: Final = "sig"
"""`use` (RFC 7517, section 4.2) of the keys that sign stamps and manifests."""
SIGNATURE_BYTES: Final = 64
LENGTH: Final = 103
GS1_LENGTH: Final = 86
"""Characters in base64url, the form of GS1 AI (8030) (ADR 0012)."""

_LETTERS: Final = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
_WEIGHTS: Final = np.array([16, 8, 4, 2, 1], dtype=np.uint8)
_PYTHON_DIGITS: Final = str.maketrans(ALPHABET, "0123456789abcdefghijklmnopqrstuv")


def encode_signatures(signatures: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """Return signatures, shape `(n, 64)`, as texts: shape `(n,)`, dtype `S103`."""
    count = len(signatures)
    bits = np.zeros((count, LENGTH * 5), dtype=np.uint8)
    bits[:, : SIGNATURE_BYTES * 8] = np.unpackbits(signatures, axis=1)
    letters = _LETTERS[bits.reshape(count, LENGTH, 5) @ _WEIGHTS]
    return np.ascontiguousarray(letters).view(f"S{LENGTH}").reshape(count)


def encode_signature(signature: bytes) -> str:
    """Return one signature of 64 bytes as 103 characters."""
    text: bytes = encode_signatures(np.frombuffer(signature, dtype=np.uint8).reshape(1, -1))[0]
    return text.decode()


def decode_signature(text: str) -> bytes:
    """Return the 64 bytes of a signature of 103 characters.

    Raises:
        BadSignature: another length, a foreign character, or padding that is not zero.
    """
    if len(text) != LENGTH:
        raise BadSignature(why=f"{len(text)} characters, not {LENGTH}")
    if not set(text) <= set(ALPHABET):
        raise BadSignature(why="it has a character that codes do not use")
    number = int(text.translate(_PYTHON_DIGITS), 32)
    if number & 7:
        raise BadSignature(why="its last character is not canonical")
    return (number >> 3).to_bytes(SIGNATURE_BYTES, "big")


def parse_signature(text: str) -> bytes:
    """Return the 64 bytes of a printed signature: base32 in either case, or base64url (GS1).

    Raises:
        BadSignature: neither form.
    """
    if len(text) != GS1_LENGTH:
        return decode_signature(text.upper())
    try:
        return base64.b64decode(text + "==", altchars=b"-_", validate=True)
    except ValueError:
        raise BadSignature(why="not base64url") from None


class PublicKeys:
    """The issuer's public keys by epoch, as published.

    `others` are keys of the published set that sign no stamps (another `use`): passed on, not used.
    """

    def __init__(self, keys: Mapping[int, bytes], others: Sequence[Mapping[str, Any]] = ()) -> None:
        self._raw = dict(sorted(keys.items()))
        self._others = [dict(key) for key in others]
        self._keys = {e: Ed25519PublicKey.from_public_bytes(k) for e, k in self._raw.items()}

    def verify(self, code: str, signature: str) -> None:
        """Check the signature of a canonical code, in either of its forms.

        Raises:
            BadSignature: malformed, of an unknown epoch, or not made for this code.
        """
        self.verify_bytes(
            parse_epoch(code), parse_signature(signature), MESSAGE_PREFIX + code.encode()
        )

    def verify_bytes(self, epoch: int, signature: bytes, message: bytes) -> None:
        """Check the signature of any message by an epoch's key (batch manifests use it).

        Raises:
            BadSignature: no key of this epoch, or the signature is not its.
        """
        key = self._keys.get(epoch)
        if key is None:
            raise BadSignature(why=f"no public key of epoch {epoch} is known")
        try:
            key.verify(signature, message)
        except InvalidSignature:
            raise BadSignature(why="it was not made by the issuer's key") from None

    def add_others(self, others: Sequence[Mapping[str, Any]]) -> "PublicKeys":
        """Return these keys with further ones that sign no stamps."""
        return PublicKeys(self._raw, [*self._others, *others])

    def to_jwks(self) -> dict[str, Any]:
        """Return the JWK set (RFC 7517) that the resolver publishes."""
        return {
            "keys": [
                {
                    "kty": "OKP",
                    "crv": "Ed25519",
                    "use": STAMP_USE,
                    "alg": "EdDSA",
                    "kid": format_kid(epoch),
                    "x": encode_base64url(raw),
                }
                for epoch, raw in self._raw.items()
            ]
            + self._others
        }

    @classmethod
    def from_jwks(cls, document: Mapping[str, Any]) -> "PublicKeys":
        """Return the keys of a JWK set.

        Raises:
            BadSignature: it is not a set of Ed25519 keys with `kid` ``epoch-N``.
        """
        try:
            listed = list(document["keys"])
            others = [key for key in listed if key.get("use", STAMP_USE) != STAMP_USE]
            keys = {parse_kid(key["kid"]): _raw_key(key) for key in listed if key not in others}
            return cls(keys, others)
        except (KeyError, TypeError, AttributeError, ValueError, binascii.Error) as error:
            raise BadSignature(why=f"the key document cannot be read ({error})") from error


def format_kid(epoch: int) -> str:
    """Return the key id of an epoch in JWK sets and signatures: ``epoch-7``."""
    return f"epoch-{epoch}"


def parse_kid(kid: str) -> int:
    """Return the epoch of a key id.

    Raises:
        ValueError: another form, or no epoch.
    """
    prefix, _, number = kid.partition("-")
    if prefix != "epoch" or not number.isdecimal() or int(number) >= EPOCHS:
        raise ValueError(f"kid {kid!r}")
    return int(number)


def _raw_key(key: Mapping[str, Any]) -> bytes:
    if (key["kty"], key["crv"]) != ("OKP", "Ed25519"):
        raise ValueError(f"kty {key['kty']!r}")
    return base64.urlsafe_b64decode(key["x"] + "=" * (-len(key["x"]) % 4))
