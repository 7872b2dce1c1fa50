"""Hashes of passwords: one form, one cost, whether there is an account or not."""

import unicodedata

from argon2 import extract_parameters

from ledger.accounts import passwords
from ledger.accounts.passwords import hash_password, normalise_otp, verify_password

PASSWORD = "sầu riêng Ri6 chín cây"


def test_an_unknown_account_costs_what_a_known_one_does() -> None:
    known = extract_parameters(hash_password(PASSWORD))
    assert extract_parameters(passwords._make_dummy_hash()) == known
    assert (known.memory_cost, known.time_cost, known.parallelism) == (65_536, 3, 1)
    assert not verify_password(None, PASSWORD)


def test_a_password_has_one_form() -> None:
    kept = hash_password(PASSWORD)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert verify_password(kept, f"\u00a0{unicodedata.normalize(form, PASSWORD)} ")
    assert not verify_password(kept, PASSWORD.upper())
    assert not verify_password(kept, "x" * 100_000)


def test_a_one_time_code_has_separators_or_none() -> None:
    typed = ("123456", "123 456", " 123456\n", "123-456", "１２３４５６", "123\u200b456\u00a0")
    assert {normalise_otp(code) for code in typed} == {"123456"}
    assert normalise_otp("12a456") == "12a456"
