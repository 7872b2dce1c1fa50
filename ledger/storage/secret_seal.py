"""Seal of secrets at rest: encrypted with keys of a service, bound to a purpose and an owner.

A sealed secret is the text `v1:KEY_ID:BODY`. `KEY_ID` names the key: eight hexadecimal digits of
its SHA-256. `BODY` is base64url of a fresh nonce (12 bytes) and of AES-256-GCM over the secret;
purpose, format and owner are associated data, so a secret copied to another owner does not open.

Keys are a list: the newest seals, all open. They are asked for at each use, so a key that is added
while a service runs is known to it.

>>> seal = SecretSeal("webhook", lambda: [b"k" * 32])
>>> seal.open("wh_1", seal.seal("wh_1", "whsec_x"))
'whsec_x'
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stamps.errors import VeritemError

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FORMAT: Final = "v1"

LoadKeys = Callable[[], Sequence[bytes]]
"""Returns keys of 32 bytes, the newest first."""


class SecretLocked(VeritemError):
    """There is no key for a sealed secret, or it was altered."""

    code = "secret-locked"
    message = "the secret of {owner} cannot be used: {why}"


def no_keys() -> Sequence[bytes]:
    """No key: secrets can neither be sealed nor opened."""
    return ()


def name_key(purpose: str, key: bytes) -> str:
    """Return the name of a key, which says nothing about it: 8 hexadecimal digits."""
    return hashlib.sha256(f"veritem {purpose} key ".encode() + key).hexdigest()[:8]


class SecretSeal:
    """Seals and opens the secrets of one purpose."""

    def __init__(self, purpose: str, load_keys: LoadKeys) -> None:
        self._purpose = purpose
        self._load_keys = load_keys

    def seal(self, owner: str, secret: str) -> str:
        """Return the secret encrypted with the newest key. Raises `SecretLocked`."""
        keys = self._load_keys()
        if not keys:
            raise SecretLocked(owner=owner, why="this process has no key of the desk")
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + AESGCM(keys[0]).encrypt(nonce, secret.encode(), self._bind(owner))
        body = base64.urlsafe_b64encode(sealed).decode()
        return f"{_FORMAT}:{name_key(self._purpose, keys[0])}:{body}"

    def open(self, owner: str, stored: str) -> str:
        """Return the secret that was sealed for this owner. Raises `SecretLocked`."""
        key_id, _, body = stored.removeprefix(f"{_FORMAT}:").partition(":")
        named = {name_key(self._purpose, key): key for key in self._load_keys()}
        key = named.get(key_id)
        if key is None:
            raise SecretLocked(owner=owner, why=f"the desk's key {key_id} is missing")
        try:
            sealed = base64.urlsafe_b64decode(body)
            nonce, sealed = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return AESGCM(key).decrypt(nonce, sealed, self._bind(owner)).decode()
        except (InvalidTag, ValueError, binascii.Error):
            raise SecretLocked(owner=owner, why="the stored secret was altered") from None

    def is_sealed(self, stored: str) -> bool:
        """Whether a text is a sealed secret."""
        return stored.startswith(f"{_FORMAT}:")

    def is_current(self, stored: str) -> bool:
        """Whether the newest key sealed a secret."""
        keys = self._load_keys()
        return bool(keys) and stored.startswith(f"{_FORMAT}:{name_key(self._purpose, keys[0])}:")

    def _bind(self, owner: str) -> bytes:
        return f"veritem {self._purpose} {_FORMAT} {owner}".encode()
