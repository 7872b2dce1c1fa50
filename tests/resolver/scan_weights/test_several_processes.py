"""Accusations that are spread over processes, each of which knows the history that it saw last."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from resolver.journal.stream import STREAM
from resolver.redis import open_store
from tests.resolver.house import HANOI, JSON, SAIGON, House, a_house, code_of
from tests.servers import PostgresServer, RedisServer

DATABASE = 9


@pytest.fixture
async def houses(
    postgres: PostgresServer, redis_server: RedisServer, tmp_path: Path
) -> AsyncIterator[tuple[House, House]]:
    """Two services that share a ledger and the histories."""
    store = open_store(redis_server.url(DATABASE))
    await store.ready()
    await store.call(STREAM, b"FLUSHDB")
    await store.close()
    shared = {"ledger": postgres.database(), "history": redis_server.url(DATABASE)}
    async with a_house(tmp_path, **shared) as one, a_house(tmp_path, **shared) as other:
        yield one, other


async def test_an_accusation_counts_although_a_process_knew_an_older_history(
    houses: tuple[House, House],
) -> None:
    one, other = houses
    verdicts = []
    for index in range(6):
        code = code_of(one.batches.active, index)
        await other.get(f"/S/{code}", **JSON)  # now it knows the stamp as unscanned
        await one.scan(code, HANOI, **{"X-Forwarded-For": "192.0.2.1"})
        token = await one.token(code)  # a page at `other` would show it the first scan
        answer = await other.post(
            "/v1/scans",
            {"code": code, "token": token, "place": SAIGON},
            **{"X-Forwarded-For": "192.0.2.2"},
        )
        other.session.cookie_jar.clear()
        verdicts.append((await answer.json())["verdict"])
    assert verdicts == ["caution"] * 3 + ["authentic"] * 3
    (campaign,) = (a for a in await one.ledger.alerts.list() if a.kind == "campaign")
    assert campaign.stamps == 6
