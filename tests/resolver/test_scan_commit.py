"""One contract suite for both commits: history and evidence, both or neither."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from ledger import ScanRow
from resolver.bootstrap import choose_commit
from resolver.errors import NotRecorded, TooManyWaiting
from resolver.history import Partition, SwapResult
from resolver.history.redis import RedisHistoryStore
from resolver.journal import Evidence
from resolver.journal.encoding import decode_evidence
from resolver.journal.stream import STREAM, StreamJournal
from resolver.redis import RedisStore, open_store
from resolver.scan_commit import AtomicCommit, ScanCommit, SequentialCommit
from resolver.settings import ResolverSettings
from tests.servers import RedisServer

AT = 1_789_200_000_000
CAPACITY = 8


def evidence(n: int, index: int = 5) -> Evidence:
    row = ScanRow(
        id=n.to_bytes(16, "big"),
        batch=7,
        index=index,
        at=AT + n,
        via="page",
        verdict="authentic",
        score=0.0,
    )
    return Evidence(row, alert=False)


@dataclass
class Desk:
    """A commit with its history store and journal."""

    scan_commit: ScanCommit
    history_store: RedisHistoryStore
    journal: StreamJournal
    store: RedisStore

    async def history(self) -> bytes:
        return await self.history_store.get(7, 5)

    async def recorded(self) -> list[int]:
        """The numbers of the scans in the stream, in order."""
        entries = await self.store.call(STREAM, "XRANGE", STREAM, "-", "+")
        return [int.from_bytes(decode_evidence(fields[1]).scan.id, "big") for _, fields in entries]


@pytest.fixture(params=[SequentialCommit, AtomicCommit])
async def desk(request: pytest.FixtureRequest, redis_server: RedisServer) -> AsyncIterator[Desk]:
    store = open_store(redis_server.url(database=3))
    await store.ready()
    await store.call(b"", "FLUSHDB")

    async def nothing(_batch: int, _number: int) -> Partition:
        return Partition({}, [])

    history_store = RedisHistoryStore(store, nothing, token_seconds=600)
    other = open_store(redis_server.url(database=3))
    await other.ready()
    journal = StreamJournal(other, capacity=CAPACITY, stream_capacity=1000)
    yield Desk(request.param(history_store, journal), history_store, journal, store)
    await journal.close()
    await history_store.close()


async def test_a_committed_scan_is_in_the_history_and_in_the_stream(desk: Desk) -> None:
    assert await desk.scan_commit.commit(b"", b"one", evidence(1)) is SwapResult.DONE
    assert await desk.scan_commit.commit(b"one", b"two", evidence(2)) is SwapResult.DONE
    assert await desk.history() == b"two"
    assert await desk.recorded() == [1, 2]


async def test_of_concurrent_scans_one_is_counted_and_recorded(desk: Desk) -> None:
    became = await asyncio.gather(
        *(desk.scan_commit.commit(b"", b"by %d" % n, evidence(n)) for n in range(8))
    )
    assert Counter(became) == {SwapResult.DONE: 1, SwapResult.CONFLICT: 7}
    (winner,) = await desk.recorded()
    assert await desk.history() == b"by %d" % winner


async def test_a_token_counts_once(desk: Desk) -> None:
    await desk.scan_commit.commit(b"", b"one", evidence(1))
    assert await desk.scan_commit.commit(b"one", b"two", evidence(1)) is SwapResult.REPEATED
    assert await desk.history() == b"one"
    assert await desk.recorded() == [1]


async def test_scans_beyond_the_capacity_are_refused_and_change_nothing(desk: Desk) -> None:
    """Scans of different stamps: none of them fails for a conflict."""
    results = await asyncio.gather(
        *(desk.scan_commit.commit(b"", b"one", evidence(n, index=n)) for n in range(40)),
        return_exceptions=True,
    )
    refused = [n for n, result in enumerate(results) if isinstance(result, TooManyWaiting)]
    done = [n for n, result in enumerate(results) if result is SwapResult.DONE]
    others = [results[n] for n in range(40) if n not in {*done, *refused}]
    assert (len(done), len(refused), others) == (CAPACITY, 40 - CAPACITY, [])
    assert sorted(await desk.recorded()) == done
    for n in refused:
        assert await desk.history_store.get(7, n) == b""
    # A refused scan may come again with the same token.
    again = desk.scan_commit.commit(b"", b"one", evidence(refused[0], index=refused[0]))
    assert await again is SwapResult.DONE


async def test_a_closing_journal_refuses_scans(desk: Desk) -> None:
    await desk.journal.close()
    with pytest.raises(NotRecorded, match="stopping"):
        await desk.scan_commit.commit(b"", b"one", evidence(1))


async def test_if_the_stream_can_not_be_written_nothing_is_counted(desk: Desk) -> None:
    await desk.store.call(STREAM, "SET", STREAM, "not a stream")
    with pytest.raises(NotRecorded, match="WRONGTYPE"):
        await desk.scan_commit.commit(b"", b"one", evidence(1))
    assert await desk.history() == b""
    await desk.store.call(STREAM, "DEL", STREAM)
    assert await desk.scan_commit.commit(b"", b"one", evidence(1)) is SwapResult.DONE


@pytest.mark.parametrize(
    ("memory", "journal", "commit"),
    [
        ("redis://h:1", "redis://h:1", AtomicCommit),
        ("redis://h:1", "redis://h:2", SequentialCommit),
        ("redis+cluster://h:1", "redis+cluster://h:1", SequentialCommit),
    ],
)
async def test_the_commit_is_atomic_if_one_server_has_both(
    desk: Desk, memory: str, journal: str, commit: type
) -> None:
    settings = ResolverSettings(history=memory, journal=journal)
    assert type(choose_commit(settings, desk.history_store, desk.journal)) is commit
