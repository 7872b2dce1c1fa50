"""The shipped settings of Redis: one server keeps evidence on disk, the other keeps nothing."""

import shlex
from pathlib import Path

import pytest

from cli.settings import read_settings
from detection.scan_history import MAX_PACKED
from resolver.errors import MemoryPersists
from resolver.history.redis import SHARD_SIZE
from resolver.redis import open_store
from resolver.scan_weights.exchange import check_volatile
from tests.servers import RedisServer

ROOT = Path(__file__).parents[2]


def read_conf(name: str) -> dict[str, str]:
    lines = (ROOT / "ops" / name).read_text(encoding="utf-8").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return {one[0]: " ".join(one[1:]) for one in words if one}


def start_with(name: str) -> RedisServer:
    settings = read_conf(name)
    settings.pop("port", None)
    return RedisServer(**{key.replace("-", "_"): value for key, value in settings.items()})


async def test_the_redis_of_network_memory_keeps_nothing_on_disk() -> None:
    with start_with("redis-network-memory.conf") as server:
        store = open_store(server.url())
        await store.ready()
        await check_volatile(store)
        await store.call(b"w:k1", b"SET", b"w:k1", b"key", b"EX", 60)
        await store.close()
        directory = server.directory
        assert [path.name for path in directory.iterdir()] == ["log"]


async def test_the_redis_of_scans_is_refused_as_network_memory() -> None:
    with start_with("redis.conf") as server:
        store = open_store(server.url())
        await store.ready()
        with pytest.raises(MemoryPersists):
            await check_volatile(store)
        await store.close()


def test_the_scaled_settings_name_the_server_that_keeps_nothing() -> None:
    resolver = read_settings(ROOT / "config" / "scaled.toml").resolver
    port = read_conf("redis-network-memory.conf")["port"]
    assert resolver.network_memory == f"redis://127.0.0.1:{port}/0"
    assert resolver.network_memory not in (resolver.history, resolver.journal)


def test_shards_keep_the_compact_encoding() -> None:
    conf = read_conf("redis.conf")
    assert int(conf["hash-max-listpack-value"]) >= MAX_PACKED
    assert int(conf["hash-max-listpack-entries"]) > SHARD_SIZE
