"""Form drafts: found by their owner for a while, bounded for each owner, no part of history."""

import pytest
from sqlalchemy import func, select

from ledger import Ledger, schema
from ledger.accounts.form_drafts import LONGEST_CONTENT, MOST_OF_OWNER
from ledger.storage.store import Store
from tests.ledger.conftest import Clock

HOUR = 3_600_000


async def test_a_draft_is_found_by_its_owner_until_it_expires(ledger: Ledger, clock: Clock) -> None:
    id_ = await ledger.form_drafts.keep("mai", b"typed", lifetime_ms=HOUR)
    assert await ledger.form_drafts.find("mai", id_) == b"typed"
    assert await ledger.form_drafts.find("lan", id_) is None
    assert await ledger.form_drafts.find("mai", "x") is None
    clock.now += HOUR
    assert await ledger.form_drafts.find("mai", id_) is None
    assert await ledger.audit.list_after() == []


async def test_an_owner_has_a_bounded_number_of_drafts(ledger: Ledger, clock: Clock) -> None:
    other = await ledger.form_drafts.keep("lan", b"x", lifetime_ms=HOUR)
    kept = []
    for _ in range(MOST_OF_OWNER + 1):
        clock.now += 1
        kept.append(await ledger.form_drafts.keep("mai", b"x", lifetime_ms=HOUR))
    found = [await ledger.form_drafts.find("mai", id_) for id_ in kept]
    assert found == [None, *[b"x"] * MOST_OF_OWNER]
    assert await ledger.form_drafts.find("lan", other) == b"x"
    with pytest.raises(ValueError, match="at most"):
        await ledger.form_drafts.keep("mai", b"x" * (LONGEST_CONTENT + 1), lifetime_ms=HOUR)


async def test_a_new_draft_removes_expired_ones(ledger: Ledger, url: str, clock: Clock) -> None:
    for owner in ("mai", "lan"):
        await ledger.form_drafts.keep(owner, b"x", lifetime_ms=HOUR)
    clock.now += HOUR
    await ledger.form_drafts.keep("bo", b"x", lifetime_ms=HOUR)
    store = Store(url)
    async with store.read() as connection:
        count = select(func.count()).select_from(schema.form_drafts)
        assert await connection.scalar(count) == 1
    await store.close()
