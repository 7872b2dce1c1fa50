"""Staff accounts: sign-in, one-time codes, sessions and tokens."""

import unicodedata
from dataclasses import replace

import pyotp
import pytest
from sqlalchemy import text, update

from ledger import Ledger, Organisation, Staff, schema
from ledger.errors import AlreadyExists, UnknownRow
from ledger.staff_errors import UnknownStaff, UnknownToken, WeakPassword, WrongCredentials
from ledger.storage.store import Store
from tests.accounts import grant_role_to
from tests.ledger.conftest import NOW, Clock

pytestmark = pytest.mark.usefixtures("quick_passwords")

PASSWORD = "sầu riêng Ri6 chín cây"
LATER = NOW + 90 * 86_400_000
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


async def mai(ledger: Ledger, otp_secret: str | None = None) -> Staff:
    return await ledger.staff.add(
        "mai", name="Nguyễn Thị Mai", role="packer", password=PASSWORD, otp_secret=otp_secret
    )


async def test_an_account_signs_in_with_its_password_alone(ledger: Ledger) -> None:
    account = await mai(ledger)
    assert (account.role, account.has_otp, account.disabled) == ("packer", False, False)
    assert await ledger.staff.sign_in("mai", PASSWORD) == account
    assert await ledger.staff.get("mai") == account
    assert await ledger.staff.list() == [account]
    with pytest.raises(WrongCredentials):
        await ledger.staff.sign_in("mai", PASSWORD + "!")


async def test_the_error_does_not_tell_a_wrong_name_from_a_wrong_password(ledger: Ledger) -> None:
    await mai(ledger)
    told = []
    for name, password in (("mai", "x" * 12), ("nobody", PASSWORD), ("mai", "x" * 5000)):
        with pytest.raises(WrongCredentials) as refusal:
            await ledger.staff.sign_in(name, password)
        told.append((str(refusal.value), refusal.value.evidence))
    assert len({text for text, _ in told}) == 1
    assert all(evidence == {} for _, evidence in told)


async def test_passwords_are_stored_as_argon2id_only(ledger: Ledger, url: str) -> None:
    await mai(ledger)
    store = Store(url)
    async with store.read() as connection:
        kept = await connection.scalar(schema.staff.select().with_only_columns(
            schema.staff.c.password_hash
        ))  # fmt: skip
    await store.close()
    assert str(kept).startswith("$argon2id$")
    assert PASSWORD not in str(kept)


async def test_a_password_that_is_easily_guessed_is_refused(ledger: Ledger) -> None:
    with pytest.raises(WeakPassword):
        await ledger.staff.add("mai", name="Mai", role="packer", password="Veritem@2026")
    assert await ledger.staff.list() == []
    await mai(ledger)
    with pytest.raises(WeakPassword):
        await ledger.staff.set_password("mai", "nguyễn thị mai", actor="mai")
    with pytest.raises(WeakPassword):
        await ledger.staff.check_new_password("mai", "short")
    await ledger.staff.sign_in("mai", PASSWORD)


async def test_both_unicode_forms_and_blanks_at_the_ends_are_one_password(ledger: Ledger) -> None:
    composed = unicodedata.normalize("NFC", PASSWORD)
    decomposed = unicodedata.normalize("NFD", PASSWORD)
    assert composed != decomposed
    for stored, typed in ((composed, decomposed), (decomposed + " ", composed)):
        account = "mai" if stored == composed else "an"
        await ledger.staff.add(account, name="x", role="packer", password=stored)
        for form in (typed, f" {typed}\u00a0", stored):
            await ledger.staff.sign_in(account, form)


async def test_a_name_is_unique_and_its_organisation_known(ledger: Ledger) -> None:
    await mai(ledger)
    with pytest.raises(AlreadyExists, match="staff account mai"):
        await mai(ledger)
    with pytest.raises(UnknownRow, match="organisation nowhere"):
        await ledger.staff.add(
            "an", name="An", role="packer", password=PASSWORD, organisation="nowhere"
        )
    await ledger.organisations.add(Organisation("tan-phuoc", "packer", "Tân Phước"))
    an = await ledger.staff.add(
        "an", name="An", role="packer", password=PASSWORD, organisation="tan-phuoc"
    )
    assert an.organisation == "tan-phuoc"
    for name, role in (("Ân", "packer"), ("", "packer"), ("a_b", "packer"), ("ok", "king")):
        with pytest.raises(ValueError, match=r"account name|role"):
            await ledger.staff.add(name, name="x", role=role, password=PASSWORD)  # type: ignore[arg-type] # a role that there is not


async def test_a_short_otp_secret_is_refused(ledger: Ledger) -> None:
    for secret in ("JBSWY3DPEHPK3PXP", "not base32!"):
        with pytest.raises(ValueError, match=r"112 bits|base32"):
            await mai(ledger, secret)


async def test_wrong_attempts_neither_lock_an_account_nor_write(ledger: Ledger) -> None:
    await mai(ledger)
    for _ in range(20):
        with pytest.raises(WrongCredentials):
            await ledger.staff.sign_in("mai", "not the password")
    await ledger.staff.sign_in("mai", PASSWORD)
    assert [e.action for e in await ledger.audit.list_after()] == ["staff.add", "staff.sign-in"]


async def test_a_one_time_code_is_required_and_works_once(ledger: Ledger, clock: Clock) -> None:
    await mai(ledger, SECRET)
    totp = pyotp.TOTP(SECRET)
    code = totp.at(clock.now // 1000)
    for wrong in (None, "", "000000"):
        with pytest.raises(WrongCredentials):
            await ledger.staff.sign_in("mai", PASSWORD, wrong)
    assert (await ledger.staff.sign_in("mai", PASSWORD, code)).has_otp
    with pytest.raises(WrongCredentials):
        await ledger.staff.sign_in("mai", PASSWORD, code)
    clock.now += 30_000
    code = totp.at(clock.now // 1000)
    assert await ledger.staff.is_otp_right("mai", code)
    assert not await ledger.staff.is_otp_right("nobody", code)
    with pytest.raises(WrongCredentials):
        await ledger.staff.sign_in("mai", "not the password", code)
    await ledger.staff.sign_in("mai", PASSWORD, f"{code[:3]} {code[3:]}\u00a0")
    assert not await ledger.staff.is_otp_right("mai", code)


async def test_a_disabled_account_loses_sign_in_sessions_and_tokens(
    ledger: Ledger,
) -> None:
    account = await mai(ledger)
    _, text = await ledger.tokens.create("mai", label="cân", actor="mai", expires_at=LATER)
    gone = await ledger.staff.disable("mai", actor="admin")
    assert gone == replace(account, disabled=True, generation=1)
    with pytest.raises(WrongCredentials):
        await ledger.staff.sign_in("mai", PASSWORD)
    with pytest.raises(UnknownToken):
        await ledger.tokens.get_account(text)
    await grant_role_to(ledger, "mai", "packer")
    assert not (await ledger.staff.get("mai")).disabled


async def test_signing_out_and_a_new_password_end_the_sessions(ledger: Ledger) -> None:
    await mai(ledger)
    await ledger.staff.end_sessions("mai")
    assert (await ledger.staff.get("mai")).generation == 1
    assert (
        await ledger.staff.set_password("mai", "măng cụt Lái Thiêu", actor="mai")
    ).generation == 2
    with pytest.raises(WrongCredentials):
        await ledger.staff.sign_in("mai", PASSWORD)
    await ledger.staff.sign_in("mai", "măng cụt Lái Thiêu")


async def test_an_identity_is_confirmed_by_password_and_one_time_code(
    ledger: Ledger, clock: Clock
) -> None:
    await mai(ledger, SECRET)
    code = pyotp.TOTP(SECRET).at(clock.now // 1000)
    for password, otp in (("not the password", code), (PASSWORD, None), (PASSWORD, "000000")):
        with pytest.raises(WrongCredentials):
            await ledger.staff.confirm_identity("mai", password, otp)
    assert (await ledger.staff.confirm_identity("mai", PASSWORD, code)).id == "mai"


async def test_a_new_password_revokes_the_tokens(ledger: Ledger, clock: Clock) -> None:
    account = await mai(ledger)
    _, text = await ledger.tokens.create("mai", label="ERP", actor="mai", expires_at=LATER)
    clock.now += 1000
    await ledger.staff.set_password("mai", "măng cụt Lái Thiêu", actor="mai")
    with pytest.raises(UnknownToken):
        await ledger.tokens.get_account(text)
    (revoked,) = await ledger.tokens.list_of_account("mai")
    assert revoked.revoked_at == clock.now
    with pytest.raises(WrongCredentials):  # the identity was confirmed before the change
        await ledger.tokens.create(
            "mai", label="x", actor="mai", expires_at=LATER, generation=account.generation
        )
    with pytest.raises(WrongCredentials):
        await ledger.staff.set_password(
            "mai", "chôm chôm Long Khánh", actor="mai", generation=account.generation
        )
    assert (await ledger.audit.verify()).ok


async def test_a_token_is_valid_until_it_expires_or_is_revoked(
    ledger: Ledger, clock: Clock
) -> None:
    await mai(ledger)
    kept, text = await ledger.tokens.create("mai", label="ERP", actor="mai", expires_at=LATER)
    brief, soon = await ledger.tokens.create(
        "mai", label="máy cân", actor="mai", expires_at=NOW + 1000
    )
    assert (await ledger.tokens.get_account(text)).id == "mai"
    assert (await ledger.tokens.get_account(soon)).id == "mai"
    clock.now += 1000
    with pytest.raises(UnknownToken):
        await ledger.tokens.get_account(soon)
    assert {t.id for t in await ledger.tokens.list_of_account("mai")} == {kept.id, brief.id}
    with pytest.raises(UnknownRow):
        await ledger.tokens.revoke(kept.id, staff="an", actor="an")
    await ledger.tokens.revoke(kept.id, staff="mai", actor="mai")
    await ledger.tokens.revoke(kept.id, staff="mai", actor="mai")
    with pytest.raises(UnknownToken):
        await ledger.tokens.get_account(text)
    for wrong in ("", "vtm_", text[:-1], text[:-1] + "!", f"vtm_{kept.id}_{'A' * 43}"):
        with pytest.raises(UnknownToken):
            await ledger.tokens.get_account(wrong)


async def test_unknown_accounts_are_refused(ledger: Ledger) -> None:
    for call in (
        ledger.staff.get("x"),
        ledger.staff.end_sessions("x"),
        ledger.staff.disable("x", actor="y"),
        ledger.staff.set_password("x", PASSWORD, actor="y"),
        ledger.tokens.create("x", label="", actor="y", expires_at=LATER),
    ):
        with pytest.raises(UnknownStaff):
            await call


async def test_a_role_changed_in_the_database_is_found(ledger: Ledger, url: str) -> None:
    await mai(ledger)
    await ledger.staff.sign_in("mai", PASSWORD)
    await ledger.tokens.create("mai", label="ERP", actor="mai", expires_at=LATER)
    assert (await ledger.audit.verify()).ok
    store = Store(url)
    async with store.append() as connection:
        if not store.is_sqlite:  # or a trigger asks for two people
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(update(schema.staff).values(role="authority"))
    await store.close()
    assert [str(p) for p in (await ledger.audit.verify()).problems] == ["staff mai: was edited"]
