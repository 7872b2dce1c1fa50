"""Shoppers who scan and claim while parts of the service die, and what they were told."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp

from benchmarks.load.killed_service import STAMPS, KilledService
from resolver.privacy.tokens import ScanTokens
from stamps.code import StampId
from tests.resolver.house import code_of
from tests.resolver.orchard import PINS, SECRET

_SHOPPERS: Final = 12
_TRIES: Final = 8
_CLAIMS: Final = 0.1
"""Share of claims; the rest are scans."""


class Shoppers:
    """Sends scans and claims; keeps what each was answered."""

    def __init__(self, service: KilledService, seed: int) -> None:
        self._service = service
        self._tokens = ScanTokens(SECRET, 3_600)
        self._chance = random.Random(seed)
        self.recorded: dict[bytes, int] = {}
        """Stamp of each scan that was answered as recorded, by its id."""
        self.used: dict[bytes, int] = {}
        """Scans whose repetition was told that the token is used: they were recorded before."""
        self.unknown: dict[bytes, int] = {}
        """Scans that never got an answer, or refusals only."""
        self.claimed: set[int] = set()
        self.answers: Counter[str] = Counter()

    @asynccontextmanager
    async def shopping(self) -> AsyncIterator[None]:
        """Shop as long as the block runs; then every scan under way is sent to its end."""
        over = asyncio.Event()
        tasks = [asyncio.create_task(self._shop(over)) for _ in range(_SHOPPERS)]
        try:
            yield
        finally:
            over.set()
            await asyncio.gather(*tasks)

    async def _shop(self, over: asyncio.Event) -> None:
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while not over.is_set():
                session.cookie_jar.clear()
                if self._chance.random() < _CLAIMS:
                    await self._claim(session)
                else:
                    await self._scan(session)
                await asyncio.sleep(self._chance.uniform(0, 0.1))

    async def _scan(self, session: aiohttp.ClientSession) -> None:
        index, now = self._chance.randrange(STAMPS // 20), int(time.time() * 1000)
        code = code_of(self._service.scanned, index)
        token = self._tokens.issue(code, now)
        scan_id = self._tokens.verify(token, code, now)
        body = {"code": code, "token": token, "place": {"province": "66"}}
        headers = self._network()
        for attempt in range(_TRIES):
            status, told = await self._post(session, "/v1/scans", body, headers)
            if status == 200 and told.get("recorded"):
                self.recorded[scan_id] = index
                return
            if status == 409 and attempt:
                self.used[scan_id] = index
                return
            await asyncio.sleep(self._chance.uniform(0.1, 1))
        self.unknown[scan_id] = index

    async def _claim(self, session: aiohttp.ClientSession) -> None:
        index = self._chance.randrange(STAMPS)
        stamp = StampId(0, self._service.claimed, index)
        body = {"code": code_of(stamp.batch, index), "pin": PINS.derive_pin(stamp)}
        status, told = await self._post(session, "/v1/claims", body, self._network())
        if status == 200 and told.get("claimed"):
            self.claimed.add(index)

    async def _post(
        self, session: aiohttp.ClientSession, path: str, body: Any, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        """Status and document of the answer; 0 when the connection was lost."""
        url = self._service.url + path
        try:
            async with session.post(url, json=body, headers=headers) as answer:
                status, told = answer.status, await answer.json(content_type=None)
        except (aiohttp.ClientError, OSError, ValueError):
            status, told = 0, {}
        self.answers[f"{path} {status or 'no answer'}"] += 1
        return status, told

    def _network(self) -> dict[str, str]:
        net = self._chance.getrandbits(24)
        return {"X-Forwarded-For": f"14.{net >> 16}.{net >> 8 & 255}.{net & 255}"}
