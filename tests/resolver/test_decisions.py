"""People's decisions over HTTP: on the page of every worker, until clearly more evidence comes."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from claims import open_in_process
from detection.rules import Rules
from ledger import Alert, AlertState, Ledger, open_ledger
from resolver import ResolverSettings, open_dependencies, run_service
from resolver.journal.stream import STREAM
from resolver.redis import open_store
from tests.resolver.handlers.test_claim import pin_of
from tests.resolver.house import HANOI, JSON, PUBLIC, SAIGON, Clock, a_house, code_of, furnish
from tests.resolver.orchard import PINS, RING, SECRET
from tests.resolver.process import Process
from tests.servers import PostgresServer, RedisServer

INVESTIGATING, CONFIRMED = AlertState.INVESTIGATING, AlertState.CONFIRMED
DISMISSED, OPEN = AlertState.DISMISSED, AlertState.OPEN
CAUSES = {CONFIRMED: "copied", DISMISSED: "poisoned"}
PATIENCE = 10.0
"""A quiet machine's workers show a decision within a second; the time is kept as a property."""
DATABASE = 6
EAGER = {"caution": 0.2, "alert": 0.3, "suspect": 0.4, "household_sessions": 0}
"""Rules by which two people in two towns are an alert."""


async def scan(session: aiohttp.ClientSession, url: str, code: str, n: int, place: Any) -> Any:
    """Open the page and confirm the scan, as somebody on a network of their own."""
    network = {"X-Forwarded-For": f"11.{n}.0.1"}
    async with session.get(f"{url}/S/{code}", headers={**JSON, **network}) as page:
        token = (await page.json())["token"]
    body = {"code": code, "token": token, "place": place}
    async with session.post(f"{url}/v1/scans", json=body, headers=network) as answer:
        session.cookie_jar.clear()
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def decide(ledger: Ledger, alert: Alert, *states: AlertState) -> None:
    for state in states:
        await ledger.alerts.decide(alert.id, state, actor="chi", cause=CAUSES.get(state))


@dataclass
class Service:
    """A resolver with three workers on Redis and PostgreSQL, a recorder, and a ledger."""

    url: str
    ledger: Ledger
    batch: int

    async def ask_all(self, index: int) -> list[dict[str, Any]]:
        """What the workers say: each request has a new connection."""
        found = []
        for _ in range(16):
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{self.url}/S/{code_of(self.batch, index)}", headers=JSON) as page,
            ):
                found.append(await page.json())
        return found

    async def until_all(self, index: int, verdict: str) -> float:
        began = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            while {page["verdict"] for page in await self.ask_all(index)} != {verdict}:  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.01)
        return time.monotonic() - began

    async def alert_of(self, index: int) -> Alert:
        async with asyncio.timeout(PATIENCE):
            while True:
                for alert in await self.ledger.alerts.list():
                    if alert.stamp == (self.batch, index):
                        return alert
                await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def processes(
    postgres: PostgresServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Addresses of the ledger and of the service."""
    ledger = postgres.database()

    async def migrate() -> None:
        async with await open_ledger(ledger) as opened:
            await opened.migrate()
        store = open_store(redis_server.url(DATABASE))
        await store.ready()
        await store.call(STREAM, b"FLUSHDB")
        await store.close()

    asyncio.run(migrate())
    rules = tmp_path_factory.mktemp("rules") / "rules.json"
    rules.write_text(json.dumps(EAGER))
    settings = ResolverSettings(
        ledger=ledger,
        history=redis_server.url(DATABASE),
        journal=redis_server.url(DATABASE),
        workers=3,
        port=0,
        admin_port=0,
        recorder_admin_port=0,
        trusted_proxies=("127.0.0.0/8",),
        measure_scan_rate=False,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VERITEM_TEST_RULES", str(rules))
        resolver, recorder = Process(settings), Process(settings, recorder=True)
    yield ledger, resolver.url
    resolver.end()
    recorder.end()


@pytest.fixture
async def service(processes: tuple[str, str]) -> AsyncIterator[Service]:
    url, address = processes
    async with await open_ledger(url) as ledger:
        batches = await furnish(ledger, Clock()(), shelf_life_days=3650)
        yield Service(address, ledger, batches.active)


async def test_a_decision_is_on_the_page_of_every_worker(
    service: Service, record_property: Callable[[str, object], None]
) -> None:
    async with aiohttp.ClientSession() as session:
        for n, place in enumerate((HANOI, SAIGON, HANOI)):
            await scan(session, service.url, code_of(service.batch, 5), n, place)
    assert "authentic" not in {page["verdict"] for page in await service.ask_all(5)}
    alert = await service.alert_of(5)
    await decide(service.ledger, alert, INVESTIGATING, DISMISSED)
    record_property("dismissed", await service.until_all(5, "authentic"))
    assert {tuple(page["reasons"]) for page in await service.ask_all(5)} == {()}
    await decide(service.ledger, alert, INVESTIGATING, CONFIRMED)
    record_property("confirmed", await service.until_all(5, "suspect"))
    assert {page["reasons"][0] for page in await service.ask_all(5)} == {"confirmed"}
    assert {page["verdict"] for page in await service.ask_all(6)} == {"authentic"}


async def test_scans_of_what_was_dismissed_open_no_case(service: Service) -> None:
    code = code_of(service.batch, 7)
    async with aiohttp.ClientSession() as session:
        for n, place in enumerate((HANOI, SAIGON, HANOI, SAIGON)):
            await scan(session, service.url, code, n, place)
        alert = await service.alert_of(7)
        await decide(service.ledger, alert, INVESTIGATING, DISMISSED)
        await service.until_all(7, "authentic")
        answer = await scan(session, service.url, code, 9, HANOI)
        assert (answer["verdict"], answer["reasons"]) == ("authentic", [])
        async with asyncio.timeout(PATIENCE):
            while len(await service.ledger.scans.list_of_stamp(service.batch, 7)) < 5:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)
    cases = [one for one in await service.ledger.alerts.list() if one.stamp == (service.batch, 7)]
    assert [(one.id, one.state) for one in cases] == [(alert.id, DISMISSED)]


async def test_a_second_right_pin_is_reported_and_every_worker_shows_the_first_date(
    service: Service,
) -> None:
    body = {"code": code_of(service.batch, 11), "pin": pin_of(service.batch, 11)}
    answers = []
    for n in (1, 2):
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{service.url}/v1/claims", json=body, headers={"X-Forwarded-For": f"11.{n}.0.1"}
            ) as answer,
        ):
            answers.append((answer.status, (await answer.json())["claimed_at"]))
    at = answers[0][1]
    assert answers == [(200, at), (409, at)]
    alert = await service.alert_of(11)
    assert (alert.reasons, alert.scans) == (("second_claim",), 0)
    async with asyncio.timeout(PATIENCE):
        while {page["claimed_at"] for page in await service.ask_all(11)} != {at}:  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.01)
    assert {page["verdict"] for page in await service.ask_all(11)} == {"authentic"}
    await decide(service.ledger, alert, INVESTIGATING, CONFIRMED)
    await service.until_all(11, "suspect")


async def test_with_the_direct_journal_clearly_more_evidence_opens_a_linked_case(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path, trusted_proxies=("127.0.0.0/8",)) as house:
        code, url = code_of(house.batches.active, 5), house.serving.url

        async def scan_until(state: AlertState, first: int) -> Alert:
            """People scan every 20 hours until there is a case in this state."""
            for n in range(first, first + 60):
                house.clock.pass_minutes(20 * 60)
                await scan(house.session, url, code, n, SAIGON if n % 3 == 1 else None)
                for alert in await house.ledger.alerts.list(state):
                    return alert
            raise AssertionError("no case")

        first = await scan_until(OPEN, 1)
        await decide(house.ledger, first, INVESTIGATING, DISMISSED)
        await house.dependencies.batch_cache.refresh()
        page = await (await house.get(f"/S/{code}", **JSON)).json()
        assert page["verdict"] in ("authentic", "expired")
        assert page["reasons"] == []
        answer = await scan(house.session, url, code, 99, None)
        assert answer["reasons"] == []
        assert await house.ledger.alerts.list(OPEN) == []
        again = await scan_until(OPEN, 100)
        assert again.previous == first.id
        assert again.score > first.score
        page = await (await house.get(f"/S/{code}", **JSON)).json()
        assert page["reasons"] != []


async def test_a_rebuilt_history_is_judged_by_the_decision(tmp_path: Path) -> None:
    async with a_house(tmp_path, trusted_proxies=("127.0.0.0/8",)) as house:
        batch = house.batches.active
        for n, place in enumerate((HANOI, SAIGON)):
            await scan(house.session, house.serving.url, code_of(batch, 5), n, place)
        alert = await house.ledger.alerts.report(
            "stamp", batch, 5, score=30.0, reasons=["impossible_travel", "many_places"]
        )
        await decide(house.ledger, alert, INVESTIGATING, DISMISSED)
        settings = house.dependencies.settings
        opened = open_dependencies(
            settings,
            keys=RING,
            open_claims=open_in_process(PINS),
            public_keys=PUBLIC,
            rules=Rules(),
            secret=SECRET,
            clock=house.clock,
        )
    async with (
        opened as parts,
        run_service(parts) as running,
        aiohttp.ClientSession() as session,
        session.get(f"{running.url}/S/{code_of(batch, 5)}", headers=JSON) as page,
    ):
        told = await page.json()
    assert (told["verdict"], told["history"]["scans"]) == ("authentic", 2)
