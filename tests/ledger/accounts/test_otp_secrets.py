"""Secrets of one-time codes are encrypted at rest, each for its account, under keys that rotate."""

import pytest
from sqlalchemy import text

from ledger import Ledger, open_ledger
from ledger.accounts.otp_secrets import OtpSecretLocked, OtpSecrets, get_key_id
from ledger.storage.store import Store

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "sầu riêng Ri6 chín cây"
OLD, NEW = b"o" * 32, b"n" * 32


@pytest.mark.parametrize(
    ("keys", "account", "why"),
    [
        ([NEW], "mai", f"key {get_key_id(OLD)} is missing"),
        ([], "mai", "is missing"),
        ([OLD], "thanh", "was altered"),
    ],
)
def test_a_secret_opens_with_its_key_for_its_account(
    keys: list[bytes], account: str, why: str
) -> None:
    sealed = OtpSecrets(lambda: [OLD]).seal("mai", SECRET)
    assert SECRET not in sealed
    assert OtpSecrets(lambda: [NEW, OLD]).open("mai", sealed) == SECRET
    with pytest.raises(OtpSecretLocked, match=why):
        OtpSecrets(lambda: keys).open(account, sealed)


@pytest.mark.parametrize("end", ["A", "B", "é"])
def test_a_secret_with_another_last_character_is_refused(end: str) -> None:
    otp = OtpSecrets(lambda: [OLD])
    sealed = otp.seal("mai", SECRET)
    while sealed.endswith(end):  # each seal has a nonce of its own, so the end is by chance
        sealed = otp.seal("mai", SECRET)
    with pytest.raises(OtpSecretLocked, match="was altered"):
        otp.open("mai", sealed[:-1] + end)


async def stored(url: str) -> str:
    store = Store(url)
    async with store.read() as connection:
        found = await connection.scalar(text("SELECT otp_secret FROM staff WHERE id = 'mai'"))
    await store.close()
    return str(found)


async def test_secrets_of_before_and_of_older_keys_are_sealed_anew(url: str) -> None:
    keys: list[bytes] = []
    async with await open_ledger(url, otp_keys=lambda: keys) as ledger:
        new = {"name": "Mai", "role": "packer", "password": PASSWORD}
        with pytest.raises(OtpSecretLocked, match="no key"):
            await ledger.staff.add("mai", **new, otp_secret=SECRET)  # type: ignore[arg-type]
        await ledger.staff.add("mai", **new)  # type: ignore[arg-type]
        await _write_plain(ledger, url)
        for newest in (OLD, NEW):
            keys.insert(0, newest)
            assert await ledger.staff.seal_otp_secrets() == 1
            assert await ledger.staff.seal_otp_secrets() == 0
            kept = await stored(url)
            assert kept.startswith(f"v1:{get_key_id(newest)}:")
            assert OtpSecrets(lambda newest=newest: [newest]).open("mai", kept) == SECRET  # type: ignore[misc]
        assert (await ledger.audit.verify()).ok
        assert (await ledger.staff.get("mai")).has_otp


async def _write_plain(ledger: Ledger, url: str) -> None:
    """The account as an installation of before has it: its secret in plain text."""
    store = Store(url)
    async with store.append() as connection:
        await connection.execute(text(f"UPDATE staff SET otp_secret = '{SECRET}'"))  # noqa: S608
    await store.close()
    await ledger.staff.disable("mai", actor="system")  # the audit log names the row as it is now
