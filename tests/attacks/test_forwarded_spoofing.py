"""A client behind a real proxy cannot choose its own address, nor join others in theirs."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.proxies import (
    JOINED,
    OWN_LINE,
    RFC_7239,
    RFC_7239_V6,
    WITH_PORT,
    run_haproxy,
    run_nginx,
)
from tests.resolver.house import House, a_house

_LIMIT: Final = 4
_UNKNOWN: Final = "/S/" + "0" * 20
_SPOOFED: Final = (
    "X-Forwarded-For: 198.51.100.{n}",
    "X-Forwarded-For: 198.51.100.{n}, 127.0.0.1",
    "X-Forwarded-For: 198.51.100.{n}\r\nX-Forwarded-For: 198.51.100.1{n}",
    "Forwarded: for=198.51.100.{n}",
    'Forwarded: for="[2001:db8:{n}::1]:80", for=127.0.0.1',
    'Forwarded: for=198.51.100.{n};by="',
    "X-Forwarded-For: unknown",
    "X-Real-IP: 198.51.100.{n}",
)


@asynccontextmanager
async def service(directory: Path, header: str = "x-forwarded-for") -> AsyncIterator[House]:
    async with a_house(
        directory,
        trusted_proxies=("127.0.0.1",),
        forwarded_header=header,
        unknown_per_minute=_LIMIT,
        unknown_code_seconds=0.0,
    ) as house:
        yield house


async def ask(port: int, source: str, fields: str) -> int:
    """The status of a code that is not ours, asked for from an address of the loopback."""
    target = "::1" if ":" in source else "127.0.0.1"
    reader, writer = await asyncio.open_connection(target, port, local_addr=(source, 0))
    lines = f"GET {_UNKNOWN} HTTP/1.1\r\nHost: v.vn\r\n{fields}\r\nConnection: close\r\n\r\n"
    writer.write(lines.encode())
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return int(answer.split(None, 2)[1])


async def spoof(port: int, source: str, others: str) -> None:
    """Try more codes than one network may, each with another address in every header there is."""
    statuses = [
        await ask(port, source, _SPOOFED[n % len(_SPOOFED)].format(n=n)) for n in range(2 * _LIMIT)
    ]
    assert statuses == [404] * _LIMIT + [429] * _LIMIT
    assert await ask(port, others, "X-None: 1") == 404  # somebody else is not in its network
    assert await ask(port, others, f"X-Forwarded-For: {source}") == 404


@pytest.fixture
def proxies() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("header", [JOINED, WITH_PORT], ids=["joined", "with port"])
async def test_behind_nginx(tmp_path: Path, proxies: ExitStack, header: str) -> None:
    async with service(tmp_path) as house:
        port = proxies.enter_context(run_nginx(house.serving.url, header))
        await spoof(port, "127.0.0.7", "127.0.0.8")


async def test_behind_haproxy_that_adds_a_line_of_its_own(
    tmp_path: Path, proxies: ExitStack
) -> None:
    async with service(tmp_path) as house:
        port = proxies.enter_context(run_haproxy(house.serving.url, OWN_LINE))
        await spoof(port, "127.0.0.7", "127.0.0.8")


async def test_behind_haproxy_that_writes_forwarded(tmp_path: Path, proxies: ExitStack) -> None:
    async with service(tmp_path, "forwarded") as house:
        port = proxies.enter_context(run_haproxy(house.serving.url, RFC_7239))
        await spoof(port, "127.0.0.7", "127.0.0.8")


async def test_behind_haproxy_and_nginx(tmp_path: Path, proxies: ExitStack) -> None:
    async with service(tmp_path) as house:
        inner = proxies.enter_context(run_nginx(house.serving.url))
        port = proxies.enter_context(run_haproxy(f"http://127.0.0.1:{inner}"))
        await spoof(port, "127.0.0.7", "127.0.0.8")


async def test_behind_haproxy_on_both_families(tmp_path: Path, proxies: ExitStack) -> None:
    """IPv4 clients of such a socket have IPv4-mapped addresses: two of them are two networks."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    async with service(tmp_path) as house:
        port = proxies.enter_context(run_haproxy(house.serving.url, host="::"))
        await spoof(port, "127.0.0.7", "127.0.0.8")
        await spoof(port, "::1", "127.0.0.9")


async def test_ipv6_clients_in_brackets_and_quotes(tmp_path: Path, proxies: ExitStack) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    async with service(tmp_path, "forwarded") as house:
        port = proxies.enter_context(run_haproxy(house.serving.url, RFC_7239_V6, host="::"))
        await spoof(port, "::1", "127.0.0.9")


async def test_without_a_proxy_nobody_names_an_address(tmp_path: Path) -> None:
    async with a_house(tmp_path, unknown_per_minute=_LIMIT, unknown_code_seconds=0.0) as house:
        port = int(house.serving.url.rpartition(":")[2])
        await spoof(port, "127.0.0.7", "127.0.0.8")
