"""An aiohttp application behind the guard, over real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import web

from web.aiohttp_server import check_codings, guarded_server, mark_request, read_body
from web.client_address import TrustedProxies
from web.connection_guard import ConnectionGuard, ConnectionLimits
from web.errors import BodyTimeout, BodyTooLarge, UnsupportedMedia

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = b"x" * 3_000_000


@dataclass
class Server:
    port: int
    guard: ConnectionGuard

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def talk(self, raw: bytes, seconds: float = 5) -> bytes:
        """All that comes back until the server closes."""
        reader, writer = await self.connect()
        try:
            writer.write(raw)
            async with asyncio.timeout(seconds):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


async def respond(request: web.Request) -> web.StreamResponse:
    if request.path == "/slow":
        await asyncio.sleep(0.6)
    if request.path == "/large":
        return web.Response(body=LARGE)
    if request.method == "POST":
        try:
            check_codings(request)
            body = await read_body(request, limit=100, seconds=0.3)
        except (BodyTooLarge, BodyTimeout, UnsupportedMedia) as error:
            status = {"body-too-large": 413, "body-timeout": 408, "unsupported-media": 415}
            return web.Response(status=status[error.code], headers={"Connection": "close"})
        return web.Response(body=body)
    return web.Response(text="ok")


@asynccontextmanager
async def serve(drain_seconds: float = 0.3, **limits: float) -> AsyncIterator[Server]:
    app = web.Application(middlewares=[mark_request])
    app.router.add_route("*", "/{path:.*}", respond)
    listening = socket.create_server(("127.0.0.1", 0))
    changed = ConnectionLimits(**limits)  # type: ignore[arg-type]
    proxies = TrustedProxies([])
    async with guarded_server(
        app, listening, changed, drain_seconds=drain_seconds, proxies=proxies
    ) as guard:
        yield Server(listening.getsockname()[1], guard)


async def test_a_connection_that_sends_nothing_is_ended() -> None:
    async with serve(head_seconds=0.2) as server:
        assert await server.talk(b"") == b""
        assert len(server.guard) == 0


async def test_a_head_that_trickles_in_is_ended() -> None:
    async with serve(head_seconds=0.3) as server:
        reader, writer = await server.connect()
        writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
        closed = asyncio.create_task(reader.read())
        async with asyncio.timeout(3):
            while not closed.done():
                writer.write(b"x")
                await asyncio.sleep(0.02)
        assert closed.exception() is not None or closed.result() == b""
        writer.close()


async def test_a_second_head_that_trickles_in_is_ended_too() -> None:
    async with serve(head_seconds=0.3) as server:
        reader, writer = await server.connect()
        writer.write(GET)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        await asyncio.sleep(0.5)  # idle is not a head
        writer.write(GET)
        await reader.readuntil(b"HTTP/1.1 200")
        writer.write(b"GET / HT")
        async with asyncio.timeout(3):
            await reader.read()
        assert server.guard.expired == 1
        writer.close()


async def test_a_request_under_way_is_not_ended() -> None:
    async with serve(head_seconds=0.2) as server:
        reader, writer = await server.connect()
        writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_an_idle_connection_is_closed() -> None:
    async with serve(idle_seconds=0.3) as server:
        assert (await server.talk(GET)).startswith(b"HTTP/1.1 200")


async def test_a_client_that_does_not_read_is_ended() -> None:
    async with serve(write_seconds=0.3) as server:
        reader, writer = await server.connect()
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n" * 10)
        async with asyncio.timeout(5):
            while server.guard.expired == 0:  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.05)
        writer.close()


async def test_a_client_that_does_not_read_a_small_rest_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What waits stays below the high-water mark, so that no write is ever paused."""
    async with serve(idle_seconds=0.3, head_seconds=0.3) as server:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", server.port))
        client.send(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await asyncio.sleep(0.1)
        assert len(server.guard) == 1
        async with asyncio.timeout(3):
            while len(server.guard):  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.05)
        client.close()


async def test_a_client_that_reads_slowly_gets_everything() -> None:
    async with serve(write_seconds=0.4) as server:
        reader, writer = await server.connect()
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        size = 0
        while piece := await reader.read(150_000):
            size += len(piece)
            await asyncio.sleep(0.03)
        assert size > len(LARGE)
        writer.close()


async def test_connections_above_the_cap_of_the_process_are_refused() -> None:
    async with serve(connections=2) as server:
        held = [await server.connect() for _ in range(2)]
        for _, writer in held:
            writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.1)
        assert (await server.talk(GET)).startswith(b"HTTP/1.1 503")
        assert server.guard.refused == 1
        for reader, writer in held:
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.close()
        await asyncio.sleep(0.05)
        assert (await server.talk(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")))[
            :12
        ] == b"HTTP/1.1 200"


async def test_connections_above_the_cap_of_a_network_are_refused() -> None:
    async with serve(connections_per_network=1) as server:
        _, writer = await server.connect()
        await asyncio.sleep(0.05)
        assert (await server.talk(GET)).startswith(b"HTTP/1.1 503")
        writer.close()


async def test_connections_that_wait_make_room_when_all_are_taken() -> None:
    async with serve(connections=8) as server:
        held = [await server.connect() for _ in range(8)]
        await asyncio.sleep(0.05)
        reader, writer = await server.connect()
        writer.write(GET)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert (server.guard.evicted, server.guard.refused) == (1, 0)
        assert await held[0][0].read() == b""  # the oldest
        for _, other in [*held, (reader, writer)]:
            other.close()


def test_an_exempt_address_has_no_cap_of_its_own() -> None:
    guard = ConnectionGuard(ConnectionLimits(connections_per_network=1), {"10.0.0.1"}.__contains__)

    class Connection:
        deadline = 0.0

        def expire(self) -> None: ...

        def abort(self) -> None: ...

    assert all(guard.admit(Connection(), "10.0.0.1") for _ in range(3))
    assert [guard.admit(Connection(), "10.0.0.2") for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        (b"Content-Length: 5", b"hello", 200),
        (b"Transfer-Encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n", 200),
        (b"Content-Length: 500", b"x" * 500, 413),
        (b"Transfer-Encoding: chunked", b"96\r\n" + b"x" * 150 + b"\r\n0\r\n\r\n", 413),
        (b"Content-Length: 50", b"x", 408),
        (b"Content-Encoding: gzip\r\nContent-Length: 5", b"hello", 415),
        (b"Content-Encoding: identity\r\nContent-Length: 5", b"hello", 200),
        (b"Content-Encoding: identity\r\nContent-Encoding: br\r\nContent-Length: 5", b"hello", 415),
        (
            b"Content-Encoding: br\r\nTransfer-Encoding: chunked",
            b"5\r\nhello\r\n0\r\n\r\n",
            415,
        ),
        (b"Transfer-Encoding: gzip, chunked", b"5\r\nhello\r\n0\r\n\r\n", 415),
    ],
)
async def test_a_body_has_limits_and_no_content_coding(
    head: bytes, body: bytes, status: int
) -> None:
    async with serve() as server:
        request = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + head + b"\r\n\r\n" + body
        assert int((await server.talk(request)).split()[1]) == status


async def test_a_request_under_way_is_finished_at_the_end() -> None:
    async with serve(drain_seconds=2) as server:
        reader, writer = await server.connect()
        writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.1)
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()
