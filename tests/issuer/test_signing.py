"""Signatures are deterministic, and each has one purpose."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer import NoSigningKey, Signer
from stamps import detached_signature
from stamps.errors import BadSignature
from stamps.signature import MESSAGE_PREFIX, PublicKeys, encode_signature
from tests.issuer.world import SEED, ring, signer

VECTORS = Path(__file__).parents[1] / "vectors" / "issuer-v1.json"


def test_public_keys_are_those_of_rfc_8032() -> None:
    # Section 7.1, test 1: the seed and its public key.
    seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    (key,) = Signer({3: bytes.fromhex(seed)}).public_keys().to_jwks()["keys"]
    assert base64.urlsafe_b64decode(key["x"] + "=") == bytes.fromhex(public)
    assert key["kid"] == "epoch-3"


def test_golden_signatures_are_made_again() -> None:
    vectors = json.loads(VECTORS.read_text())
    seed = bytes.fromhex(vectors["seed"])
    for row in vectors["signatures"]:
        made = Signer({row["epoch"]: seed}).sign_codes(np.array([row["code"].encode()]))
        assert made[0].decode() == row["signature"]


@given(st.integers(0, 2**24 - 1), st.integers(0, 2**24 - 200), st.integers(0, 200))
def test_every_signature_verifies_for_its_code_only(batch: int, lo: int, count: int) -> None:
    codes = ring().seal(batch, lo, lo + count)
    signatures = signer().sign_codes(codes)
    assert signatures.dtype == np.dtype("S103")
    assert signatures.shape == codes.shape
    keys = signer().public_keys()
    for at in {0, count // 2, count - 1} if count else ():
        keys.verify(codes[at].decode(), signatures[at].decode())
        with pytest.raises(BadSignature):
            keys.verify(codes[at].decode(), signatures[at - 1].decode() if count > 1 else "0" * 103)


def test_more_codes_than_a_piece_are_signed_in_order() -> None:
    codes = ring().seal(1, 0, 20_000)
    signatures = signer().sign_codes(codes)
    keys = signer().public_keys()
    for at in (0, 16_383, 16_384, 19_999):
        keys.verify(codes[at].decode(), signatures[at].decode())


def test_codes_of_an_epoch_without_a_key_and_of_several_epochs_are_refused() -> None:
    codes = np.concatenate([ring(0).seal(1, 0, 1), ring(1).seal(1, 0, 1)])
    with pytest.raises(NoSigningKey) as refusal:
        signer(0).sign_codes(codes[1:])
    assert refusal.value.epoch == 1
    with pytest.raises(ValueError, match="several epochs"):
        signer(0, 1).sign_codes(codes)
    with pytest.raises(NoSigningKey):
        signer(0).require_key(1)


def test_a_manifest_signature_does_not_verify_for_a_stamp() -> None:
    code = ring().seal(1, 0, 1)[0]
    assert not detached_signature.PREFIX.startswith(MESSAGE_PREFIX)
    raw = base64.urlsafe_b64decode(signer().sign_manifest(0, code)["signature"] + "==")
    with pytest.raises(BadSignature):
        signer().public_keys().verify(code.decode(), encode_signature(raw))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"alg": "none"}, "alg"),
        ({"kid": "epoch-1"}, "epoch 1"),
        ({"signature": "A" * 86}, "issuer's key"),
        ({"signature": "AAAA"}, "issuer's key"),
        ({"signature": "%%%"}, "cannot be read"),
        ({"signature": None}, "cannot be read|issuer's key"),
        ({"signature": 7}, "cannot be read|issuer's key"),
    ],
)
def test_an_altered_detached_signature_is_refused(change: dict[str, object], why: str) -> None:
    keys = signer().public_keys()
    good = signer().sign_manifest(0, b"{}")
    detached_signature.verify_detached(b"{}", good, keys, 0)
    with pytest.raises(BadSignature, match=why):
        detached_signature.verify_detached(b"{}", {**good, **change}, keys, 0)


def test_a_missing_signature_an_unknown_key_and_other_bytes_are_refused() -> None:
    good = signer().sign_manifest(0, b"{}")
    for signature, keys, document in (
        (None, signer().public_keys(), b"{}"),
        ("", signer().public_keys(), b"{}"),
        (good, PublicKeys({}), b"{}"),
        (good, Signer({0: SEED[::-1]}).public_keys(), b"{}"),
        (good, signer().public_keys(), b"{ }"),
    ):
        with pytest.raises(BadSignature):
            detached_signature.verify_detached(document, signature, keys, 0)
