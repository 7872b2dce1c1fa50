"""The shipped settings of Redis: one server keeps evidence on disk, the other keeps nothing."""

import shlex
import subprocess
from pathlib import Path

import pytest

from cli.settings import read_settings
from detection.scan_history import MAX_PACKED
from resolver.errors import MemoryPersists
from resolver.history.redis import SHARD_SIZE
from resolver.redis import open_store
from resolver.redis.server_settings import check_volatile
from resolver.settings import ResolverSettings
from tests.servers import RedisServer

ROOT = Path(__file__).parents[2]


def read_conf(name: str) -> dict[str, str]:
    lines = (ROOT / "ops" / name).read_text(encoding="utf-8").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return {one[0]: " ".join(one[1:]) for one in words if one}


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generated password."""
    folder = tmp_path_factory.mktemp("secrets")
    folder.chmod(0o755)
    script = [str(ROOT / "ops" / "redis-password.sh"), str(folder)]
    subprocess.run(script, check=True)
    assert subprocess.run(script, check=False, capture_output=True).returncode == 1
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
    return folder


def start_with(name: str, secrets: Path) -> RedisServer:
    """Redis as it is shipped, with another folder for the password."""
    conf = secrets / name
    text = (ROOT / "ops" / name).read_text(encoding="utf-8")
    assert "\ninclude /etc/veritem/redis-password.conf\n" in text
    conf.write_text(text.replace("/etc/veritem/", f"{secrets}/"), encoding="utf-8")
    return RedisServer(conf)


def settings_for(
    server: RedisServer, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> ResolverSettings:
    """The settings of a service that is given the file with the password."""
    monkeypatch.setenv("VERITEM_RESOLVER_REDIS_PASSWORD_FILE", str(secrets / "redis.password"))
    monkeypatch.setenv("VERITEM_RESOLVER_HISTORY", server.url())
    monkeypatch.setenv("VERITEM_RESOLVER_NETWORK_MEMORY", server.url())
    return read_settings().resolver


async def test_the_redis_of_network_memory_keeps_nothing_on_disk(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start_with("redis-network-memory.conf", secrets) as server:
        store = open_store(settings_for(server, secrets, monkeypatch).network_memory)
        await store.ready()
        await check_volatile(store)
        await store.call(b"w:k1", b"SET", b"w:k1", b"key", b"EX", 60)
        await store.close()
        directory = server.directory
        assert [path.name for path in directory.iterdir()] == ["log"]


async def test_the_redis_of_scans_is_refused_as_network_memory(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start_with("redis.conf", secrets) as server:
        store = open_store(settings_for(server, secrets, monkeypatch).history)
        await store.ready()
        with pytest.raises(MemoryPersists):
            await check_volatile(store)
        await store.close()


@pytest.mark.parametrize("name", ["redis.conf", "redis-network-memory.conf"])
def test_redis_asks_for_a_password_and_listens_on_this_machine(secrets: Path, name: str) -> None:
    password = (secrets / "redis.password").read_text().strip()
    with start_with(name, secrets) as server:
        assert server.cli("SET", "x", "1").startswith("NOAUTH")
        told = server.cli("--no-auth-warning", "-a", password, "CONFIG", "GET", "bind")
    assert told.splitlines() == ["bind", "127.0.0.1 -::1"]


def test_the_scaled_settings_name_the_server_that_keeps_nothing() -> None:
    resolver = read_settings(ROOT / "config" / "scaled.toml").resolver
    port = read_conf("redis-network-memory.conf")["port"]
    assert resolver.network_memory == f"redis://127.0.0.1:{port}/0"
    assert resolver.network_memory not in (resolver.history, resolver.journal)


def test_shards_keep_the_compact_encoding() -> None:
    conf = read_conf("redis.conf")
    assert int(conf["hash-max-listpack-value"]) >= MAX_PACKED
    assert int(conf["hash-max-listpack-entries"]) > SHARD_SIZE
