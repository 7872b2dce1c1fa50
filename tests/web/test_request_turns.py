"""The turns of requests: few at once, callers by turns, bounded, and never held by who waits."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from web.errors import ServiceBusy
from web.request_turns import MOST_OF_ONE, MOST_WAITING, Caller, RequestTurns

AT_ONCE = 2


def stranger(number: int) -> Caller:
    return Caller(is_known=False, key=f"198.51.{number >> 8}.{number & 255}")


MAI = Caller(is_known=True, key="mai")
BO = Caller(is_known=True, key="bo")


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


class Service:
    """Requests that last until the test ends them, in the order in which they began."""

    def __init__(self, seconds: float = 60) -> None:
        self.turns = RequestTurns(AT_ONCE, seconds=seconds)
        self.begun: list[str] = []
        self.end = asyncio.Event()

    async def answer(self, caller: Caller, name: str = "") -> str:
        async with self.turns.take(caller):
            self.begun.append(name or caller.key)
            await self.end.wait()
        return name

    async def receive_many(self, count: int, number: int) -> list[asyncio.Task[str]]:
        """Requests of one network, once they run or wait."""
        requests = [self.receive(stranger(number)) for _ in range(count)]
        await settle()
        return requests

    def receive(self, caller: Caller, name: str = "") -> asyncio.Task[str]:
        return asyncio.create_task(self.answer(caller, name))


async def test_no_more_than_so_many_run_at_once() -> None:
    service = Service()
    requests = [service.receive(stranger(n)) for n in range(5)]
    await settle()
    assert (len(service.begun), service.turns.running, service.turns.waiting) == (2, 2, 3)
    service.end.set()
    await asyncio.gather(*requests)
    assert (len(service.begun), service.turns.running, service.turns.waiting) == (5, 0, 0)


async def test_requests_that_wait_for_nothing_begin_one_in_each_pass() -> None:
    service = Service()
    service.end.set()
    requests = [service.receive(stranger(n)) for n in range(6)]
    await asyncio.sleep(0)
    assert len(service.begun) == 1
    await asyncio.gather(*requests)


async def test_networks_take_turns_however_many_requests_one_has_waiting() -> None:
    service = Service()
    flood = [service.receive(stranger(1), "flood") for _ in range(40)]
    honest = [service.receive(stranger(n), f"honest {n}") for n in (2, 3)]
    await settle()
    service.end.set()
    await asyncio.gather(*flood, *honest)
    # Two of the flood had begun; whoever came last is behind at most one more of it.
    assert all(service.begun.index(f"honest {n}") <= 4 for n in (2, 3))


async def test_those_who_are_signed_in_take_turns_with_all_strangers_together() -> None:
    service = Service()
    flood = [service.receive(stranger(n), "flood") for n in range(40)]
    staff = [service.receive(who, who.key) for who in (MAI, MAI, BO)]
    await settle()
    service.end.set()
    await asyncio.gather(*flood, *staff)
    known = [at for at, name in enumerate(service.begun) if name != "flood"]
    assert known in ([1, 3, 5], [2, 4, 6])  # nor do they shut strangers out
    assert [service.begun[at] for at in known] == ["mai", "bo", "mai"]


async def test_one_network_that_fills_its_share_is_refused_and_no_other() -> None:
    service = Service()
    waiting = await service.receive_many(AT_ONCE, 1)
    waiting += await service.receive_many(MOST_OF_ONE, 1)
    with pytest.raises(ServiceBusy) as refusal:
        await service.answer(stranger(1))
    assert refusal.value.seconds > 0
    waiting += [service.receive(stranger(2)), service.receive(MAI)]
    await settle()
    assert service.turns.refused == 1
    service.end.set()
    await asyncio.gather(*waiting)


async def test_strangers_fill_the_queue_of_strangers_only() -> None:
    service = Service()
    waiting = await service.receive_many(AT_ONCE, 1)
    waiting += [service.receive(stranger(n)) for n in range(MOST_WAITING)]
    await settle()
    with pytest.raises(ServiceBusy):
        await service.answer(stranger(5000))
    waiting.append(service.receive(MAI))
    await settle()
    service.end.set()
    await asyncio.gather(*waiting)


async def wait_for_client(service: Service, asked: asyncio.Event) -> None:
    async with service.turns.take(stranger(1)) as turn, turn.pause():
        await asked.wait()


async def wait_for_disk(service: Service, asked: asyncio.Event) -> None:
    async with service.turns.take(stranger(1)):
        await asked.wait()


@pytest.mark.parametrize("wait", [wait_for_client, wait_for_disk])
async def test_what_waits_holds_no_turn(
    wait: Callable[[Service, asyncio.Event], Awaitable[None]],
) -> None:
    service, asked = Service(seconds=0.01), asyncio.Event()
    service.end.set()
    slow = [asyncio.ensure_future(wait(service, asked)) for _ in range(10)]
    async with asyncio.timeout(10):
        await service.answer(stranger(2))
    asked.set()
    await asyncio.gather(*slow)
    assert (service.turns.running, service.turns.waiting) == (0, 0)


async def test_a_request_that_was_paused_is_refused_by_no_bound() -> None:
    service, read = Service(), asyncio.Event()

    async def answer() -> None:
        async with service.turns.take(stranger(1)) as turn:
            async with turn.pause():
                await read.wait()
            service.begun.append("paused")

    paused = asyncio.create_task(answer())
    await settle()
    crowd = await service.receive_many(AT_ONCE, 1)
    crowd += await service.receive_many(MOST_OF_ONE, 1)
    read.set()
    await settle()
    service.end.set()
    await asyncio.gather(paused, *crowd)
    assert "paused" in service.begun


async def test_clients_that_leave_take_no_turn_with_them() -> None:
    service = Service()
    requests = [service.receive(stranger(n % 3)) for n in range(12)]
    await settle()
    for request in requests[:9]:  # some that run, some that wait
        request.cancel()
    await settle()
    # And one that is cancelled after its turn was given and before it could begin.
    service.end.set()
    await asyncio.gather(*requests, return_exceptions=True)
    late = [service.receive(stranger(1)) for _ in range(5)]
    await asyncio.sleep(0)
    late[2].cancel()
    await asyncio.gather(*late, return_exceptions=True)
    assert (service.turns.running, service.turns.waiting) == (0, 0)
    assert await service.answer(MAI, "last") == "last"
