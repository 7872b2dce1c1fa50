"""A shopper with a phone: opens a stamp's page over HTTP and confirms the scan as pages do."""

from typing import Any

import aiohttp


class Shopper:
    """One device on one network. The addresses are RFC 5737's, made for examples.

    The demo's resolver believes `X-Forwarded-For` from this machine, so that its shoppers stand
    in different networks, as they would.
    """

    def __init__(self, url: str, address: str) -> None:
        self._session = aiohttp.ClientSession(
            url,
            headers={"X-Forwarded-For": address, "Accept": "application/json"},
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # the demo's host is an address
        )

    async def __aenter__(self) -> "Shopper":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def open(self, code: str) -> dict[str, Any]:
        """Open a stamp's page: a visit, which is never evidence. Returns what is known."""
        async with self._session.get(f"/S/{code}") as answer:
            known: dict[str, Any] = await answer.json()
            return known

    async def scan(self, code: str, place: tuple[float, float] | None) -> dict[str, Any]:
        """Open the page and confirm the scan, with a place (degrees) if the shopper gives one."""
        visit = await self.open(code)
        lat, lon = place or (None, None)
        where = None if place is None else {"lat": lat, "lon": lon, "accuracy_m": 25}
        body = {"code": code, "token": visit["token"], "place": where}
        async with self._session.post("/v1/scans", json=body) as answer:
            seen: dict[str, Any] = await answer.json()
            return seen
