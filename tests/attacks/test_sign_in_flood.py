"""Strangers with one network or ten who sign in at once, to keep people out or to guess.

A hash costs enough here that a flood fills the queue. Every address of 127.0.0.0/8 is a network.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from argon2 import PasswordHasher

from ledger.accounts import passwords
from tests.desk.people import Somebody, somebody
from tests.desk.running_desk import PASSWORD, RunningDesk

FLOOD = 150
TEN_NETWORKS = [f"127.0.1.{n}" for n in range(1, 11)]


@pytest.fixture(autouse=True)
def _hashes_with_a_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(2, 19_456, 1))


@pytest.fixture
async def phone(desk: RunningDesk) -> AsyncIterator[Somebody]:
    """Mai's phone, which signed in before and is signed out now."""
    await desk.ledger.staff.set_password("mai", PASSWORD, actor="root")  # at that cost
    async with somebody(desk, "mai") as person:
        await person.submit(await person.get("/account"), "/sign-out")
        yield person


@asynccontextmanager
async def from_address(desk: RunningDesk, address: str) -> AsyncIterator[Somebody]:
    """A browser in a network of its own."""
    connector = aiohttp.TCPConnector(local_addr=(address, 0), limit=0)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session:
        yield Somebody(desk, session)


class Flood:
    """Sign-ins that all begin at once, one after the other from each network."""

    def __init__(self, desk: RunningDesk, networks: list[str], name: str = "stranger{n}") -> None:
        self._desk = desk
        self._networks = networks
        self._name = name
        self.statuses: Counter[int] = Counter()
        self._first = asyncio.Event()

    async def run(self, size: int = FLOOD) -> None:
        share = size // len(self._networks)
        await asyncio.gather(
            *(self._attack(network, range(n * share, (n + 1) * share))
              for n, network in enumerate(self._networks))
        )  # fmt: skip

    async def until_it_hashes(self) -> None:
        async with asyncio.timeout(30):
            await self._first.wait()

    async def _attack(self, network: str, numbers: range) -> None:
        async with from_address(self._desk, network) as stranger:
            await asyncio.gather(*(self._sign_in(stranger, n) for n in numbers))

    async def _sign_in(self, stranger: Somebody, number: int) -> None:
        fields = {"name": self._name.format(n=number), "password": f"not the password {number}"}
        url = f"{self._desk.url}/sign-in"
        async with stranger.session.post(url, data=fields, allow_redirects=False) as answer:
            await answer.read()
            self.statuses[answer.status] += 1
            assert answer.status in (401, 429)
            if answer.status == 429:
                assert int(answer.headers["Retry-After"]) > 0
            else:
                self._first.set()


@pytest.mark.parametrize(
    ("networks", "size"),
    # Ten networks have budgets of 300 together: more than twice as many come.
    [(TEN_NETWORKS[:1], FLOOD), (TEN_NETWORKS, 620)],
    ids=["one", "ten"],
)
async def test_a_known_browser_overtakes_a_flood(
    desk: RunningDesk, phone: Somebody, networks: list[str], size: int
) -> None:
    flood = Flood(desk, networks)
    running = asyncio.create_task(flood.run(size))
    await flood.until_it_hashes()
    before = flood.statuses[401]
    fields = {"name": "mai", "password": PASSWORD}
    url = f"{desk.url}/sign-in"
    async with phone.session.post(url, data=fields, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")
    # Without the reserved place all that waits would be hashed first.
    assert flood.statuses[401] - before <= 12
    await running
    assert sum(flood.statuses.values()) == size
    # Whoever finds the queue full, or has spent the network's budget, is sent away at once.
    assert flood.statuses[429] > size / 2


async def test_a_new_browser_elsewhere_signs_in_during_a_flood(
    desk: RunningDesk, phone: Somebody
) -> None:
    flood = Flood(desk, TEN_NETWORKS)
    running = asyncio.create_task(flood.run())
    await flood.until_it_hashes()
    async with from_address(desk, "127.0.2.1") as honest:
        page = await honest.sign_in("mai")
    assert (page.status, page.path) == (200, "/")
    await running


async def test_pages_are_served_during_a_flood(desk: RunningDesk, phone: Somebody) -> None:
    async with somebody(desk, "bo") as authority:
        flood = Flood(desk, TEN_NETWORKS)
        running = asyncio.create_task(flood.run())
        await flood.until_it_hashes()
        pages = 0
        while not running.done():
            assert (await authority.get("/orders")).status == 200
            pages += 1
        await running
    # More pages than hashes: nobody waits behind a password.
    assert pages > flood.statuses[401] / 2


async def test_ten_networks_guess_ten_passwords_of_an_account_and_lock_nobody_out(
    desk: RunningDesk, phone: Somebody
) -> None:
    for name, expected in (("mai", 10), ("nobody", 10)):
        found = 0
        for _ in range(3):
            flood = Flood(desk, TEN_NETWORKS, name)
            await flood.run(50)
            found += flood.statuses[401]
        assert found == expected
    async with from_address(desk, "127.0.2.1") as new_browser:
        assert (await new_browser.sign_in("mai")).status == 429
    assert (await phone.sign_in("mai")).path == "/"


async def test_a_flood_writes_nothing_to_the_ledger(desk: RunningDesk, phone: Somebody) -> None:
    before = len(await desk.ledger.audit.list_after())
    await Flood(desk, TEN_NETWORKS, "mai").run()
    await Flood(desk, TEN_NETWORKS).run()
    assert len(await desk.ledger.audit.list_after()) == before
