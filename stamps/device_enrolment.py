"""Enrolment of a device: its public key and a one-time code, signed by its private key.

The desk gives a person a code of twelve characters of the alphabet of stamp codes (60 bits). The
device makes its key pair and sends a compact JWS (`stamps.compact_jws`) of type
`veritem-enrolment`: `jwk` in the header is the public key (RFC 8037), the payload is
`{"code": …}`. The signature proves that whoever sends the public key holds the private one.

>>> from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
>>> key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
>>> request = parse_enrolment(sign_enrolment(key, "7k3m-9q2r-x0va"))
>>> request.code, request.public_key == key.public_key().public_bytes_raw()
('7K3M9Q2RX0VA', True)
>>> format_enrolment_code(request.code)
'7K3M-9Q2R-X0VA'
"""

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from stamps.base64url import encode_base64url
from stamps.code import ALPHABET
from stamps.compact_jws import (
    KEY_BYTES,
    MalformedJws,
    decode_base64url,
    parse_compact,
    sign_compact,
)
from stamps.errors import VeritemError

TYPE: Final = "veritem-enrolment"
CODE_LENGTH: Final = 12
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": "", ".": ""})


class MalformedEnrolment(VeritemError):
    """The text is not a request to enrol a device."""

    code = "malformed-enrolment"
    message = "not a request to enrol a device: {why}"


@dataclass(frozen=True, slots=True)
class EnrolmentRequest:
    """A request whose signature is right: its sender holds the private key."""

    code: str
    public_key: bytes


def sign_enrolment(key: Ed25519PrivateKey, code: str) -> str:
    """Return the request that enrols a key with a one-time code."""
    public = encode_base64url(key.public_key().public_bytes_raw())
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": public}
    return sign_compact(TYPE, {"code": code}, key, jwk=jwk)


def parse_enrolment(text: str) -> EnrolmentRequest:
    """Parse a request and check its signature.

    Raises:
        MalformedEnrolment: another form, or not signed by the key that it names.
    """
    try:
        jws = parse_compact(text, TYPE)
    except MalformedJws as error:
        raise MalformedEnrolment(why=error.why) from None
    jwk, code = jws.header.get("jwk"), jws.payload.get("code")
    if not isinstance(jwk, dict) or (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519"):
        raise MalformedEnrolment(why="its key is not an Ed25519 key")
    public_key = decode_base64url(jwk.get("x"), KEY_BYTES)
    if public_key is None or not jws.verify(public_key):
        raise MalformedEnrolment(why="it is not signed by the key that it names")
    if not isinstance(code, str):
        raise MalformedEnrolment(why="it has no code")
    return EnrolmentRequest(parse_enrolment_code(code), public_key)


def parse_enrolment_code(text: str) -> str:
    """Return the canonical form of a code that somebody typed.

    Raises:
        MalformedEnrolment: not twelve characters of the alphabet of stamp codes.
    """
    canonical = "".join(text.split()).upper().translate(_READ_AS)
    if len(canonical) != CODE_LENGTH or not set(canonical) <= set(ALPHABET):
        raise MalformedEnrolment(why=f"a code has {CODE_LENGTH} letters and digits")
    return canonical


def format_enrolment_code(code: str) -> str:
    """Return a canonical code as it is shown: three groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, CODE_LENGTH, 4))
