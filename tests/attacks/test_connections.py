"""Attacks on the connections of both services: honest people are served all the while."""

import asyncio
import gzip
import socket
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import brotli
import pytest

from tests.attacks.targets import NETWORKS, Target, each_network, run_target, served_meanwhile

pytestmark = pytest.mark.asyncio(loop_scope="function")
ZEROS = bytes(20_000_000)
BOMBS = {
    "gzip": gzip.compress(ZEROS),
    "deflate": zlib.compress(ZEROS),
    "br": brotli.compress(ZEROS, quality=5),
    "identity, br": brotli.compress(ZEROS, quality=5),
}


@pytest.fixture(scope="module", params=["resolver", "desk"])
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    directory: Path = tmp_path_factory.mktemp(request.param)
    with run_target(request.param, directory) as made:
        yield made


def post(target: Target, *fields: str) -> bytes:
    lines = [f"POST {target.post} HTTP/1.1", "Host: v.vn", "Connection: close", *fields, "", ""]
    return "\r\n".join(lines).encode()


def chunk(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


async def closed(target: Target, seconds: float = 10) -> None:
    """Wait until the target has no connections left but those of honest people."""
    async with asyncio.timeout(seconds):
        while (await asyncio.to_thread(target.metrics))[""] > 2:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_compressed_bodies_are_not_decompressed(target: Target) -> None:
    before, held = target.processor_seconds(), target.memory_bytes()
    async with served_meanwhile(target):
        for coding, bomb in BOMBS.items():
            for media in ("application/json", "application/x-www-form-urlencoded"):
                head = (f"Content-Encoding: {coding}", f"Content-Type: {media}")
                for raw in (
                    post(target, *head, f"Content-Length: {len(bomb)}") + bomb,
                    post(target, *head, "Transfer-Encoding: chunked") + chunk(bomb),
                ):
                    answer = await target.talk(raw)
                    assert answer.startswith(b"HTTP/1.1 415 "), answer[:200]
    assert target.memory_bytes() - held < len(ZEROS)
    # Each of 16 bodies would be 20 MB: more than a second of work for any parser.
    assert target.processor_seconds() - before < 5


async def test_idle_sockets_beyond_the_file_limit_shut_nobody_out(target: Target) -> None:
    held: list[asyncio.StreamWriter] = []
    evicted = target.metrics()["_evicted_total"]
    async with served_meanwhile(target):
        for _, source in zip(range(600), each_network(), strict=False):
            with suppress(OSError):
                held.append((await target.connect(source))[1])
        await asyncio.sleep(1.5)
        for _, source in zip(range(300), each_network(), strict=False):
            with suppress(OSError):
                held.append((await target.connect(source))[1])
    after = target.metrics()
    assert after["_evicted_total"] - evicted > 200
    assert after["_limit"] < 300
    for writer in held:
        writer.close()
    await closed(target)


async def test_one_network_takes_no_more_than_its_share(target: Target) -> None:
    held = []
    async with served_meanwhile(target):
        for _ in range(160):
            with suppress(OSError):
                held.append(await target.connect(NETWORKS[0]))
        await asyncio.sleep(0.2)
        assert (await asyncio.to_thread(target.metrics))[""] <= 102  # and an honest one or two
    for _, writer in held:
        writer.close()
    await closed(target)


async def test_clients_that_never_read_are_cut_and_fill_no_memory(target: Target) -> None:
    held, sockets = target.memory_bytes(), []
    expired = target.metrics()["_expired_total"]
    loop = asyncio.get_running_loop()
    async with served_meanwhile(target):
        for _, source in zip(range(20), each_network(), strict=False):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.bind((source, 0))
            client.setblocking(False)
            await loop.sock_connect(client, ("127.0.0.1", target.port))
            with suppress(OSError):
                client.send(target.unread)
            sockets.append(client)
        await closed(target, 15)
    assert target.metrics()["_expired_total"] - expired >= 15
    assert target.memory_bytes() - held < 60_000_000
    for client in sockets:
        client.close()


@pytest.mark.parametrize("part", ["head", "body", "chunks", "blank lines", "second head"])
async def test_heads_and_bodies_that_trickle_are_ended(target: Target, part: str) -> None:
    honest = f"GET {target.honest} HTTP/1.1\r\nHost: v.vn\r\n\r\n".encode()
    form = "Content-Type: application/x-www-form-urlencoded"
    first, drip = {
        "head": (b"GET / HTTP/1.1\r\nHost: v.vn\r\nX-Slow: ", b"x"),
        "body": (post(target, form, "Content-Length: 3000"), b"x"),
        "chunks": (post(target, form, "Transfer-Encoding: chunked"), b"1\r\nx\r\n"),
        "blank lines": (b"", b"\r\n"),
        "second head": (honest + b"GET / HTTP/1.1\r\nX-Slow: ", b"x"),
    }[part]

    async def trickle(source: str) -> None:
        reader, writer = await target.connect(source)
        writer.write(first)
        ended = asyncio.create_task(reader.read())
        try:
            async with asyncio.timeout(8):
                while not ended.done():
                    writer.write(drip)
                    await asyncio.sleep(0.05)
        finally:
            ended.cancel()
            await asyncio.gather(ended, return_exceptions=True)
            writer.close()

    async with served_meanwhile(target):
        sources = [source for _, source in zip(range(60), each_network(), strict=False)]
        await asyncio.gather(*map(trickle, sources))


RAW = [
    b"GET /S/\x00 HTTP/1.1\r\nHost: v.vn\r\n\r\n",
    b"GET /S/%00 HTTP/1.1\r\nHost: v.vn\r\n\r\n",
    b"GET /?q=%00&q=%1b HTTP/1.1\r\nHost: v.vn\r\n\r\n",
    b"GET /%c2%80 HTTP/1.1\r\nHost: v.vn\r\n\r\n",
    b"GET /\x7f HTTP/1.1\r\nHost: v.vn\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: v\x00vn\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: v.vn\r\nCookie: desk=\x01\r\n\r\n",
    b"\x00\r\n\r\n",
    b"G\x00T / HTTP/1.1\r\nHost: v.vn\r\n\r\n",
    b"POST {post} HTTP/1.1\r\nHost: v.vn\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 12\r\n\r\ncode=%00&x=y",
]


@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
async def test_control_characters_anywhere_in_a_request_are_answered_400(
    target: Target, raw: bytes
) -> None:
    answer = await target.talk(raw.replace(b"{post}", target.post.encode()), seconds=2)
    assert answer.split(None, 2)[1] == b"400", answer[:200]
    await target.ask_honestly()


async def test_bodies_that_break_off_are_no_defects(target: Target) -> None:
    form = ("Content-Type: application/x-www-form-urlencoded", "Content-Length: 3000")
    async with served_meanwhile(target):
        for number, source in zip(range(40), each_network(), strict=False):
            _, writer = await target.connect(source)
            if number % 2:
                writer.write(post(target, *form) + b"code=")
                await asyncio.sleep(0.01)
            else:  # left before the service can ask for the body
                writer.write(post(target, *form, "Expect: 100-continue"))
            writer.transport.abort()
    # `run_target` looks for defects in the log at the end.


async def test_cookies_that_are_no_text_are_no_cookies(target: Target) -> None:
    head = f"GET {target.honest} HTTP/1.1\r\nHost: v.vn\r\nConnection: close\r\n".encode()
    answer = await target.talk(head + b"Cookie: desk=\xff; desk-browser=\xff; lang=\xff\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
