"""Secrets of one-time codes at rest: encrypted with a key of the desk.

A sealed secret is the text `v1:KEY_ID:BODY`. `KEY_ID` names the key: eight hexadecimal digits of
its SHA-256. `BODY` is base64url of a fresh nonce (12 bytes) and of AES-256-GCM over the secret;
format and account are associated data, so a secret copied to another account does not open.

Keys are a list: the newest seals, all open. They are asked for at each use, so a key that is added
while a service runs is known to it.

>>> otp = OtpSecrets(lambda: [b"k" * 32])
>>> otp.open("mai", otp.seal("mai", "JBSWY3DPEHPK3PXP"))
'JBSWY3DPEHPK3PXP'
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chained_rows import record_row_change
from stamps.errors import VeritemError

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FORMAT: Final = "v1"

LoadKeys = Callable[[], Sequence[bytes]]
"""Returns keys of 32 bytes, the newest first."""


class OtpSecretLocked(VeritemError):
    """There is no key for the secret of an account's one-time codes, or it was altered."""

    code = "otp-secret-locked"
    message = "the one-time codes of {account} can not be used: {why}"


def no_keys() -> Sequence[bytes]:
    """No key: secrets can neither be sealed nor opened."""
    return ()


def get_key_id(key: bytes) -> str:
    """Return the name of a key, which says nothing about it: 8 hexadecimal digits."""
    return hashlib.sha256(b"veritem otp key " + key).hexdigest()[:8]


class OtpSecrets:
    """Seals and opens the secrets of one-time codes."""

    def __init__(self, load_keys: LoadKeys) -> None:
        self._load_keys = load_keys

    def seal(self, account: str, secret: str) -> str:
        """Return the secret (base32) encrypted with the newest key. Raises `OtpSecretLocked`."""
        keys = self._load_keys()
        if not keys:
            raise OtpSecretLocked(account=account, why="this process has no key of the desk")
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + AESGCM(keys[0]).encrypt(nonce, secret.encode(), _bind(account))
        return f"{_FORMAT}:{get_key_id(keys[0])}:{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, account: str, stored: str) -> str:
        """Return the secret that was sealed for this account. Raises `OtpSecretLocked`.

        A secret of before, which is not sealed, is returned as it is.
        """
        if not _is_sealed(stored):
            return stored
        key_id, _, body = stored.removeprefix(f"{_FORMAT}:").partition(":")
        key = next((key for key in self._load_keys() if get_key_id(key) == key_id), None)
        if key is None:
            raise OtpSecretLocked(account=account, why=f"the desk's key {key_id} is missing")
        try:
            sealed = base64.urlsafe_b64decode(body)
            nonce, sealed = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return AESGCM(key).decrypt(nonce, sealed, _bind(account)).decode()
        except (InvalidTag, ValueError, binascii.Error):
            raise OtpSecretLocked(account=account, why="the stored secret was altered") from None

    def reseal(self, account: str, stored: str) -> str | None:
        """Return the secret under the newest key; None if it is. Raises `OtpSecretLocked`."""
        keys = self._load_keys()
        if keys and stored.startswith(f"{_FORMAT}:{get_key_id(keys[0])}:"):
            return None
        return self.seal(account, self.open(account, stored))


async def find_outdated(connection: AsyncConnection, otp: OtpSecrets) -> dict[str, str]:
    """Return what the newest key makes of each account's secret that it did not seal."""
    staff = schema.staff
    query = select(staff.c.id, staff.c.otp_secret).where(staff.c.otp_secret.is_not(None))
    found = await connection.execute(query)
    resealed = {row.id: otp.reseal(row.id, row.otp_secret) for row in found}
    return {id_: text for id_, text in resealed.items() if text is not None}


async def reseal_accounts(
    connection: AsyncConnection, otp: OtpSecrets, *, actor: str, at: int
) -> int:
    """Seal all secrets with the newest key in the caller's transaction; return how many changed."""
    staff, outdated = schema.staff, await find_outdated(connection, otp)
    for id_, text in outdated.items():
        await connection.execute(update(staff).where(staff.c.id == id_).values(otp_secret=text))
        await record_row_change(connection, staff, id_, at=at, actor=actor, action="staff.otp-seal")
    return len(outdated)


def _is_sealed(stored: str) -> bool:
    """Whether this is no base32, which has no colon."""
    return stored.startswith(f"{_FORMAT}:")


def _bind(account: str) -> bytes:
    return f"veritem otp {_FORMAT} {account}".encode()
