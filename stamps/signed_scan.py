"""Signed scan: one scan of one stamp, signed by a device that is enrolled to a named account.

A compact JWS (`stamps.compact_jws`) of type `veritem-scan`; `kid` is the device's id. Its payload:

    code    the stamp's canonical code: 20 characters
    at      when the device scanned it: RFC 3339
    nonce   16 random bytes, base64url: 22 characters
    place   {"lat", "lon", "accuracy_m"} or {"province"} or null

The ledger keeps the JWS, so degrees have at most two decimals (1.1 km): no more may be stored
than the ward. The id of the scan follows from device and nonce; so the same signed scan, however
often it is sent, is one scan.

>>> from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
>>> key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
>>> place = SignedPlace(lat=21.03, lon=105.85, accuracy_m=30.0)
>>> text = sign_scan(key, "0123456789ab", "0" * 20, 1790000000000, b"n" * 16, place)
>>> scan = parse_signed_scan(text)
>>> scan.device, scan.at, scan.place == place
('0123456789ab', 1790000000000, True)
>>> scan.is_signed_by(key.public_key().public_bytes_raw())
True
"""

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from stamps.base64url import encode_base64url
from stamps.code import parse_code
from stamps.compact_jws import (
    CompactJws,
    MalformedJws,
    decode_base64url,
    parse_compact,
    sign_compact,
)
from stamps.errors import MalformedCode, VeritemError
from stamps.timestamps import MalformedTimestamp, format_rfc3339, parse_rfc3339

TYPE: Final = "veritem-scan"
NONCE_BYTES: Final = 16
DECIMALS: Final = 2
"""Decimals of a signed degree."""
_FARTHEST_M: Final = 1e7
_DEVICE: Final = re.compile(r"[0-9a-f]{12}", re.ASCII)


class MalformedScan(VeritemError):
    """The text is not a signed scan."""

    code = "malformed-scan"
    message = "not a signed scan: {why}"


class SignedPlace(NamedTuple):
    """The place in a signed scan: degrees and accuracy, or a province's two digits."""

    lat: float | None = None
    lon: float | None = None
    accuracy_m: float = 100.0
    province: str | None = None


@dataclass(frozen=True, slots=True)
class SignedScan:
    """A parsed scan. Nothing in it is to be believed before `is_signed_by` returns True."""

    device: str
    code: str
    at: int
    nonce: bytes
    place: SignedPlace | None
    jws: CompactJws

    @property
    def scan_id(self) -> bytes:
        """The id of the scan: 16 bytes."""
        return blake2b(self.device.encode() + b"\0" + self.nonce, digest_size=16).digest()

    def is_signed_by(self, public_key: bytes) -> bool:
        """Whether the key (32 bytes) signed the scan."""
        return self.jws.verify(public_key)


def sign_scan(
    key: Ed25519PrivateKey,
    device: str,
    code: str,
    at: int,
    nonce: bytes,
    place: SignedPlace | None = None,
) -> str:
    """Return the signed scan of a canonical code at `at` (ms); degrees are rounded."""
    payload = {
        "code": code,
        "at": format_rfc3339(at),
        "nonce": encode_base64url(nonce),
        "place": _describe_place(place),
    }
    return sign_compact(TYPE, payload, key, kid=device)


def parse_signed_scan(text: str) -> SignedScan:
    """Parse a signed scan; its signature is not checked.

    Raises:
        MalformedScan: another form, or a field that is missing, unknown or out of range.
    """
    try:
        jws = parse_compact(text, TYPE)
    except MalformedJws as error:
        raise MalformedScan(why=error.why) from None
    device, payload = jws.header.get("kid"), jws.payload
    if not isinstance(device, str) or not _DEVICE.fullmatch(device) or "jwk" in jws.header:
        raise MalformedScan(why="its header names no device")
    if set(payload) != {"code", "at", "nonce", "place"}:
        raise MalformedScan(why="it must have code, at, nonce and place, and nothing else")
    nonce = decode_base64url(payload["nonce"], NONCE_BYTES)
    if nonce is None:
        raise MalformedScan(why="its nonce is not 16 bytes of base64url")
    return SignedScan(
        device=device,
        code=_parse_code(payload["code"]),
        at=_parse_time(payload["at"]),
        nonce=nonce,
        place=_parse_place(payload["place"]),
        jws=jws,
    )


def _parse_code(value: object) -> str:
    try:
        canonical = parse_code(value) if isinstance(value, str) else None
    except MalformedCode:
        canonical = None
    if canonical is None or canonical != value:
        raise MalformedScan(why="its code is not in canonical form")
    return canonical


def _parse_time(value: object) -> int:
    try:
        return parse_rfc3339(value if isinstance(value, str) else "")
    except MalformedTimestamp:
        raise MalformedScan(why="its time is not an RFC 3339 timestamp") from None


def _describe_place(place: SignedPlace | None) -> dict[str, Any] | None:
    if place is None:
        return None
    if place.lat is None or place.lon is None:
        return {"province": place.province}
    return {
        "lat": round(place.lat, DECIMALS),
        "lon": round(place.lon, DECIMALS),
        "accuracy_m": place.accuracy_m,
    }


def _parse_place(value: object) -> SignedPlace | None:
    if value is None:
        return None
    if isinstance(value, dict) and set(value) == {"province"}:
        province = value["province"]
        if isinstance(province, str) and len(province) == 2:
            return SignedPlace(province=province)
    if not isinstance(value, dict) or set(value) != {"lat", "lon", "accuracy_m"}:
        raise MalformedScan(why="its place must have lat, lon and accuracy_m, or province")
    lat = _parse_number(value["lat"], -90, 90)
    lon = _parse_number(value["lon"], -180, 180)
    accuracy = _parse_number(value["accuracy_m"], 0, _FARTHEST_M)
    if round(lat, DECIMALS) != lat or round(lon, DECIMALS) != lon:
        raise MalformedScan(why=f"its degrees have more than {DECIMALS} decimals")
    return SignedPlace(lat, lon, accuracy)


def _parse_number(value: object, least: float, most: float) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not least <= value <= most:  # type: ignore[operator]  # NaN fails too
        raise MalformedScan(why="its place is out of range")
    return float(value)  # type: ignore[arg-type]
