"""One contract suite for both ways to count: dossier and evidence, both or neither."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from ledger import ScanRow
from resolver.bootstrap import choose_commit
from resolver.commit import AtomicCommit, ScanCommit, SequentialCommit
from resolver.errors import NotRecorded, TooManyWaiting
from resolver.history import Partition, SwapResult
from resolver.history.redis import RedisHistoryStore
from resolver.journal import Evidence
from resolver.journal.encoding import decode_evidence
from resolver.journal.stream import STREAM, StreamJournal
from resolver.redis import RedisStore, open_store
from resolver.settings import ResolverSettings
from tests.servers import RedisServer

AT = 1_789_200_000_000


def evidence(n: int) -> Evidence:
    row = ScanRow(n.to_bytes(16, "big"), 7, 5, AT + n, "page", "authentic", 0.0)
    return Evidence(row, alert=False)


@dataclass
class Desk:
    """A way to count, and what it counts in."""

    counting: ScanCommit
    memory: RedisHistoryStore
    journal: StreamJournal
    store: RedisStore

    async def history(self) -> bytes:
        return await self.memory.get(7, 5)

    async def recorded(self) -> list[int]:
        """The numbers of the scans in the stream, in its order."""
        entries = await self.store.call(STREAM, "XRANGE", STREAM, "-", "+")
        return [int.from_bytes(decode_evidence(fields[1]).scan.id, "big") for _, fields in entries]


@pytest.fixture(params=[SequentialCommit, AtomicCommit])
async def desk(request: pytest.FixtureRequest, redis_server: RedisServer) -> AsyncIterator[Desk]:
    store = open_store(redis_server.url(database=3))
    await store.ready()
    await store.call(b"", "FLUSHDB")

    async def nothing(_batch: int, _branch: int) -> Partition:
        return Partition({}, [])

    memory = RedisHistoryStore(store, nothing, token_seconds=600)
    other = open_store(redis_server.url(database=3))
    await other.ready()
    journal = StreamJournal(other, capacity=8, stream_capacity=1000)
    yield Desk(request.param(memory, journal), memory, journal, store)
    await journal.close()
    await memory.close()


async def test_a_counted_scan_is_in_the_dossier_and_in_the_stream(desk: Desk) -> None:
    assert await desk.counting.commit(b"", b"one", evidence(1)) is SwapResult.DONE
    assert await desk.counting.commit(b"one", b"two", evidence(2)) is SwapResult.DONE
    assert await desk.history() == b"two"
    assert await desk.recorded() == [1, 2]


async def test_of_scans_that_race_one_is_counted_and_one_is_recorded(desk: Desk) -> None:
    became = await asyncio.gather(
        *(desk.counting.commit(b"", b"by %d" % n, evidence(n)) for n in range(8))
    )
    assert Counter(became) == {SwapResult.DONE: 1, SwapResult.CONFLICT: 7}
    (winner,) = await desk.recorded()
    assert await desk.history() == b"by %d" % winner


async def test_a_name_counts_once(desk: Desk) -> None:
    await desk.counting.commit(b"", b"one", evidence(1))
    assert await desk.counting.commit(b"one", b"two", evidence(1)) is SwapResult.REPEATED
    assert await desk.history() == b"one"
    assert await desk.recorded() == [1]


async def test_a_scan_for_which_there_is_no_room_changes_nothing(desk: Desk) -> None:
    results = await asyncio.gather(
        *(desk.counting.commit(b"", b"by %d" % n, evidence(n)) for n in range(40)),
        return_exceptions=True,
    )
    refused = [one for one in results if isinstance(one, TooManyWaiting)]
    assert len(await desk.recorded()) <= 1
    assert len(refused) + results.count(SwapResult.CONFLICT) + results.count(SwapResult.DONE) == 40
    # Whoever was refused may come again with the same name.
    for n, result in enumerate(results):
        if isinstance(result, TooManyWaiting):
            before = await desk.history()
            assert await desk.counting.commit(before, b"again", evidence(n)) is SwapResult.DONE
            break


async def test_a_journal_that_is_closing_takes_nothing_on(desk: Desk) -> None:
    await desk.journal.close()
    with pytest.raises(NotRecorded, match="stopping"):
        await desk.counting.commit(b"", b"one", evidence(1))


async def test_where_the_stream_can_not_be_written_nothing_is_counted(desk: Desk) -> None:
    await desk.store.call(STREAM, "SET", STREAM, "not a stream")
    with pytest.raises(NotRecorded, match="WRONGTYPE"):
        await desk.counting.commit(b"", b"one", evidence(1))
    assert await desk.history() == b""
    await desk.store.call(STREAM, "DEL", STREAM)
    assert await desk.counting.commit(b"", b"one", evidence(1)) is SwapResult.DONE


@pytest.mark.parametrize(
    ("memory", "journal", "way"),
    [
        ("redis://h:1", "redis://h:1", AtomicCommit),
        ("redis://h:1", "redis://h:2", SequentialCommit),
        ("redis+cluster://h:1", "redis+cluster://h:1", SequentialCommit),
    ],
)
async def test_a_scan_is_counted_at_once_where_one_server_has_both(
    desk: Desk, memory: str, journal: str, way: type
) -> None:
    settings = ResolverSettings(memory=memory, journal=journal)
    assert type(choose_commit(settings, desk.memory, desk.journal)) is way
