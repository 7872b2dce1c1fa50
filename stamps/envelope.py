"""Envelopes: secrets at rest, encrypted with a passphrase.

Argon2id (RFC 9106, its second recommended setting: 64 MiB, three passes, four lanes) makes a
256-bit key of the passphrase and a salt. AES-256-GCM encrypts the secret, with the envelope's
purpose as associated data, so that an envelope cannot serve another purpose.

Callers pass salt and nonce in: this package has no randomness of its own.

>>> envelope = encrypt_secret(b"secret", "pass phrase", "demo", salt=bytes(16), nonce=bytes(12))
>>> decrypt_secret(envelope, "pass phrase", "demo")
b'secret'
>>> decrypt_secret(envelope, "another", "demo")
Traceback (most recent call last):
    ...
stamps.errors.WrongPassphrase: the passphrase does not open demo
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stamps.errors import WrongPassphrase

FORMAT: Final = "veritem envelope v1"
SALT_BYTES: Final = 16
NONCE_BYTES: Final = 12


def encrypt_secret(
    secret: bytes, passphrase: str, purpose: str, *, salt: bytes, nonce: bytes
) -> dict[str, str]:
    """Return the envelope, a JSON object; salt (16 bytes) and nonce (12) must be fresh, random."""
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, secret, purpose.encode())
    return {
        "format": FORMAT,
        "purpose": purpose,
        "salt": base64.b64encode(salt).decode(),
        "nonce": base64.b64encode(nonce).decode(),
        "sealed": base64.b64encode(sealed).decode(),
    }


def decrypt_secret(envelope: Mapping[str, Any], passphrase: str, purpose: str) -> bytes:
    """Return the secret in an envelope.

    Raises:
        WrongPassphrase: the passphrase or the purpose is another, or the envelope was altered.
    """
    try:
        salt, nonce, sealed = (
            base64.b64decode(envelope[part], validate=True) for part in ("salt", "nonce", "sealed")
        )
        return AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed, purpose.encode())
    except (InvalidTag, HashingError, KeyError, TypeError, ValueError, binascii.Error):
        raise WrongPassphrase(what=purpose) from None


def _key(passphrase: str, salt: bytes) -> bytes:
    return hash_secret_raw(
        passphrase.encode(),
        salt,
        time_cost=3,
        memory_cost=64 * 1024,
        parallelism=4,
        hash_len=32,
        type=Type.ID,
    )
