"""Phones of the demo over HTTP: one that confirms a page's scan, one that signs its scans."""

import secrets
from typing import Any, Self

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from stamps.compact_jws import MEDIA_TYPE
from stamps.signed_scan import NONCE_BYTES, SignedPlace, sign_scan


class Phone:
    """One device on one network; the addresses are reserved for examples (RFC 5737).

    The demo's resolver trusts `X-Forwarded-For` from this machine, so that its phones are in
    different networks.
    """

    def __init__(self, url: str, address: str) -> None:
        self._session = aiohttp.ClientSession(
            url,
            headers={"X-Forwarded-For": address, "Accept": "application/json"},
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # the demo's host is an address
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def open_page(self, code: str) -> dict[str, Any]:
        """Open a stamp's page, which is a visit and never evidence."""
        async with self._session.get(f"/S/{code}") as response:
            page: dict[str, Any] = await response.json()
            return page

    async def scan(self, code: str, place: tuple[float, float] | None) -> dict[str, Any]:
        """Open the page and confirm the scan, with a place (degrees) if the person gives one."""
        visit = await self.open_page(code)
        lat, lon = place or (None, None)
        where = None if place is None else {"lat": lat, "lon": lon, "accuracy_m": 25}
        body = {"code": code, "token": visit["token"], "place": where}
        async with self._session.post("/v1/scans", json=body) as response:
            page: dict[str, Any] = await response.json()
            return page


class EnrolledPhone(Phone):
    """A phone that is enrolled as `device` and signs its scans with `key`."""

    def __init__(self, url: str, address: str, device: str, key: Ed25519PrivateKey) -> None:
        super().__init__(url, address)
        self._device = device
        self._key = key

    async def sign_and_scan(self, code: str, place: tuple[float, float], at: int) -> dict[str, Any]:
        """Sign the scan of a stamp at a place (degrees) and time (ms), and send it."""
        where = SignedPlace(*place, accuracy_m=25.0)
        nonce = secrets.token_bytes(NONCE_BYTES)
        text = sign_scan(self._key, self._device, code, at, nonce, where)
        headers = {"Content-Type": MEDIA_TYPE}
        async with self._session.post("/v1/scans", data=text, headers=headers) as response:
            page: dict[str, Any] = await response.json()
            return page
