"""A PostgreSQL that acknowledges and never answers: every request has an end, and nothing is lost.

Real servers and processes; a TCP proxy before PostgreSQL falls silent. Keepalives and
`tcp_user_timeout` see nothing then, because the proxy's kernel acknowledges everything.
"""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from sqlalchemy import make_url

from ledger import Ledger, open_ledger
from resolver import ResolverSettings
from stamps.lifecycle import Transition
from tests.proxies import SilentProxy
from tests.resolver.house import JSON, Clock, code_of, furnish, transition
from tests.resolver.process import Process
from tests.resolver.test_failures import Load, seen
from tests.servers import PostgresServer, RedisServer


@dataclass
class Site:
    """A resolver and a recorder whose PostgreSQL is behind a proxy."""

    proxy: SilentProxy
    redis: RedisServer
    direct_url: str
    settings: ResolverSettings
    resolver: Process

    def waiting_scans(self) -> int:
        """Scans in the stream that the recorder has not written."""
        command = ["redis-cli", "-p", str(self.redis.port), "xlen", "veritem:{scans}"]
        return int(subprocess.run(command, capture_output=True, check=True).stdout)

    async def ask(self, code: str) -> tuple[int, dict[str, Any], float]:
        """Status, body and seconds of an answer."""
        began = time.monotonic()
        async with (
            aiohttp.ClientSession(headers=JSON) as session,
            session.get(f"{self.resolver.url}/S/{code}") as answer,
        ):
            return answer.status, await answer.json(), time.monotonic() - began


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with PostgresServer() as postgres, RedisServer() as redis:
        direct_url = postgres.database()
        asyncio.run(_migrate(direct_url))
        proxy = SilentProxy("127.0.0.1", postgres.port)
        through = make_url(direct_url).set(host="127.0.0.1", port=proxy.port)
        settings = ResolverSettings(
            ledger=through.render_as_string(hide_password=False),
            ledger_answer_seconds=1.0,
            history=redis.url(),
            journal=redis.url(),
            port=0,
            admin_port=0,
            recorder_admin_port=0,
            stale_seconds=1.0,
        )
        resolver = Process(settings)
        yield Site(proxy, redis, direct_url, settings, resolver)
        resolver.end()
        proxy.close()


async def _migrate(url: str) -> None:
    async with await open_ledger(url) as ledger:
        await ledger.migrate()


@asynccontextmanager
async def silence(site: Site) -> AsyncIterator[None]:
    site.proxy.fall_silent()
    try:
        yield
    finally:
        site.proxy.speak()


async def test_cold_visits_have_an_end_and_cached_pages_say_that_they_may_be_old(
    site: Site,
) -> None:
    async with await open_ledger(site.direct_url) as ledger:
        warm = (await furnish(ledger, Clock()(), shelf_life_days=3650)).active
        cold = (await furnish(ledger, Clock()(), shelf_life_days=3650)).active
    status, _, _ = await site.ask(code_of(warm, 1))
    assert status == 200
    async with silence(site):
        _, before, _ = await site.ask(code_of(warm, 1))
        answers = await asyncio.gather(*(site.ask(code_of(cold, i)) for i in range(40)))
        # One second for a try of the idle connection, two for a new one, one for its statement.
        assert [status for status, _, _ in answers] == [503] * 40
        assert max(seconds for _, _, seconds in answers) < 8
        async with await open_ledger(site.direct_url) as ledger:
            await transition(ledger, warm, Transition.RECALL, reason="food-safety")
        status, page, seconds = await site.ask(code_of(warm, 1))
        assert (status, page["reasons"][-1]) == (200, "state_stale")
        assert seconds < 1
        # The state of before the recall is told with a time of before the recall.
        assert (page["state"], page["as_of"] <= before["as_of"]) == ("activated", True)
    async with asyncio.timeout(15):
        while (await site.ask(code_of(warm, 1)))[1]["state"] != "recalled":  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)
        while (await site.ask(code_of(cold, 1)))[0] != 200:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)
        while "state_stale" in (await site.ask(code_of(warm, 1)))[1]["reasons"]:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)


async def test_a_recorder_ends_while_the_ledger_is_silent_and_its_scans_stay_in_the_stream(
    site: Site,
) -> None:
    recorder = Process(site.settings, recorder=True)
    async with await open_ledger(site.direct_url) as ledger:
        batch = (await furnish(ledger, Clock()(), shelf_life_days=3650)).active
        load = Load(site.resolver.url, batch)
        async with load.running(3):
            await load.until(20)
            async with silence(site):
                await load.until(20)
                began = time.monotonic()
                code = await asyncio.to_thread(recorder.end, 30)
                assert (code, time.monotonic() - began < 20) == (0, True)
        recorder = Process(site.settings, recorder=True)
        await _everything_answered_is_in_the_ledger_once(site, ledger, load)
    recorder.end()


async def _everything_answered_is_in_the_ledger_once(
    site: Site, ledger: Ledger, load: Load
) -> None:
    async with asyncio.timeout(30):
        await seen(lambda: site.waiting_scans() == 0)
    for index in range(load.stamps):
        kept = await ledger.scans.list_of_stamp(load.batch, index)
        assert len({row.id for row in kept}) == len(kept)
        assert len(kept) >= load.answered[index]
