"""Changes after given chain heads, and notifications of them."""

import asyncio

import psycopg
import pytest

from ledger import ChainHeads, ChangeSet, Ledger, LotRow, open_ledger
from ledger.storage.storage_errors import StorageDown
from stamps.lifecycle import Transition
from tests.ledger.conftest import NOW
from tests.ledger.world import a_key, activated, allow_recall


async def put(ledger: Ledger, code: str, **document: object) -> None:
    await ledger.lots.save(LotRow(code, document, ()))


async def test_without_changes_the_heads_stay_the_same(ledger: Ledger) -> None:
    assert await ledger.changes.get_heads() == ChainHeads(0, 0)
    await activated(ledger)
    heads = await ledger.changes.get_heads()
    assert await ledger.changes.get_changes_after(heads) == ChangeSet(heads)


async def test_changes_name_batches_and_lots(ledger: Ledger) -> None:
    first, second = await activated(ledger), await activated(ledger)
    await put(ledger, "L 1%_", brand="old")
    heads = await ledger.changes.get_heads()
    for lo in (0, 10):
        await ledger.transitions.apply(
            second, lo, lo + 5, Transition.SUSPEND, actor="i", key=a_key(), reason="inspection"
        )
    await put(ledger, "L 1%_", brand="new")
    await put(ledger, "L2")
    changed = await ledger.changes.get_changes_after(heads)
    assert changed.batches == {second: NOW}
    assert changed.lots == {"L 1%_", "L2"}
    assert (await ledger.changes.get_changes_after(ChainHeads(0, 0))).batches.keys() == {
        first,
        second,
    }
    assert (await ledger.changes.get_changes_after(changed.heads)).lots == set()


async def test_a_lot_saved_with_the_same_content_is_no_change(ledger: Ledger) -> None:
    await put(ledger, "L1", brand="a")
    heads = await ledger.changes.get_heads()
    await put(ledger, "L1", brand="a")
    assert (await ledger.changes.get_changes_after(heads)).lots == set()


async def test_a_recall_changes_the_lot_and_its_batches(ledger: Ledger) -> None:
    batch = await activated(ledger)
    [lot] = {span.lot for span in await ledger.transitions.list_spans(batch)}
    heads = await ledger.changes.get_heads()
    assert lot is not None
    key = await allow_recall(ledger, lot=lot)
    await ledger.transitions.recall_lot(lot, actor="i", reason="food-safety", key=key)
    changed = await ledger.changes.get_changes_after(heads)
    assert (set(changed.batches), changed.lots) == ({batch}, {lot})


async def test_other_decisions_are_no_changes(ledger: Ledger) -> None:
    heads = await ledger.changes.get_heads()
    await ledger.audit.append(actor="a", action="key.rotate", subject="keys:1")
    changed = await ledger.changes.get_changes_after(heads)
    assert (set(changed.batches), changed.lots) == (set(), set())
    assert changed.heads.audit == heads.audit + 1


async def test_sqlite_can_not_listen(sqlite_url: str) -> None:
    async with await open_ledger(sqlite_url) as ledger:
        assert not ledger.changes.can_listen


async def test_a_listener_is_notified_at_commit(postgres_url: str) -> None:
    async with await open_ledger(postgres_url) as ledger:
        assert ledger.changes.can_listen
        batch = await activated(ledger)
        async with ledger.changes.listen() as listener, asyncio.timeout(5):
            told = asyncio.create_task(listener.wait())
            await ledger.audit.append(actor="a", action="key.rotate", subject="keys:1")
            await asyncio.sleep(0.1)
            assert not told.done()
            heads = await ledger.changes.get_heads()
            await ledger.transitions.apply(
                batch, 0, 5, Transition.SUSPEND, actor="i", key=a_key(), reason="inspection"
            )
            await told
            # Once told, it is there to be seen.
            assert (await ledger.changes.get_changes_after(heads)).batches.keys() == {batch}
            told = asyncio.create_task(listener.wait())
            await put(ledger, "L7")
            await told


async def test_a_listener_with_a_killed_connection_raises(postgres_url: str) -> None:
    async with await open_ledger(postgres_url) as ledger, ledger.changes.listen() as listener:
        told = asyncio.create_task(listener.wait())
        await asyncio.sleep(0.1)
        with psycopg.connect(postgres_url, autocommit=True) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            )
        with pytest.raises(StorageDown):
            async with asyncio.timeout(5):
                await told


async def test_a_cancelled_listener_ends_at_once(postgres_url: str) -> None:
    async with await open_ledger(postgres_url) as ledger:

        async def listen() -> None:
            async with ledger.changes.listen() as listener:
                await listener.wait()

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0.1)
        listening.cancel()
        async with asyncio.timeout(1):
            with pytest.raises(asyncio.CancelledError):
                await listening
