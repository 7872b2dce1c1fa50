"""Compact JWS (RFC 7515, section 3.1) with Ed25519 (RFC 8037): a small document with a signature.

    BASE64URL(header) "." BASE64URL(payload) "." BASE64URL(signature)

The signature covers the first two parts and the dot between them. `typ` says what the document is,
so that a signature that was made for one purpose is never taken for another (RFC 8725, 3.11). The
algorithm is fixed: `alg` must be `EdDSA` (RFC 8037) or `Ed25519`, its name since RFC 9864, and
never chooses anything. Headers with other members than those of this module are refused.

>>> from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
>>> key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
>>> text = sign_compact("example", {"n": 1}, key, kid="a1")
>>> jws = parse_compact(text, "example")
>>> jws.header["kid"], jws.payload
('a1', {'n': 1})
>>> jws.verify(key.public_key().public_bytes_raw())
True
>>> parse_compact(text, "another")
Traceback (most recent call last):
    ...
stamps.compact_jws.MalformedJws: not a compact JWS: its typ is not 'another'
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from stamps.base64url import encode_base64url
from stamps.errors import VeritemError

MEDIA_TYPE: Final = "application/jose"
"""The media type of a compact JWS (RFC 7515, section 9.2.1)."""
LONGEST: Final = 2048
KEY_BYTES: Final = 32
_ALGORITHM: Final = "EdDSA"
_ALGORITHMS: Final = (_ALGORITHM, "Ed25519")
_MEMBERS: Final = frozenset({"alg", "typ", "kid", "jwk"})
_FORM: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})")


class MalformedJws(VeritemError):
    """The text is not a compact JWS of the expected type."""

    code = "malformed-jws"
    message = "not a compact JWS: {why}"


@dataclass(frozen=True, slots=True)
class CompactJws:
    """A parsed JWS. Nothing in it is to be believed before `verify` returns True."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signed: bytes
    """The bytes under the signature."""
    signature: bytes

    def verify(self, public_key: bytes) -> bool:
        """Whether the key (32 bytes) made the signature."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, self.signed)
        except (InvalidSignature, ValueError):
            return False
        return True


def sign_compact(
    typ: str, payload: Mapping[str, Any], key: Ed25519PrivateKey, **members: Any
) -> str:
    """Return the JWS of a payload; `members` are further members of its header."""
    header = {"alg": _ALGORITHM, "typ": typ, **members}
    signed = f"{_encode_json(header)}.{_encode_json(payload)}"
    return f"{signed}.{encode_base64url(key.sign(signed.encode()))}"


def parse_compact(text: str, typ: str) -> CompactJws:
    """Parse a JWS of the type `typ`; its signature is not checked.

    Raises:
        MalformedJws: another form, another type or algorithm, or an unknown member of the header.
    """
    form = _FORM.fullmatch(text) if len(text) <= LONGEST else None
    if form is None:
        raise MalformedJws(why="it has not three parts of base64url")
    header, payload = _decode_json(form[1]), _decode_json(form[2])
    if header.get("alg") not in _ALGORITHMS:
        raise MalformedJws(why=f"its alg is not {_ALGORITHM!r}")
    if header.get("typ") != typ:
        raise MalformedJws(why=f"its typ is not {typ!r}")
    if not _MEMBERS.issuperset(header):
        raise MalformedJws(why="its header has an unknown member")
    return CompactJws(header, payload, text.rpartition(".")[0].encode(), _decode(form[3]))


def decode_base64url(text: object, size: int) -> bytes | None:
    """Decode base64url of `size` bytes without padding; None for anything else.

    >>> decode_base64url("AAA", 2), decode_base64url("AAB", 2), decode_base64url(7, 2)
    (b'\\x00\\x00', None, None)
    """
    if not isinstance(text, str) or len(text) != -(-size * 4 // 3):
        return None
    try:
        raw = _decode(text)
    except MalformedJws:
        return None
    # Unused bits that are not zero would give one value two texts.
    return raw if encode_base64url(raw) == text else None


def _encode_json(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return encode_base64url(text.encode())


def _decode_json(part: str) -> dict[str, Any]:
    try:
        value = json.loads(_decode(part))
    except (ValueError, RecursionError):
        raise MalformedJws(why="a part is not JSON") from None
    if not isinstance(value, dict):
        raise MalformedJws(why="a part is not a JSON object")
    return value


def _decode(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise MalformedJws(why="a part is not base64url") from None
