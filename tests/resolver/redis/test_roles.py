"""A server that is no longer the primary, or not yet: the connection is dropped and opened anew."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from resolver.redis import NotRun, RedisNode, RedisRefused, UnfitServer
from resolver.redis.errors import REACTIONS, Reaction
from tests.servers import RedisServer, free_port


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with RedisServer(appendonly="no") as made:
        yield made


@asynccontextmanager
async def connected(server: RedisServer, port: int | None = None) -> AsyncIterator[RedisNode]:
    node = RedisNode("127.0.0.1", port or server.port, seconds=1.0)
    await node.ready()
    try:
        yield node
    finally:
        await node.close()


async def until_true(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.02)


async def refuse_until_connected(node: RedisNode, give_back: Callable[[], object]) -> None:
    """The node stays without a connection until the server's role is given back."""
    await asyncio.sleep(0.5)
    assert not node.connected
    give_back()
    await until_true(lambda: node.connected)
    assert await node.call("SET", "after", "x") == b"OK"


async def test_a_primary_that_became_a_replica_is_left_until_it_is_a_primary_again(
    server: RedisServer,
) -> None:
    async with connected(server) as node:
        server.cli("replicaof", "127.0.0.1", str(free_port()))
        with pytest.raises(UnfitServer, match="READONLY"):
            await node.call("SET", "a", "1")
        with pytest.raises(NotRun, match="READONLY"):
            node.call("SET", "a", "1")  # not sent, and the error still says why
        await refuse_until_connected(node, lambda: server.cli("replicaof", "no", "one"))


async def test_a_write_within_a_script_is_enough_to_find_out(server: RedisServer) -> None:
    async with connected(server) as node:
        server.cli("replicaof", "127.0.0.1", str(free_port()))
        with pytest.raises(UnfitServer, match="READONLY"):
            await node.call("EVAL", "return redis.call('SET', KEYS[1], 'x')", 1, "a")
        assert not node.connected


async def test_commands_sent_before_the_refusal_get_their_own_replies(server: RedisServer) -> None:
    async with connected(server) as node:
        await node.call("SET", "a", "1")
        server.cli("replicaof", "127.0.0.1", str(free_port()))
        write, read, again = node.call("SET", "a", "2"), node.call("GET", "a"), node.call("PING")
        with pytest.raises(UnfitServer):
            await write
        assert (await read, await again) == (b"1", b"PONG")


async def test_a_name_that_leads_to_the_new_primary_is_followed(server: RedisServer) -> None:
    with RedisServer(appendonly="no") as successor:
        target = server.port
        opened: list[asyncio.StreamWriter] = []

        async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
            opened.extend((writer, far_writer))
            await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

        proxy = await asyncio.start_server(forward, "127.0.0.1", 0)
        async with connected(server, proxy.sockets[0].getsockname()[1]) as node:
            await node.call("SET", "a", "1")
            server.cli("replicaof", "127.0.0.1", str(successor.port))
            target = successor.port
            with pytest.raises(UnfitServer):
                await node.call("SET", "a", "2")
            await until_true(lambda: node.connected)
            assert await node.call("SET", "a", "3") == b"OK"
            assert successor.cli("get", "a") == "3"
        for writer in opened:
            writer.close()
        proxy.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


async def test_a_replica_without_its_primary_that_may_not_answer_is_left(
    server: RedisServer,
) -> None:
    with RedisServer(appendonly="no", repl_diskless_sync_delay="0") as primary:
        async with connected(server) as node:
            server.cli("config", "set", "replica-serve-stale-data", "no")
            server.cli("replicaof", "127.0.0.1", str(primary.port))
            await until_true(lambda: "link_status:up" in server.cli("info", "replication"))
            primary.kill()
            await until_true(lambda: "link_status:down" in server.cli("info", "replication"))
            with pytest.raises(UnfitServer, match="MASTERDOWN"):
                await node.call("GET", "a")
            await refuse_until_connected(node, lambda: server.cli("replicaof", "no", "one"))


async def test_a_server_that_loads_its_file_is_waited_for() -> None:
    with RedisServer(
        appendonly="no",
        enable_debug_command="local",
        key_load_delay="2000",  # microseconds
        loading_process_events_interval_bytes="1024",
    ) as server:
        server.cli("debug", "populate", "1000", "key", "100")
        server.cli("save")
        async with connected(server) as node:
            server.kill()
            server.start(wait=False)
            await until_true(lambda: says_loading(node), seconds=10)
            assert not node.connected
            await until_true(lambda: node.connected, seconds=10)
            assert await node.call("DBSIZE") == 1000


async def says_loading(node: RedisNode) -> bool:
    """Whether a command is refused because the server loads its file."""
    try:
        await node.call("SET", "a", "1")
    except ConnectionError as error:
        return "LOADING" in str(error)
    return False


async def test_a_primary_without_the_replicas_it_must_have_is_left(server: RedisServer) -> None:
    async with connected(server) as node:
        server.cli("config", "set", "min-replicas-to-write", "1")
        with pytest.raises(UnfitServer, match="NOREPLICAS"):
            await node.call("SET", "a", "1")
        await refuse_until_connected(
            node, lambda: server.cli("config", "set", "min-replicas-to-write", "0")
        )


async def test_full_memory_refuses_writes_and_keeps_the_connection(server: RedisServer) -> None:
    async with connected(server) as node:
        await node.call("SET", "a", "1")
        server.cli("config", "set", "maxmemory", "1")
        with pytest.raises(RedisRefused, match="OOM"):
            await node.call("SET", "a", "2")
        assert node.connected
        assert await node.call("GET", "a") == b"1"
    async with connected(server) as node:  # a new connection, too
        assert await node.call("GET", "a") == b"1"


async def test_a_disk_that_takes_nothing_refuses_writes_and_keeps_the_connection(
    tmp_path: Path,
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    with RedisServer(appendonly="no", dir=str(files), save="3600 1") as server:
        async with connected(server) as node:
            await node.call("SET", "a", "1")
            shutil.rmtree(files)
            server.cli("bgsave")
            await until_true(lambda: "bgsave_status:err" in server.cli("info", "persistence"))
            with pytest.raises(RedisRefused, match="MISCONF"):
                await node.call("SET", "a", "2")
            assert node.connected
            assert await node.call("GET", "a") == b"1"
        server.stop(signal.SIGKILL)  # it cannot save at its end


async def test_a_refused_password_leaves_no_connection_behind(server: RedisServer) -> None:
    server.cli("config", "set", "requirepass", "right")
    node = RedisNode("127.0.0.1", server.port, setup=(("AUTH", "wrong"),), seconds=0.5)
    with pytest.raises(ConnectionError, match="WRONGPASS"):
        await node.ready()
    await asyncio.sleep(1)
    clients = server.cli("-a", "right", "--no-auth-warning", "client", "list").splitlines()
    assert len(clients) <= 2  # redis-cli and at most one try
    await node.close()


async def test_a_server_that_begins_to_ask_for_a_password_is_left(server: RedisServer) -> None:
    async with connected(server) as node:
        with pytest.raises(UnfitServer, match="NOAUTH"):
            await asyncio.gather(node.call("RESET"), node.call("CONFIG", "SET", "requirepass", "x"),
                                 node.call("RESET"), node.call("GET", "a"))  # fmt: skip
        assert not node.connected


@pytest.mark.parametrize("code", sorted(REACTIONS))
def test_a_code_is_found_in_the_errors_of_scripts_too(code: str) -> None:
    plain = RedisRefused(f"{code} some reason")
    redis_6 = RedisRefused(
        f"ERR Error running script (call to f_12ab): @user_script:7: @user_script: 7: -{code} some"
    )
    assert plain.code == redis_6.code == code


def test_errors_of_one_command_concern_no_connection() -> None:
    kept = ("OOM", "MISCONF", "NOPERM", "BUSY", "NOSCRIPT", "TRYAGAIN", "MOVED", "ASK", "ERR")
    assert not set(kept) & set(REACTIONS)
    assert {c for c, r in REACTIONS.items() if r is not Reaction.RECONNECT} == {"CLUSTERDOWN"}
