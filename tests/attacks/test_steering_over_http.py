"""Somebody who sends scans to accuse growers or to hide copies, against the service as it is run.

Two workers and a recorder are processes on Redis and PostgreSQL; what networks did is on a Redis
that keeps nothing. Networks vary through a trusted proxy and days pass by libfaketime: no header
and no setting of the product sets the time. Verdicts are those of the answers, alerts those that
the recorder wrote into the ledger.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
import pytest

from ledger import Alert, Ledger, open_ledger
from resolver import ResolverSettings
from resolver.privacy.pseudonyms import COOKIE
from tests.attacks.steering import (
    accuse_hundred_stamps,
    claim_places,
    scan_in_turn,
    sell_copies,
    vaccinate,
)
from tests.faked_time import FakedTime
from tests.resolver.house import HANOI, JSON, SAIGON, Clock, code_of, furnish
from tests.resolver.orchard import DOCUMENT
from tests.resolver.process import Process
from tests.servers import PostgresServer, RedisServer

WORKERS: Final = 2
BUYERS: Final = 24
"""They come over twelve days."""


class Site:
    """The servers and processes of all tests, and their time."""

    def __init__(self, postgres: PostgresServer) -> None:
        self.redis = RedisServer().start()
        self.memory = RedisServer(appendonly="no").start()
        self.ledger = postgres.database()
        asyncio.run(_migrate(self.ledger))
        self.time = FakedTime(self.redis.directory, Clock().now)
        settings = ResolverSettings(
            ledger=self.ledger,
            history=self.redis.url(),
            journal=self.redis.url(),
            network_memory=self.memory.url(),
            workers=WORKERS,
            port=0,
            admin_port=0,
            recorder_admin_port=0,
            trusted_proxies=("127.0.0.1",),
            # Otherwise the stamps of one test make scanning rare for the next.
            measure_scan_rate=False,
            # A leap of the clock is not a silence of the ledger.
            stale_seconds=1e9,
            clock_confirm_seconds=0,
        )
        self.resolver = Process(settings, environment=self.time.environment)
        self.recorder = Process(settings, recorder=True, environment=self.time.environment)

    def close(self) -> None:
        self.resolver.end()
        self.recorder.end()
        self.redis.close()
        self.memory.close()


async def _migrate(url: str) -> None:
    async with await open_ledger(url) as ledger:
        await ledger.migrate()


@pytest.fixture(scope="module")
def site(postgres: PostgresServer) -> Iterator[Site]:
    made = Site(postgres)
    yield made
    made.close()


@dataclass
class Service:
    """The site with a batch of one test."""

    site: Site
    ledger: Ledger
    session: aiohttp.ClientSession
    batch: int
    since: int
    devices: dict[str, str] = field(default_factory=dict)

    def pass_minutes(self, minutes: float) -> None:
        self.site.time.pass_minutes(minutes)

    async def scan(
        self, index: int, network: str, place: Any = None, device: str = ""
    ) -> dict[str, Any]:
        """Open the page and confirm the scan; each request may meet another worker."""
        url, code = self.site.resolver.url, code_of(self.batch, index)
        headers = {"X-Forwarded-For": network}
        async with self.session.get(f"{url}/S/{code}", headers=headers | JSON) as page:
            assert page.status == 200, await page.text()
            token = (await page.json())["token"]
        if device in self.devices:
            headers["Cookie"] = f"{COOKIE}={self.devices[device]}"
        body = {"code": code, "token": token, "place": place}
        async with self.session.post(f"{url}/v1/scans", json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            if device and COOKIE in answer.cookies:
                self.devices[device] = answer.cookies[COOKIE].value
            told: dict[str, Any] = await answer.json()
        assert told["recorded"]
        return told

    async def list_alerts(self) -> list[Alert]:
        """The alerts of this test, once the recorder has written them."""
        async with asyncio.timeout(30):
            while self.site.redis.cli("xlen", "veritem:{scans}") != "0":  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        return [one for one in await self.ledger.alerts.list() if one.opened_at >= self.since]

    async def share_key_of_the_day(self) -> None:
        """Wait until every worker took the day's key from the exchange, as it has at midnight."""
        self.site.memory.cli("config", "resetstat")
        async with asyncio.timeout(30):
            # Each worker names the key of the day once a second; three turns of all.
            while self._count_exchanged_keys() < 3 * WORKERS:  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.1)

    def _count_exchanged_keys(self) -> int:
        told = self.site.memory.cli("info", "commandstats")
        found = re.search(r"cmdstat_set:calls=(\d+)", told)
        return int(found[1]) if found else 0


def _fruit_packed_at(at: int) -> dict[str, Any]:
    """The changes that make the orchard's lot one of its own, packed at `at` (ms), not before."""
    later = timedelta(milliseconds=at - Clock().now)
    stages = [
        stage | {"at": (datetime.fromisoformat(stage["at"]) + later).isoformat()}
        for stage in DOCUMENT["stages"]
    ]
    return {"code": f"DL-{at}", "stages": stages}


@pytest.fixture
async def service(site: Site) -> AsyncIterator[Service]:
    """A fresh batch, on the morning of a later day."""
    site.time.pass_to_hour(2)
    async with (
        await open_ledger(site.ledger, clock=site.time) as ledger,
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True), cookie_jar=aiohttp.DummyCookieJar()
        ) as session,
    ):
        since = site.time()
        batch = (await furnish(ledger, since, **_fruit_packed_at(since))).active
        site.time.pass_minutes(24 * 60)
        yield Service(site, ledger, session, batch, since)


@pytest.mark.parametrize(
    ("masks", "networks", "accused"), [(12, 1, True), (36, 10, True), (12, 50, False)]
)
async def test_copies_are_found_behind_masks(
    service: Service, masks: int, networks: int, accused: bool
) -> None:
    verdicts = await sell_copies(service, buyers=BUYERS, masks=masks, mask_networks=networks)
    # Fifty networks are above the price: people are asked to look, whatever the page says.
    assert "suspect" in verdicts or not accused
    assert ("stamp", 1) in {(one.kind, one.index) for one in await service.list_alerts()}


async def test_copies_are_found_although_they_were_vaccinated(service: Service) -> None:
    await vaccinate(service)
    verdicts = await sell_copies(service, buyers=BUYERS)
    assert "suspect" in verdicts
    assert ("stamp", 1) in {(one.kind, one.index) for one in await service.list_alerts()}


async def test_three_places_of_one_network_are_no_alert(service: Service) -> None:
    await service.scan(1, "203.0.113.1")
    assert await claim_places(service, networks=1) == ["authentic"] * 3
    assert await service.list_alerts() == []


@pytest.mark.parametrize("networks", [2, 5])
async def test_places_of_few_networks_are_a_caution_that_people_see(
    service: Service, networks: int
) -> None:
    await service.scan(1, "203.0.113.1")
    assert "suspect" not in await claim_places(service, networks=networks)
    (alert,) = await service.list_alerts()
    assert "unproven_places" in alert.reasons


async def test_two_posts_make_no_unscanned_stamp_suspect(service: Service) -> None:
    answers = [
        await service.scan(1, "192.0.2.1", HANOI),
        await service.scan(1, "192.0.2.2", SAIGON),
    ]
    assert [one["verdict"] for one in answers] == ["authentic", "caution"]
    (alert,) = await service.list_alerts()
    assert "unproven_places" in alert.reasons


async def test_a_hundred_stamps_accused_by_two_networks_are_one_campaign(service: Service) -> None:
    await service.share_key_of_the_day()
    verdicts = await accuse_hundred_stamps(service)
    assert set(verdicts) == {"authentic", "caution"}
    alerts = await service.list_alerts()
    kinds = Counter(one.kind for one in alerts)
    # Each worker lets three accusations through before the workers have told each other.
    assert kinds["campaign"] == 1
    assert kinds["stamp"] <= 3 * WORKERS
    (campaign,) = (one for one in alerts if one.kind == "campaign")
    assert campaign.stamps >= 90
    assert campaign.reasons == ("few_networks",)


async def test_masks_make_no_genuine_stamp_suspect(service: Service) -> None:
    await service.scan(1, "203.0.113.1", HANOI)
    verdicts = await scan_in_turn(service, networks=10, scans=150, minutes=20)
    assert set(verdicts) == {"authentic"}
    assert await service.list_alerts() == []


async def test_a_vaccination_makes_no_genuine_stamp_suspect(service: Service) -> None:
    verdicts = await vaccinate(service)
    service.pass_minutes(24 * 60)
    verdicts.append((await service.scan(1, "203.0.113.1", HANOI))["verdict"])
    assert "suspect" not in verdicts
