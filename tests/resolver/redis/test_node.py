"""The connection to a Redis server: when it counts as lost."""

import asyncio
import os
import signal
import time

import hiredis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.redis.connection import Word, pack_command
from resolver.redis.node import RedisNode
from tests.servers import RedisServer


async def test_a_command_after_a_long_silence_has_its_time(
    redis_server: RedisServer,
) -> None:
    node = RedisNode("127.0.0.1", redis_server.port, seconds=1.0)
    await node.ready()
    for turn in range(6):  # whenever in the watcher's turn it comes
        await asyncio.sleep(0.5 + turn / 10)
        assert await node.call("BLPOP", "nothing", "0.1") is None  # an answer that takes a while
    await node.close()


async def test_a_server_that_hangs_counts_as_lost_until_it_answers() -> None:
    with RedisServer() as server:
        node = RedisNode("127.0.0.1", server.port, seconds=0.4)
        await node.ready()
        os.kill(server.pid, signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(ConnectionError):
            await node.call("PING")
        assert 0.2 <= time.monotonic() - began < 1.0
        os.kill(server.pid, signal.SIGCONT)
        async with asyncio.timeout(5):
            while not node.connected:  # noqa: ASYNC110 - it has no event for strangers
                await asyncio.sleep(0.01)
        assert await node.call("PING") == b"PONG"
        await node.close()


@given(st.lists(st.binary(max_size=1100) | st.text(max_size=40) | st.integers(), max_size=80))
def test_a_command_is_packed_as_hiredis_packs_it(words: list[Word]) -> None:
    assert pack_command(tuple(words)) == hiredis.pack_command(tuple(words))  # type: ignore[arg-type]  # any mix
