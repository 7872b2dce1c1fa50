"""Secrets of one-time codes at rest: encrypted with a key of the desk (`secret_seal`).

A secret is bound to its account, so one that is copied to another account does not open.

>>> otp = OtpSecrets(lambda: [b"k" * 32])
>>> otp.open("mai", otp.seal("mai", "JBSWY3DPEHPK3PXP"))
'JBSWY3DPEHPK3PXP'
"""

from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_row_change
from ledger.storage.secret_seal import LoadKeys, SecretLocked, SecretSeal, name_key
from stamps.errors import VeritemError

_PURPOSE: Final = "otp"


class OtpSecretLocked(VeritemError):
    """There is no key for the secret of an account's one-time codes, or it was altered."""

    code = "otp-secret-locked"
    message = "the one-time codes of {account} cannot be used: {why}"


def get_key_id(key: bytes) -> str:
    """Return the name of a key: 8 hexadecimal digits."""
    return name_key(_PURPOSE, key)


class OtpSecrets:
    """Seals and opens the secrets of one-time codes."""

    def __init__(self, load_keys: LoadKeys) -> None:
        self._seal = SecretSeal(_PURPOSE, load_keys)

    def seal(self, account: str, secret: str) -> str:
        """Return the secret (base32) encrypted with the newest key. Raises `OtpSecretLocked`."""
        try:
            return self._seal.seal(account, secret)
        except SecretLocked as locked:
            raise OtpSecretLocked(account=account, why=locked.evidence["why"]) from locked

    def open(self, account: str, stored: str) -> str:
        """Return the secret that was sealed for this account. Raises `OtpSecretLocked`.

        A secret of before, which is not sealed, is returned as it is.
        """
        if not self._seal.is_sealed(stored):  # base32 has no colon
            return stored
        try:
            return self._seal.open(account, stored)
        except SecretLocked as locked:
            raise OtpSecretLocked(account=account, why=locked.evidence["why"]) from locked

    def reseal(self, account: str, stored: str) -> str | None:
        """Return the secret under the newest key; None if it is. Raises `OtpSecretLocked`."""
        if self._seal.is_current(stored):
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
