"""Signatures of stamps: anyone with the public keys verifies the origin offline."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from stamps import signature
from stamps.code import ALPHABET
from stamps.errors import BadSignature
from stamps.signature import MESSAGE_PREFIX, PublicKeys

GOLDEN = json.loads((Path(__file__).parents[1] / "vectors" / "codes-v1.json").read_text())
SIGNER = Ed25519PrivateKey.from_private_bytes(b"a test signing key of 32 bytes !")
KEYS = PublicKeys({3: SIGNER.public_key().public_bytes_raw()})
CODE = "3" + "0123456789ABCDEFGHJ"


def signed(code: str) -> str:
    return signature.encode_signature(SIGNER.sign(MESSAGE_PREFIX + code.encode()))


@pytest.mark.parametrize("vector", GOLDEN["signatures"], ids=lambda v: v["code"])
def test_golden_signatures_verify(vector: dict[str, str]) -> None:
    keys = PublicKeys.from_jwks({"keys": [vector["jwk"]]})
    keys.verify(vector["code"], vector["signature"])


@given(st.binary(min_size=64, max_size=64))
def test_signatures_have_103_characters_and_round_trip(raw: bytes) -> None:
    text = signature.encode_signature(raw)
    assert len(text) == 103
    assert set(text) <= set(ALPHABET)
    assert signature.decode_signature(text) == raw


def test_the_issuers_signature_is_accepted() -> None:
    KEYS.verify(CODE, signed(CODE))


@given(st.integers(0, 102), st.sampled_from(ALPHABET))
def test_a_change_of_any_character_is_refused(at: int, letter: str) -> None:
    good = signed(CODE)
    changed = good[:at] + letter + good[at + 1 :]
    if changed != good:
        with pytest.raises(BadSignature):
            KEYS.verify(CODE, changed)


def test_the_base64url_form_of_gs1_is_accepted() -> None:
    raw = signature.decode_signature(signed(CODE))
    text = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert len(text) == signature.GS1_LENGTH
    KEYS.verify(CODE, text)
    KEYS.verify(CODE, signed(CODE).lower())
    with pytest.raises(BadSignature, match="base64url"):
        KEYS.verify(CODE, "!" + text[1:])


def test_a_signature_is_refused_for_another_code() -> None:
    with pytest.raises(BadSignature, match="not made by the issuer's key"):
        KEYS.verify("3" + "0123456789ABCDEFGHK", signed(CODE))


def test_an_epoch_without_a_public_key_is_refused_by_number() -> None:
    with pytest.raises(BadSignature, match="no public key of epoch 4"):
        KEYS.verify("4" + CODE[1:], signed(CODE))


@pytest.mark.parametrize("text", ["", "0" * 102, "0" * 104, "U" * 103, "0" * 102 + "1", "é" * 103])
def test_malformed_signatures_are_refused(text: str) -> None:
    with pytest.raises(BadSignature):
        KEYS.verify(CODE, text)


def test_the_published_key_set_round_trips() -> None:
    document = KEYS.to_jwks()
    assert document["keys"][0]["kid"] == "epoch-3"
    PublicKeys.from_jwks(document).verify(CODE, signed(CODE))


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"keys": [{}]},
        {"keys": [{"kty": "RSA", "crv": "x", "kid": "epoch-1", "x": ""}]},
        {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "epoch-99", "x": "AA"}]},
        {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "epoch-1", "x": "AA"}]},
    ],
)
def test_an_invalid_key_set_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(BadSignature, match="cannot be read"):
        PublicKeys.from_jwks(document)


def test_keys_of_another_use_are_published_and_sign_no_stamp() -> None:
    (stamp_key,) = KEYS.to_jwks()["keys"]
    other = {**stamp_key, "use": "veritem-heads", "kid": "tem.example/l1+00000000"}
    published = PublicKeys.from_jwks({"keys": [other, stamp_key]})
    assert published.to_jwks()["keys"] == [stamp_key, other]
    assert KEYS.add_others([other]).to_jwks() == published.to_jwks()
    published.verify(CODE, signed(CODE))
    disguised = {**stamp_key, "use": "veritem-heads"}
    with pytest.raises(BadSignature, match="no public key of epoch"):
        PublicKeys.from_jwks({"keys": [disguised]}).verify(CODE, signed(CODE))
