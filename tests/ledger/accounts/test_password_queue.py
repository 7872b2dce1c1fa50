"""The password queue: bounded, fair, and with a place that strangers cannot take."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator

import pytest

from ledger.accounts.password_queue import (
    MOST_OF_ONE,
    MOST_WAITING,
    SLOTS,
    STRANGER,
    PasswordQueue,
    QueueParty,
)
from ledger.staff_errors import SignInBusy


class Work:
    """Hashes that last until the test ends them, in the order in which they began."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.end = threading.Event()

    def __call__(self, name: str) -> str:
        self.begun.append(name)
        assert self.end.wait(20)
        return name


@pytest.fixture
async def queue() -> AsyncIterator[PasswordQueue]:
    queue = PasswordQueue()
    yield queue
    queue.close()


def stranger(number: int) -> QueueParty:
    return QueueParty(is_known=False, key=f"198.51.100.{number}")


async def until_begun(work: Work, count: int) -> None:
    async with asyncio.timeout(10):
        while len(work.begun) < count:  # noqa: ASYNC110 - other threads begin the work
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.02)
    assert len(work.begun) == count


async def test_a_known_browser_is_hashed_while_strangers_fill_the_queue(
    queue: PasswordQueue,
) -> None:
    work = Work()
    crowd = [
        asyncio.create_task(queue.run(stranger(n), work, f"stranger {n}"))
        for n in range(MOST_WAITING + SLOTS - 1)
    ]
    await until_begun(work, SLOTS - 1)
    with pytest.raises(SignInBusy) as refusal:
        await queue.run(stranger(200), work, "one too many")
    assert refusal.value.seconds > 0
    known = asyncio.create_task(queue.run(QueueParty(True, "mai"), work, "mai"))
    await until_begun(work, SLOTS)
    assert work.begun[-1] == "mai"
    work.end.set()
    assert await known == "mai"
    assert len(await asyncio.gather(*crowd)) == MOST_WAITING + SLOTS - 1


async def test_known_browsers_go_first_and_strangers_keep_their_order(queue: PasswordQueue) -> None:
    work = Work()
    waiting = [
        asyncio.create_task(queue.run(party, work, name))
        for party, name in (
            (stranger(1), "stranger 1"),
            (stranger(2), "stranger 2"),
            (stranger(3), "stranger 3"),
            (QueueParty(True, "mai"), "mai"),
            (QueueParty(True, "bo"), "bo"),
        )
    ]
    await until_begun(work, 2)
    work.end.set()
    await asyncio.gather(*waiting)
    assert work.begun == ["stranger 1", "mai", "bo", "stranger 2", "stranger 3"]


@pytest.mark.parametrize("party", [stranger(1), QueueParty(True, "mai")])
async def test_one_party_can_not_fill_the_queue(queue: PasswordQueue, party: QueueParty) -> None:
    work = Work()
    running = SLOTS if party.is_known else SLOTS - 1
    own = [asyncio.create_task(queue.run(party, work, "own")) for _ in range(running + MOST_OF_ONE)]
    await until_begun(work, running)
    with pytest.raises(SignInBusy):
        await queue.run(party, work, "one too many")
    other = asyncio.create_task(queue.run(party._replace(key="other"), work, "other"))
    await asyncio.sleep(0)
    work.end.set()
    assert await other == "other"
    await asyncio.gather(*own)


async def test_whoever_stops_waiting_leaves_the_queue(queue: PasswordQueue) -> None:
    work = Work()
    first = asyncio.create_task(queue.run(stranger(1), work, "first"))
    await until_begun(work, 1)
    for _ in range(3 * MOST_WAITING):
        gone = asyncio.create_task(queue.run(stranger(2), work, "gone"))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
    last = asyncio.create_task(queue.run(stranger(3), work, "last"))
    work.end.set()
    assert [await first, await last] == ["first", "last"]
    assert work.begun == ["first", "last"]
    assert [await queue.run(stranger(4), work, "after")] == ["after"]


async def test_an_abandoned_hash_keeps_its_slot_until_it_ends(queue: PasswordQueue) -> None:
    work = Work()
    gone = asyncio.create_task(queue.run(stranger(1), work, "gone"))
    await until_begun(work, 1)
    gone.cancel()
    next_ = asyncio.create_task(queue.run(stranger(2), work, "next"))
    known = asyncio.create_task(queue.run(QueueParty(True, "mai"), work, "mai"))
    await until_begun(work, 2)
    assert work.begun == ["gone", "mai"]
    work.end.set()
    assert [await next_, await known] == ["next", "mai"]


async def test_hashing_threads_yield_to_the_event_loop(queue: PasswordQueue) -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert await queue.run(stranger(1), niceness) == min(19, niceness() + 5)


async def test_a_queue_that_closes_refuses_those_who_wait(queue: PasswordQueue) -> None:
    work = Work()
    running = asyncio.create_task(queue.run(stranger(1), work, "begun"))
    waiting = [asyncio.create_task(queue.run(stranger(n), work, "waits")) for n in (2, 3)]
    await until_begun(work, 1)
    queue.close()
    for outcome in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(outcome, SignInBusy)
    with pytest.raises(SignInBusy):
        await queue.run(STRANGER, work, "late")
    work.end.set()
    assert await running == "begun"
