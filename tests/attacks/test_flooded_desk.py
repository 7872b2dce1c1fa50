"""A flood of sign-ins: somebody known signs in at once, pages are served, nothing is told apart."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.attacks.targets import Target, each_network, run_target, served_meanwhile
from tests.desk.running_desk import PASSWORD

_ATTEMPTS = 120


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    with run_target("desk", tmp_path) as made:
        yield made


async def sign_in(
    target: Target, source: str, name: str, password: str, cookies: str = ""
) -> tuple[int, str, float]:
    """Status, cookies and seconds of a sign-in."""
    body = urlencode({"name": name, "password": password}).encode()
    head = (
        f"POST /sign-in HTTP/1.1\r\nHost: v.vn\r\nConnection: close\r\nCookie: {cookies}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    began = time.monotonic()
    answer = await target.talk(head.encode() + body, seconds=8, source=source)
    lines = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    told = [line.partition(": ")[2] for line in lines if line.startswith("Set-Cookie: ")]
    seconds = time.monotonic() - began
    status = int(lines[0].split()[1]) if lines[0] else 0
    return status, "; ".join(cookie.partition(";")[0] for cookie in told), seconds


async def test_a_known_browser_signs_in_during_a_flood_from_ten_networks(target: Target) -> None:
    status, cookies, _ = await sign_in(target, "127.0.0.1", "mai", PASSWORD)
    assert status == 303
    async with served_meanwhile(target):
        flood = [
            asyncio.create_task(sign_in(target, source, f"nobody{n}", "wrong password"))
            for n, source in zip(range(_ATTEMPTS), each_network(), strict=False)
        ]
        await asyncio.sleep(0.5)
        status, _, seconds = await sign_in(target, "127.0.0.1", "mai", PASSWORD, cookies)
        assert status == 303
        assert seconds < 5
        outcomes = await asyncio.gather(*flood)
    counts = Counter(status for status, _, _ in outcomes)
    assert set(counts) <= {401, 429, 503, 0}  # 0: gave up waiting for its turn
    assert counts[429] + counts[503] > _ATTEMPTS / 2  # refused at once, without a hash
