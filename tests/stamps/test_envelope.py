"""Envelopes: decryption needs the passphrase and the purpose."""

import pytest

from stamps import envelope
from stamps.errors import WrongPassphrase

ENVELOPE = envelope.encrypt_secret(
    b"the master", "a long pass phrase", "opening keys", salt=b"s" * 16, nonce=b"n" * 12
)


def test_the_passphrase_opens_the_envelope() -> None:
    assert envelope.decrypt_secret(ENVELOPE, "a long pass phrase", "opening keys") == b"the master"


@pytest.mark.parametrize(
    ("passphrase", "purpose"),
    [
        ("a long pass phrasE", "opening keys"),
        ("", "opening keys"),
        ("a long pass phrase", "signing keys"),
    ],
)
def test_another_passphrase_or_purpose_is_refused(passphrase: str, purpose: str) -> None:
    with pytest.raises(WrongPassphrase) as refusal:
        envelope.decrypt_secret(ENVELOPE, passphrase, purpose)
    assert refusal.value.what == purpose


@pytest.mark.parametrize("part", ["salt", "nonce", "sealed"])
@pytest.mark.parametrize("value", ["", "AAAA", "not base64!", None])
def test_an_altered_envelope_is_refused(part: str, value: str | None) -> None:
    with pytest.raises(WrongPassphrase):
        envelope.decrypt_secret({**ENVELOPE, part: value}, "a long pass phrase", "opening keys")


def test_the_envelope_does_not_show_the_secret() -> None:
    assert b"the master" not in repr(ENVELOPE).encode()
