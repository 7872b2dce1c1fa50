"""Floods of requests to the desk: staff, and whoever comes from elsewhere, are served meanwhile."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from tests.attacks.targets import NETWORKS, run_target
from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk
from web.request_turns import MOST_OF_ONE

SENDERS: Final = 150
FORGED: Final = f"Authorization: Bearer vtm_{0:012x}_{'x' * 43}"
KINDS: Final = {
    "bad token": f"GET /api/v1/orders HTTP/1.1\r\nHost: v.vn\r\n{FORGED}\r\n\r\n",
    "no session": "GET /orders HTTP/1.1\r\nHost: v.vn\r\n\r\n",
}
ROUNDS: Final = {"bad token": 1, "no session": 5}
"""How often at most all senders are answered during a page; a refusal without a query is quick."""
SIGN_IN: Final = (
    "POST /sign-in HTTP/1.1\r\nHost: v.vn\r\nContent-Length: 60\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\n\r\nname="
)


class Flood:
    """Connections that each send one request after the other."""

    def __init__(self, port: int, request: bytes, networks: tuple[str, ...]) -> None:
        self._port = port
        self._request = request
        self._networks = networks
        self.statuses: Counter[int] = Counter()

    @property
    def answers(self) -> int:
        return self.statuses.total()

    @asynccontextmanager
    async def run(self, senders: int = SENDERS) -> AsyncIterator[None]:
        """Last as long as the block."""
        sources = [self._networks[n % len(self._networks)] for n in range(senders)]
        tasks = [asyncio.create_task(self._send(source)) for source in sources]
        try:
            async with asyncio.timeout(20):
                while self.answers < senders:  # noqa: ASYNC110 - counted by the senders
                    await asyncio.sleep(0.01)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, source: str) -> None:
        while True:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", self._port, local_addr=(source, 0)
                )
                try:
                    while True:
                        writer.write(self._request)
                        head = await reader.readuntil(b"\r\n\r\n")
                        fields = head.lower().split(b"content-length: ")
                        await reader.readexactly(int(fields[1].split(b"\r")[0]))
                        self.statuses[int(head[9:12])] += 1
                finally:
                    writer.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_staff_wait_for_a_few_requests_of_a_flood_and_not_for_all(
    desk: RunningDesk, kind: str
) -> None:
    port = int(desk.url.rpartition(":")[2])
    flood = Flood(port, KINDS[kind].encode(), NETWORKS)
    async with somebody(desk, "bo") as authority, flood.run():
        for _ in range(5):
            before = flood.answers
            assert (await authority.get("/orders")).status == 200
            # A page takes many steps; without turns each waits for a step of every sender.
            assert flood.answers - before < ROUNDS[kind] * SENDERS
    assert 200 not in flood.statuses


async def test_one_network_is_refused_and_a_stranger_elsewhere_is_not(desk: RunningDesk) -> None:
    port = int(desk.url.rpartition(":")[2])
    flood = Flood(port, KINDS["bad token"].encode(), NETWORKS[:1])
    assert SENDERS > 2 * MOST_OF_ONE
    async with somebody(desk, "bo") as authority, flood.run():
        for path in ("/sign-in", "/api/openapi.json", "/health/ready"):
            async with desk.session.get(desk.url + path) as answer:
                assert answer.status == 200, path
        assert (await authority.get("/orders")).status == 200
    assert flood.statuses[429] > 0
    assert set(flood.statuses) == {401, 429}


async def test_slow_bodies_keep_nobody_waiting(desk: RunningDesk) -> None:
    port = int(desk.url.rpartition(":")[2])
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(60)]
    for _, writer in held:
        writer.write(SIGN_IN.encode())
    async with somebody(desk, "bo") as authority, asyncio.timeout(10):
        for _ in range(5):
            assert (await authority.get("/orders")).status == 200
    for _, writer in held:
        writer.close()


def test_the_desk_stops_in_time_in_the_middle_of_a_sign_in_flood(tmp_path: Path) -> None:
    drain = 6.0  # a busy machine ends the hashes under way, and the process, in what is left of two
    with run_target("desk", tmp_path, drain_seconds=drain) as target:

        async def stop_in_a_flood() -> None:
            held = []
            for n in range(60):
                held.append(await target.connect(NETWORKS[n % len(NETWORKS)]))
                held[-1][1].write(f"{SIGN_IN}{n:02}&password={'x' * 43}".encode())
            await asyncio.wait_for(held[0][0].readline(), 10)  # passwords are being hashed
            target.process.send_signal(signal.SIGTERM)
            # Sign-ins that wait for their hash are cut at the deadline, not waited for once more.
            assert await asyncio.to_thread(target.process.wait, 1.9 * drain) == 0
            for _, writer in held:
                writer.close()

        asyncio.run(stop_in_a_flood())
    # `run_target` looks for tracebacks in the log.
