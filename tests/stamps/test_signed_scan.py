"""Signed scans and enrolments: one fixed text a document, and nothing else is read."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from stamps.compact_jws import MalformedJws, parse_compact, sign_compact
from stamps.device_enrolment import (
    MalformedEnrolment,
    format_enrolment_code,
    parse_enrolment,
    parse_enrolment_code,
    sign_enrolment,
)
from stamps.signed_scan import MalformedScan, SignedPlace, parse_signed_scan, sign_scan

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
DEVICE, CODE, AT, NONCE = "0123456789ab", "0123456789ABCDEFGHJK", 1_789_200_000_000, bytes(16)

SIGNED = (
    "eyJhbGciOiJFZERTQSIsInR5cCI6InZlcml0ZW0tc2NhbiIsImtpZCI6IjAxMjM0NTY3ODlhYiJ9."
    "eyJjb2RlIjoiMDEyMzQ1Njc4OUFCQ0RFRkdISksiLCJhdCI6IjIwMjYtMDktMTJUMDg6MDA6MDBaIiwibm9uY2UiOiJB"
    "QUFBQUFBQUFBQUFBQUFBQUFBQUFBIiwicGxhY2UiOm51bGx9."
)
"""Header and payload that devices in the field sign; RFC 8032 makes the signature from them."""


def encode(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def test_a_scan_has_one_text() -> None:
    text = sign_scan(KEY, DEVICE, CODE, AT, NONCE)
    assert text.startswith(SIGNED)
    scan = parse_signed_scan(text)
    assert (scan.device, scan.code, scan.at, scan.nonce) == (DEVICE, CODE, AT, NONCE)
    assert scan.is_signed_by(PUBLIC)
    assert not scan.is_signed_by(bytes(32))


def test_the_id_follows_from_device_and_nonce_alone() -> None:
    first = parse_signed_scan(sign_scan(KEY, DEVICE, CODE, AT, NONCE)).scan_id
    later = parse_signed_scan(sign_scan(KEY, DEVICE, "0" * 20, AT + 1, NONCE)).scan_id
    other = parse_signed_scan(sign_scan(KEY, "0" * 12, CODE, AT, NONCE)).scan_id
    assert first == later != other
    assert len(first) == 16


@pytest.mark.parametrize("alg", ["Ed25519", "EdDSA"])
def test_both_names_of_the_algorithm_are_read(alg: str) -> None:
    signed = f"{encode({'alg': alg, 'typ': 'x'})}.{encode({})}"
    text = f"{signed}.{encode(KEY.sign(signed.encode()))}"
    assert parse_compact(text, "x").verify(PUBLIC)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": "x"},
        {"alg": "HS256", "typ": "x"},
        {"alg": None, "typ": "x"},
        {"alg": ["EdDSA"], "typ": "x"},
        {"alg": "EdDSA"},
        {"alg": "EdDSA", "typ": "x", "crit": ["b64"], "b64": False},
        {"alg": "EdDSA", "typ": "x", "jku": "https://evil.example/"},
        [],
        "x",
    ],
)
def test_other_headers_are_refused(header: Any) -> None:
    with pytest.raises(MalformedJws):
        parse_compact(f"{encode(header)}.{encode({})}.{encode(bytes(64))}", "x")


@given(st.text(max_size=300) | st.binary(max_size=200).map(encode))
def test_no_text_raises_anything_else(text: str) -> None:
    for attempt in (text, f"{text}.{text}.{'A' * 86}", f"{encode({})}.{text}.{'A' * 86}"):
        with pytest.raises(MalformedScan):
            parse_signed_scan(attempt)
        with pytest.raises(MalformedEnrolment):
            parse_enrolment(attempt)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(st.fixed_dictionaries({"code": _JSON, "at": _JSON, "nonce": _JSON, "place": _JSON}))
def test_no_payload_raises_anything_else(payload: dict[str, Any]) -> None:
    text = f"{encode({'alg': 'EdDSA', 'typ': 'veritem-scan', 'kid': DEVICE})}.{encode(payload)}"
    with pytest.raises(MalformedScan):
        parse_signed_scan(f"{text}.{'A' * 86}")


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 1e7))
def test_every_place_is_signed_in_the_precision_that_is_stored(
    lat: float, lon: float, accuracy: float
) -> None:
    text = sign_scan(KEY, DEVICE, CODE, AT, NONCE, SignedPlace(lat, lon, accuracy))
    place = parse_signed_scan(text).place
    assert place == SignedPlace(round(lat, 2), round(lon, 2), accuracy)


def test_an_enrolment_proves_that_its_sender_holds_the_key() -> None:
    text = sign_enrolment(KEY, "7k3m 9q2r-xOva")
    request = parse_enrolment(text)
    assert (request.code, request.public_key) == ("7K3M9Q2RX0VA", PUBLIC)
    _, payload, signature = text.split(".")
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": encode(bytes(32))}
    stolen = encode({"alg": "EdDSA", "typ": "veritem-enrolment", "jwk": jwk})
    with pytest.raises(MalformedEnrolment, match="not signed by the key"):
        parse_enrolment(f"{stolen}.{payload}.{signature}")


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        {},
        {"kty": "EC", "crv": "P-256", "x": encode(PUBLIC)},
        {"kty": "OKP", "crv": "X25519", "x": encode(PUBLIC)},
        {"kty": "OKP", "crv": "Ed25519", "x": encode(PUBLIC) + "="},
        {"kty": "OKP", "crv": "Ed25519", "x": 7},
    ],
)
def test_other_keys_are_refused(jwk: Any) -> None:
    with pytest.raises(MalformedEnrolment):
        parse_enrolment(sign_compact("veritem-enrolment", {"code": "0" * 12}, KEY, jwk=jwk))


@pytest.mark.parametrize("code", [None, 7, "", "0" * 11, "0" * 13, "U" * 12, "\ud800" * 12])
def test_other_codes_are_refused(code: Any) -> None:
    with pytest.raises(MalformedEnrolment):
        parse_enrolment(sign_enrolment(KEY, code))


@given(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=12, max_size=12))
def test_a_code_is_read_as_it_is_shown(code: str) -> None:
    shown = format_enrolment_code(code)
    for typed in (shown, shown.lower(), shown.replace("-", " "), f" {shown}\n"):
        assert parse_enrolment_code(typed) == code
