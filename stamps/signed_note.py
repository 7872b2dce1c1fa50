"""Signed notes: text with Ed25519 signatures below it (C2SP `signed-note`).

The format of transparency logs' checkpoints, so that their tools verify ours::

    the text, which ends with a line feed
    <empty line>
    — <key name> <base64 of key id (4 bytes) and signature (64 bytes)>

The signature (RFC 8032) is over the text with its last line feed. The key id is the start of
SHA-256(key name, 0x0A, 0x01, public key). Signatures by unknown keys are ignored; one by a known
key that is wrong refuses the note.

Only `issuer` can sign.

>>> key = NoteKey("example.com/foo", bytes(32))
>>> parse_note_key(key.format()) == key
True
>>> parse_note("no signature").signatures
Traceback (most recent call last):
    ...
stamps.signed_note.MalformedNote: not a signed note: it has no signature below an empty line
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from stamps.errors import BadSignature, VeritemError

MOST_BYTES: Final = 16_384
"""Longest note that is read."""
_ED25519: Final = b"\x01"
_ID_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 64
# A key name has no blanks and no plus (signed-note); ours are also ASCII, to be typed and compared.
_KEY_NAME: Final = re.compile(r"[A-Za-z0-9._:/\[\]-]{1,200}")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SIGNATURE_LINE: Final = re.compile(r"— ([^ +]+) ([A-Za-z0-9+/]+=*)")


class MalformedNote(VeritemError):
    """The text is not a signed note, or a key is not one of signed notes."""

    code = "malformed-note"
    message = "not a signed note: {why}"


@dataclass(frozen=True)
class NoteKey:
    """The name of a signer and its public key (32 bytes)."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if _KEY_NAME.fullmatch(self.name) is None:
            raise MalformedNote(why=f"{self.name!r} is not a key name: ASCII without blanks or +")
        if len(self.public) != 32:
            raise MalformedNote(why=f"a public key has 32 bytes, not {len(self.public)}")

    @cached_property
    def id(self) -> bytes:
        """The four bytes that name the key in a signature line."""
        seed = self.name.encode() + b"\n" + _ED25519 + self.public
        return hashlib.sha256(seed).digest()[:_ID_BYTES]

    def format(self) -> str:
        """Return the verifier key (vkey): name, key id and public key, joined by plus signs."""
        public = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{public}"

    def verify(self, text: str, signature: bytes) -> None:
        """Check a signature of a text. Raises `BadSignature`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            raise BadSignature(why=f"it was not made by the key {self.name}") from None


@dataclass(frozen=True)
class SignedNote:
    """A note: its text with the last line feed, and its signatures by key name and key id."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]

    def format(self) -> str:
        """Return the note as text."""
        lines = [
            f"— {name} {base64.b64encode(id_ + signature).decode()}\n"
            for name, id_, signature in self.signatures
        ]
        return f"{self.text}\n{''.join(lines)}"

    def verify(self, keys: Iterable[NoteKey]) -> NoteKey:
        """Return the first of `keys` that signed the note.

        Raises:
            BadSignature: none of them signed it, or a signature by one of them is wrong.
        """
        known = {(key.name, key.id): key for key in keys}
        signed = []
        for name, id_, signature in self.signatures:
            key = known.get((name, id_))
            if key is not None:
                key.verify(self.text, signature)
                signed.append(key)
        if not signed:
            names = ", ".join(f"{name}+{id_.hex()}" for name, id_, _ in self.signatures)
            raise BadSignature(why=f"it is signed by {names}, which is not a known key")
        return signed[0]


def parse_note(text: str) -> SignedNote:
    """Return a note, without checking its signatures.

    Raises:
        MalformedNote: too long, no signature line, or a control character.
    """
    if len(text.encode()) > MOST_BYTES:
        raise MalformedNote(why=f"it is longer than {MOST_BYTES} bytes")
    if _CONTROL.search(text):
        raise MalformedNote(why="it has a control character")
    body, blank, below = text.rpartition("\n\n")
    if not blank or not below:
        raise MalformedNote(why="it has no signature below an empty line")
    if not below.endswith("\n"):
        raise MalformedNote(why="its last line does not end with a line feed")
    return SignedNote(body + "\n", tuple(_parse_line(line) for line in below[:-1].split("\n")))


def parse_note_key(text: str) -> NoteKey:
    """Return the key of a verifier key (vkey). Raises `MalformedNote`."""
    name, _, rest = text.strip().partition("+")
    id_, _, encoded = rest.partition("+")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raw = b""
    if raw[:1] != _ED25519:
        raise MalformedNote(why=f"{text!r} is not an Ed25519 verifier key")
    key = NoteKey(name, raw[1:])
    if key.id.hex() != id_:
        raise MalformedNote(why=f"the key id of {text!r} is {key.id.hex()}")
    return key


def _parse_line(line: str) -> tuple[str, bytes, bytes]:
    found = _SIGNATURE_LINE.fullmatch(line)
    try:
        raw = base64.b64decode(found[2], validate=True) if found else b""
    except binascii.Error:
        raw = b""
    # One text for one signature: the unused bits at the end of base64 are zero.
    if (
        found is None
        or len(raw) != _ID_BYTES + _SIGNATURE_BYTES
        or base64.b64encode(raw).decode() != found[2]
    ):
        raise MalformedNote(why=f"{line!r} is not a signature line")
    return found[1], raw[:_ID_BYTES], raw[_ID_BYTES:]
