"""A phone that opens a stamp's page over HTTP and confirms the scan as the page does."""

from typing import Any

import aiohttp


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

    async def __aenter__(self) -> "Phone":
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
