"""The Redis machine is lost with histories and stream: the lost scans are counted one by one.

What Redis had on its disk at the moment of its death is kept aside and read by another server, so
that what is lost is known exactly: the entries of the stream that were not in the ledger. Nothing
else may be lost, and the service must come back by itself.
"""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator

import aiohttp
import pytest

from ledger import open_ledger
from resolver.journal.encoding import decode_evidence
from resolver.journal.stream import STREAM
from resolver.redis import open_store
from tests.resolver.house import HANOI, JSON, SAIGON, Clock, code_of, furnish
from tests.resolver.process import Process
from tests.resolver.test_failures import STAMPS, Load, Site, Town, asked, seen
from tests.servers import RedisServer

SHOWN = 39
"""A stamp that no shopper scans: its history must come back as it was."""

Told = Callable[[str, object], None]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
async def town(site: Site) -> AsyncIterator[Town]:
    async with await open_ledger(site.url) as ledger:
        batch = (await furnish(ledger, Clock()(), shelf_life_days=3650)).active
        yield Town(site, ledger, Load(site.resolver.url, batch, stamps=STAMPS - 1))


async def scanned(town: Town, index: int, place: object, network: str) -> None:
    async with aiohttp.ClientSession() as session:
        code = code_of(town.load.batch, index)
        async with session.get(f"{town.resolver.url}/S/{code}", headers=JSON) as page:
            token = (await page.json())["token"]
        body = {"code": code, "token": token, "place": place}
        async with session.post(
            f"{town.resolver.url}/v1/scans", json=body, headers={"X-Forwarded-For": network}
        ) as answer:
            assert answer.status == 200


async def stream_on_disk(redis: RedisServer) -> set[bytes]:
    """The names of the scans that a dead server's disk has in the stream."""
    with RedisServer() as other:
        other.stop()
        shutil.copytree(redis.directory, other.directory, dirs_exist_ok=True)
        other.start()
        store = open_store(other.url())
        await store.ready()
        entries = await store.call(STREAM, "XRANGE", STREAM, "-", "+")
        await store.close()
    return {decode_evidence(fields[1]).scan.id for _, fields in entries}


async def kept(town: Town) -> tuple[Counter[int], set[bytes]]:
    """Scans in the ledger by stamp, and their names."""
    counts: Counter[int] = Counter()
    names: set[bytes] = set()
    for index in range(STAMPS - 1):
        rows = await town.ledger.scans.list_of_stamp(town.load.batch, index)
        counts[index] = len(rows)
        names |= {row.id for row in rows}
    return counts, names


async def drained(town: Town) -> None:
    async with asyncio.timeout(30):
        await seen(lambda: int(town.site.redis_cli("xlen", "veritem:{scans}")) == 0)


async def lost_with_redis(town: Town, recorder_lives: bool) -> tuple[int, int, int]:
    """Lose Redis under load; how many scans were answered, how many lost, and in what time."""
    for place, network in ((HANOI, "203.0.113.1"), (SAIGON, "203.0.113.2")):
        await scanned(town, SHOWN, place, network)
    before = await asked(town, SHOWN)
    assert before["verdict"] == "caution"
    assert "impossible_travel" in before["reasons"]
    await drained(town)
    async with town.load.running():
        await town.load.until(150)
        if not recorder_lives:
            town.site.recorder.kill()
            await town.load.until(100)
        town.site.redis.kill()
        await asyncio.sleep(0.3)  # what the recorder had in its hands is in the ledger by now
        on_disk = await stream_on_disk(town.site.redis)
        _, names = await kept(town)
        gone = on_disk - names
        shutil.rmtree(town.site.redis.directory / "appendonlydir")
        if not recorder_lives:
            town.site.recorder = Process(town.site.settings, recorder=True)
        answered = town.load.answered.total()
        town.site.redis.start()
        await town.load.until(100)  # all by itself: connections, group, dossiers
    await drained(town)
    after, _ = await kept(town)
    missing = town.load.answered - after
    # Every answered scan is in the ledger but those that stood in the stream alone. Some that were
    # not answered may be kept, which makes what is missing look smaller.
    assert missing.total() <= len(gone)
    again = await asked(town, SHOWN)
    assert (again["verdict"], again["history"]) == (before["verdict"], before["history"])
    for index in range(STAMPS - 1):
        assert (await asked(town, index))["history"]["scans"] == after[index]
    return answered, len(gone), missing.total()


@pytest.mark.parametrize("appendfsync", ["always", "everysec"])
async def test_with_a_recorder_milliseconds_of_scans_are_lost(
    town: Town, appendfsync: str, record_property: Told
) -> None:
    town.site.redis_cli("config", "set", "appendfsync", appendfsync)
    answered, gone, missing = await lost_with_redis(town, recorder_lives=True)
    record_property("answered", answered)
    record_property("lost", missing)
    # What the recorder had not taken yet, a tenth of a second or so, whatever the log's setting.
    assert gone <= 100


async def test_without_a_recorder_all_scans_since_its_death_are_lost(
    town: Town, record_property: Told
) -> None:
    answered, gone, missing = await lost_with_redis(town, recorder_lives=False)
    record_property("answered", answered)
    record_property("lost", missing)
    assert 100 <= gone < answered
    assert missing >= gone - town.load.refused.total() - town.load.lost - 12
