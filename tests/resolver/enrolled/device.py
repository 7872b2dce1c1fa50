"""An enrolled device for tests: its key, and the scans that it signs."""

from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Any, Final

import aiohttp
import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from detection.scan_event import Via
from ledger import DeviceKind, Ledger, ScanRow
from ledger.accounts import passwords
from ledger.staff_errors import UnknownStaff
from resolver.journal import Evidence
from resolver.scan_place import Provinces, round_place
from stamps.compact_jws import MEDIA_TYPE
from stamps.signed_scan import SignedPlace, parse_signed_scan, sign_scan
from tests.resolver.house import House
from tests.resolver.orchard import RING

HANOI: Final = SignedPlace(21.03, 105.85, 30.0)
SAIGON: Final = SignedPlace(10.78, 106.7, 30.0)
JOSE: Final = {"Content-Type": MEDIA_TYPE}
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
_numbers = count(1)


@dataclass(frozen=True)
class TestDevice:
    """A device and its private key."""

    __test__ = False

    id: str
    key: Ed25519PrivateKey

    def sign(
        self, code: str, at: int, place: SignedPlace | None = None, nonce: bytes | None = None
    ) -> str:
        nonce = nonce or next(_numbers).to_bytes(16, "big")
        return sign_scan(self.key, self.id, code, at, nonce, place)


def a_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(b"%d" % next(_numbers)).digest())


async def enrol(
    ledger: Ledger, at: int, kind: DeviceKind = "inspector", account: str = "thanh"
) -> TestDevice:
    """A device of an account, which is made when there is none."""
    try:
        await ledger.staff.get(account)
    except UnknownStaff:
        role = "inspector" if kind == "inspector" else "authority"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(passwords, "HASHER", PasswordHasher(1, 64, 1))
            await ledger.staff.add(
                account, name=account, role=role, password="sầu riêng Ri6 chín cây"
            )
    key, code = a_key(), f"code {next(_numbers)}"
    device = await ledger.devices.add(
        account, kind=kind, label="Pixel", code=code, code_expires_at=2**50, actor="x", at=at
    )
    await ledger.devices.enrol(code, key.public_key().public_bytes_raw(), at=at)
    return TestDevice(device.id, key)


async def send(url: str, text: str | bytes, **headers: str) -> tuple[int, Any]:
    """Send a signed scan; the status and document of the answer."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/v1/scans", data=text, headers=JOSE | headers) as answer,
    ):
        return answer.status, await answer.json()


async def send_to(house: House, text: str | bytes, **headers: str) -> tuple[int, Any]:
    return await send(house.serving.url, text, **headers)


def evidence_of(text: str, via: str = Via.INSPECTOR, **changes: Any) -> Evidence:
    """What an honest resolver puts into the journal for a signed scan, with `changes`."""
    scan = parse_signed_scan(text)
    stamp = RING.open(scan.code)
    row = ScanRow(
        scan.scan_id, stamp.batch, stamp.index, scan.at, str(via), "authentic", 0.1, signed=text
    )
    if scan.place is not None:
        where = (
            Provinces().locate_scan(scan.place.province)
            if scan.place.province
            else round_place(scan.place.lat or 0, scan.place.lon or 0, scan.place.accuracy_m)
        )
        row = row._replace(
            lat=where.place.lat,
            lon=where.place.lon,
            accuracy_m=where.place.accuracy_m,
            province=where.province,
            ward=where.ward,
        )
    return Evidence(row._replace(**changes), False)
