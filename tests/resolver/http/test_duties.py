"""The duties of the HTTP server, over real sockets, with an application that echoes."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from resolver.http.request import Request
from resolver.http.response import HeaderBlock, Response
from resolver.http.server import HttpServer
from resolver.http.server_context import ServerContext
from web.connection_guard import ConnectionGuard, ConnectionLimits

BODY_LIMIT = 1000
TEXT = HeaderBlock({"Content-Type": "text/plain"})
LARGE = b"x" * 200_000


@dataclass
class Served:
    port: int
    server: HttpServer
    guard: ConnectionGuard
    seen: list[Request] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)

    async def connect(self) -> "Client":
        return Client(*await asyncio.open_connection("127.0.0.1", self.port))

    async def talk(self, raw: bytes, seconds: float = 5) -> bytes:
        """All that comes back until the server closes."""
        client = await self.connect()
        client.writer.write(raw)
        try:
            async with asyncio.timeout(seconds):
                return await client.reader.read()
        except ConnectionError:
            return b""
        finally:
            client.writer.close()


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def response(self, *, has_body: bool = True) -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(5):
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
            size = int(headers.get("content-length", 0)) if has_body else 0
            return int(lines[0].split()[1]), headers, await self.reader.readexactly(size)

    async def ended(self, seconds: float = 5) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self.reader.read() == b""
        except ConnectionError:
            return True


@asynccontextmanager
async def serve(
    body_seconds: float = 5.0, drain_seconds: float = 0.3, **limits: Any
) -> AsyncIterator[Served]:
    async def respond(request: Request) -> Response:
        served.seen.append(request)
        if request.target == "/slow":
            await asyncio.sleep(0.4)
        served.finished.append(request.target)
        if request.error is not None:
            return TEXT.respond(request.error.code.encode(), 413)
        body = LARGE if request.target == "/large" else request.body
        return TEXT.respond(body or request.target.encode())

    async with ConnectionGuard(ConnectionLimits(**limits)) as guard:
        server = HttpServer(
            ServerContext(
                respond,
                guard,
                body_limit=BODY_LIMIT,
                body_seconds=body_seconds,
                read_headers=("x-own",),
            )
        )
        listening = socket.create_server(("127.0.0.1", 0))
        served = Served(listening.getsockname()[1], server, guard)
        listener = await asyncio.get_running_loop().create_server(server, sock=listening)
        try:
            yield served
        finally:
            listener.close()
            await server.drain(drain_seconds)


def get(target: str = "/", *fields: str, method: str = "GET", version: str = "1.1") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/{version}", "Host: x", *fields, "", ""]).encode()


def post(body: bytes, *fields: str, target: str = "/") -> bytes:
    return get(target, f"Content-Length: {len(body)}", *fields, method="POST") + body


CLOSE = "Connection: close"


# Deadlines


async def test_a_connection_that_sends_nothing_is_closed() -> None:
    async with serve(head_seconds=0.2) as served:
        assert await served.talk(b"") == b""


async def test_a_head_that_trickles_in_is_closed() -> None:
    async with serve(head_seconds=0.3) as served:
        client = await served.connect()
        client.writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
        closed = asyncio.create_task(client.ended())
        async with asyncio.timeout(3):
            while not closed.done():
                client.writer.write(b"x")
                await asyncio.sleep(0.02)
        client.writer.close()


async def test_empty_lines_keep_no_connection_open() -> None:
    async with serve(head_seconds=0.3, idle_seconds=0.3) as served:
        client = await served.connect()
        closed = asyncio.create_task(client.ended())
        async with asyncio.timeout(3):
            while not closed.done():
                client.writer.write(b"\r\n")
                await asyncio.sleep(0.02)
        client.writer.close()


async def test_a_later_head_that_trickles_in_is_closed() -> None:
    async with serve(head_seconds=0.3) as served:
        client = await served.connect()
        client.writer.write(get() + b"GET /second HT")
        assert (await client.response())[0] == 200
        assert await client.ended(3)


async def test_a_body_that_is_late_is_answered_and_closed() -> None:
    async with serve(body_seconds=0.3) as served:
        client = await served.connect()
        client.writer.write(post(b"x" * 50)[:-49])
        status, headers, body = await client.response()
        assert (status, headers["connection"], body) == (413, "close", b"body-timeout")
        assert await client.ended()


async def test_an_idle_connection_is_closed_after_its_time_since_the_last_response() -> None:
    async with serve(idle_seconds=0.4, head_seconds=0.4) as served:
        client = await served.connect()
        for _ in range(4):  # longer than the limit in all
            client.writer.write(get())
            assert (await client.response())[0] == 200
            await asyncio.sleep(0.2)
        assert await client.ended()


async def test_a_request_under_way_has_no_deadline() -> None:
    async with serve(idle_seconds=0.1, head_seconds=0.1) as served:
        client = await served.connect()
        client.writer.write(get("/slow"))
        assert (await client.response())[0] == 200


async def test_a_client_that_does_not_read_is_cut() -> None:
    async with serve(write_seconds=0.3) as served:
        client = await served.connect()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        client.writer.write(get("/large") * 40)
        async with asyncio.timeout(5):
            while not served.guard.expired:  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.05)
        assert len(served.finished) < 40
        client.writer.close()


async def test_a_client_that_reads_slowly_gets_everything() -> None:
    async with serve(write_seconds=0.5) as served:
        client = await served.connect()
        client.writer.write(get("/large") * 9 + get("/large", CLOSE))
        size = 0
        while piece := await client.reader.read(100_000):
            size += len(piece)
            await asyncio.sleep(0.03)
        assert size > 10 * len(LARGE)


# Caps


async def test_connections_above_a_cap_are_answered_503() -> None:
    for limits in ({"connections": 1}, {"connections_per_network": 1}):
        async with serve(**limits) as served:
            client = await served.connect()
            client.writer.write(get("/slow"))
            await asyncio.sleep(0.05)
            assert (await served.talk(b"")).startswith(b"HTTP/1.1 503 ")
            assert (await client.response())[0] == 200
            client.writer.close()
            await asyncio.sleep(0.05)
            assert (await served.talk(get("/", CLOSE))).startswith(b"HTTP/1.1 200 ")


async def test_a_connection_that_waits_makes_room_and_a_request_under_way_does_not() -> None:
    async with serve(connections=2) as served:
        busy, idle = await served.connect(), await served.connect()
        busy.writer.write(get("/slow"))
        await asyncio.sleep(0.05)
        assert (await served.talk(get("/", CLOSE))).startswith(b"HTTP/1.1 200 ")
        assert await idle.ended()
        assert (await busy.response())[0] == 200
        assert (served.guard.evicted, served.guard.refused) == (1, 0)


async def test_it_survives_when_the_process_has_no_file_descriptors_left() -> None:
    """In a process of its own: more clients than descriptors, then one more when they left."""
    code = f"""
import asyncio, resource, sys, uvloop
sys.path[:0] = {sys.path!r}
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
from tests.resolver.http.test_duties import serve
async def main():
    async with serve() as served:
        print(served.port, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
asyncio.Runner(loop_factory=uvloop.new_event_loop).run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    clients = [Client(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(60)]
    await asyncio.sleep(0.3)
    for client in clients:
        client.writer.close()
    await asyncio.sleep(0.3)
    late = Client(*await asyncio.open_connection("127.0.0.1", port))
    late.writer.write(get("/late"))
    assert (await late.response())[2] == b"/late"
    late.writer.close()
    process.stdin.write(b"\n")
    await process.communicate()
    assert process.returncode == 0


# Order


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with serve() as served:
        client = await served.connect()
        targets = ["/slow", *(f"/{n}" for n in range(200))]
        client.writer.write(b"".join(map(get, targets)))
        assert [(await client.response())[2].decode() for _ in targets] == targets


async def test_a_refusal_comes_after_the_responses_before_it() -> None:
    async with serve() as served:
        client = await served.connect()
        client.writer.write(get("/slow") + b"nonsense\r\n\r\n" + get("/unread"))
        assert (await client.response())[2] == b"/slow"
        status, headers, _ = await client.response()
        assert (status, headers["connection"]) == (400, "close")
        assert await client.ended()
        assert served.finished == ["/slow"]


# 100-continue


async def test_an_expected_body_is_asked_for() -> None:
    async with serve() as served:
        client = await served.connect()
        head = post(b"hello", "Expect: 100-continue")[:-5]
        client.writer.write(head)
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.writer.write(b"hello")
        assert (await client.response())[2] == b"hello"


async def test_an_expected_body_is_asked_for_after_the_response_before_it() -> None:
    async with serve() as served:
        client = await served.connect()
        client.writer.write(get("/slow") + post(b"hello", "Expect: 100-continue")[:-5])
        assert (await client.response())[2] == b"/slow"
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.writer.write(b"hello")
        assert (await client.response())[2] == b"hello"


async def test_a_body_that_has_come_or_is_too_large_is_not_asked_for() -> None:
    async with serve() as served:
        assert b" 100 " not in await served.talk(post(b"hello", "Expect: 100-continue", CLOSE))
        head = get("/", "Content-Length: 5000", "Expect: 100-continue", method="POST")
        client = await served.connect()
        client.writer.write(head)
        assert (await client.response())[0] == 413


async def test_another_expectation_fails() -> None:
    async with serve() as served:
        assert (await served.talk(get("/", "Expect: magic"))).startswith(b"HTTP/1.1 417 ")


# Targets, methods and versions


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ("http://v.vn/S/X?lang=en", "/S/X?lang=en"),
        ("HTTPS://V.VN:443/S/X", "/S/X"),
        ("http://v.vn", "/"),
        ("http://v.vn?code=X", "/?code=X"),
        ("/S/X#part", "/S/X"),
        ("//S/X", "//S/X"),
    ],
)
async def test_an_absolute_target_is_read_as_its_path(target: str, seen: str) -> None:
    async with serve() as served:
        await served.talk(get(target, CLOSE))
        assert [request.target for request in served.seen] == [seen]


async def test_head_has_the_length_and_no_body() -> None:
    async with serve() as served:
        client = await served.connect()
        client.writer.write(get("/large", method="HEAD") + get("/next"))
        _, headers, _ = await client.response(has_body=False)
        assert headers["content-length"] == str(len(LARGE))
        assert (await client.response())[2] == b"/next"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (get(version="1.0"), 200),
        (get(version="2.0"), 505),
        (get(version="0.9"), 505),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (get("/", "Host: y"), 400),
        (get("/", *(f"X-{n}: y" for n in range(101))), 431),
        (get("/", "X: " + "y" * 17_000), 431),
        (get("/" + "y" * 17_000), 431),
        (get("/", "Transfer-Encoding: gzip, chunked", method="POST") + b"0\r\n\r\n", 501),
        (get("/", "Transfer-Encoding: chunked", version="1.0", method="POST") + b"0\r\n\r\n", 400),
        (get("/", "Content-Length: 1", "Content-Length: 2", method="POST") + b"ab", 400),
        (get("/", "Content-Length: 1", "Transfer-Encoding: chunked", method="POST"), 400),
    ],
)
async def test_what_is_no_plain_http_1_1_is_answered_and_closed(raw: bytes, status: int) -> None:
    async with serve() as served:
        answer = await served.talk(raw)
        assert int(answer.split()[1]) == status
        assert answer.count(b"\r\nDate: ") == 1


# Bodies


async def test_a_chunked_body_is_joined_and_its_trailers_reach_no_request() -> None:
    async with serve() as served:
        client = await served.connect()
        chunked = get("/", "Transfer-Encoding: chunked", method="POST")
        client.writer.write(chunked + b"3\r\nhel\r\n2;ext=1\r\nlo\r\n0\r\nX-Own: trailer\r\n\r\n")
        client.writer.write(get("/next"))
        assert (await client.response())[2] == b"hello"
        assert (await client.response())[2] == b"/next"
        assert ["x-own" in request.headers for request in served.seen] == [False, False]


@pytest.mark.parametrize(
    "raw",
    [
        get("/", "Content-Length: 1001", method="POST") + b"x" * 1001,
        get("/", "Transfer-Encoding: chunked", method="POST")
        + b"3e9\r\n"
        + b"x" * 1001
        + b"\r\n0\r\n\r\n",
        get("/", "Transfer-Encoding: chunked", method="POST") + b"1;" + b"e" * 600_000,
    ],
    ids=["length", "chunked", "extensions"],
)
async def test_a_body_that_is_too_large_is_answered_and_closed(raw: bytes) -> None:
    async with serve() as served:
        answer = await served.talk(raw)
        assert answer.endswith(b"body-too-large")
        assert served.seen[0].body == b""


@pytest.mark.parametrize("coding", ["br", "gzip", "zstd", "x", "identity, br"])
@pytest.mark.parametrize(
    "body",
    [("Content-Length: 4", b"\x1f\x8b\x08\x00"), ("Transfer-Encoding: chunked", b"4\r\nabcd\r\n")],
    ids=["length", "chunked"],
)
@pytest.mark.parametrize("method", ["POST", "GET", "PUT"])
async def test_a_coded_body_is_refused_by_its_head(
    coding: str, body: tuple[str, bytes], method: str
) -> None:
    async with serve() as served:
        field, content = body
        head = get("/", field, f"Content-Encoding: {coding}", method=method)
        assert (await served.talk(head + content)).endswith(b"unsupported-media")
        assert served.seen[0].body == b""


async def test_identity_is_no_coding_and_without_a_body_nothing_is_coded() -> None:
    async with serve() as served:
        client = await served.connect()
        client.writer.write(post(b"hello", "Content-Encoding: identity"))
        client.writer.write(get("/next", "Content-Encoding: br"))
        assert (await client.response())[2] == b"hello"
        assert (await client.response())[2] == b"/next"


async def test_the_largest_body_is_read() -> None:
    async with serve() as served:
        client = await served.connect()
        client.writer.write(post(b"x" * BODY_LIMIT))
        assert len((await client.response())[2]) == BODY_LIMIT


async def test_header_fields_that_are_read_arrive_joined_and_others_do_not() -> None:
    fields = ("X-OWN: a", "x-own: b", "Cookie: a=1", "cookie: b=2", "X-Other: c")
    async with serve() as served:
        await served.talk(get("/", *fields, CLOSE))
        headers = served.seen[0].headers
        assert (headers["x-own"], headers["cookie"]) == ("a, b", "a=1; b=2")
        assert "x-other" not in headers


# Ends


async def test_a_half_closed_client_gets_its_responses() -> None:
    async with serve() as served:
        client = await served.connect()
        client.writer.write(get("/slow") + get("/second"))
        client.writer.write_eof()
        assert (await client.response())[2] == b"/slow"
        assert (await client.response())[2] == b"/second"
        assert await client.ended()


async def test_a_request_whose_client_left_is_finished() -> None:
    async with serve() as served:
        client = await served.connect()
        client.writer.write(get("/slow"))
        await asyncio.sleep(0.1)
        client.writer.transport.abort()
        await asyncio.sleep(0.5)
        assert served.finished == ["/slow"]
        assert len(served.guard) == 0
        assert not served.server.context.tasks


async def test_draining_finishes_requests_and_closes_idle_connections() -> None:
    async with serve(drain_seconds=2) as served:
        busy, idle = await served.connect(), await served.connect()
        busy.writer.write(get("/slow"))
        idle.writer.write(get())
        await idle.response()
        await asyncio.sleep(0.1)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 1.5
    status, headers, _ = await busy.response()
    assert (status, headers["connection"]) == (200, "close")
    assert await busy.ended()
    assert await idle.ended()


async def test_a_request_on_its_way_while_the_server_drains_is_answered_and_closed() -> None:
    async with serve(drain_seconds=2) as served:
        client = await served.connect()
        client.writer.write(get("/before"))
        await client.response()
        draining = asyncio.create_task(served.server.drain(2))
        await asyncio.sleep(0)
        assert served.server.context.is_draining
        client.writer.write(get("/on-its-way"))
        status, headers, body = await client.response()
        assert (status, headers["connection"], body) == (200, "close", b"/on-its-way")
        assert await client.ended()
        await draining


async def test_draining_ends_even_when_a_client_does_not_read() -> None:
    async with serve() as served:
        client = await served.connect()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        client.writer.write(get("/large") * 40)
        await asyncio.sleep(0.2)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 4
    assert len(served.guard) == 0
