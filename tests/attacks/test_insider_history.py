"""An insider who owns the database rewrites history so that the ledger alone agrees.

Each attack leaves chains, heads, spans and digests consistent. What finds it is a head that was
signed elsewhere: `audit verify --head`, the signer, and the check of services at their start.
"""

# ruff: noqa: S608 - the insider writes SQL by hand

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuer.heads import HeadSigner
from ledger import Ledger, back_up, open_ledger, restore, schema
from ledger.backup import read_copy_heads
from ledger.chain_proof import HistoryRewritten, LostRange, find_lost
from ledger.head_statement import HeadStatement
from stamps.lifecycle import Transition
from tests.insider import Insider, open_insider
from tests.issuer.heads.conftest import (
    clock,
    ledger,
    migrated_file,
    migrated_postgres,
    postgres_url,
    shared_database,
    sqlite_url,
    url,
)
from tests.issuer.heads.signing import open_signer
from tests.ledger.conftest import Clock
from tests.ledger.test_backup import empty
from tests.ledger.world import a_batch, activated, allow_recall

__all__ = [
    "clock",
    "empty",
    "ledger",
    "migrated_file",
    "migrated_postgres",
    "postgres_url",
    "shared_database",
    "sqlite_url",
    "url",
]


@dataclass(frozen=True)
class Crime:
    """A ledger, the insider at it, and the signer that has seen it before."""

    ledger: Ledger
    insider: Insider
    signer: HeadSigner
    signed: HeadStatement


@pytest.fixture
async def crime(ledger: Ledger, url: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Crime]:
    """Two batches, 100 stamps on the market; a part of them and a lot are recalled."""
    batch = await activated(ledger)
    await a_batch(ledger)
    key = await allow_recall(ledger, ranges=((batch, 0, 60),))
    await ledger.transitions.apply(
        batch, 0, 60, Transition.RECALL, actor="chi", key=key, reason="food-safety"
    )
    with open_signer(tmp_path / "heads", clock) as signer, open_insider(url) as insider:
        head = await signer.sign(ledger)
        assert head
        yield Crime(ledger, insider, signer, head.statement)


def recall_less(insider: Insider) -> None:
    insider.sql("UPDATE transitions SET hi = 10 WHERE transition = 'recall'")
    insider.sql("UPDATE spans SET hi = 10 WHERE lo = 0 AND state = 'recalled'")
    insider.sql("UPDATE spans SET lo = 10 WHERE lo = 60")


def recall_nothing(insider: Insider) -> None:
    insider.sql("DELETE FROM transitions WHERE transition = 'recall'")
    insider.sql("DELETE FROM spans WHERE state = 'recalled'")
    insider.sql("UPDATE spans SET lo = 0 WHERE lo = 60")


def issue_more(insider: Insider) -> None:
    for table in ("orders", "batches", "spans"):
        column, value = ("hi", "hi = 100") if table == "spans" else ("count", "count = 100")
        key = {"orders": "id = (SELECT order_id FROM batches WHERE number = 2)"}
        where = key.get(table, "batch = 2" if table == "spans" else "number = 2")
        insider.sql(f"UPDATE {table} SET {column} = 50000 WHERE {value} AND {where}")
    [(order,)] = insider.sql("SELECT order_id FROM batches WHERE number = 2")
    insider.redigest(schema.batches, "2")
    insider.redigest(schema.orders, str(order))


def blame_another(insider: Insider) -> None:
    insider.sql("UPDATE transitions SET actor = 'chi' WHERE transition = 'activate'")
    insider.sql("UPDATE audit SET actor = 'chi' WHERE seq > 2")


ATTACKS: tuple[Callable[[Insider], None], ...] = (
    recall_less,
    recall_nothing,
    issue_more,
    blame_another,
)


@pytest.mark.parametrize("attack", ATTACKS)
async def test_a_rewritten_history_is_found_by_what_was_signed(
    crime: Crime, attack: Callable[[Insider], None]
) -> None:
    attack(crime.insider)
    crime.insider.reseal()
    alone = await crime.ledger.audit.verify()
    assert alone.ok, alone.problems  # the ledger alone agrees …
    report = await crime.ledger.audit.verify(signed=[crime.signed])
    assert not report.ok  # … with what was signed it is found
    assert any("signed at" in problem.what for problem in report.problems)
    assert not (await crime.ledger.chains.compare([crime.signed])).ok
    with pytest.raises(HistoryRewritten):
        await crime.signer.sign(crime.ledger)


async def test_an_old_copy_is_found_before_and_after_it_is_restored(
    crime: Crime, url: str, empty: str, tmp_path: Path
) -> None:
    await back_up(url, tmp_path / "copy")
    key = await allow_recall(crime.ledger, lot="L1")
    await crime.ledger.transitions.recall_lot("L1", actor="i", reason="food-safety", key=key)
    newest = await crime.signer.sign(crime.ledger)
    assert newest
    signed = [crime.signed, newest.statement]
    heads = await read_copy_heads(tmp_path / "copy", url)
    assert heads == crime.signed.heads
    lost = tuple(
        LostRange(chain, seq + 1, newest.statement.heads[chain][0])
        for chain, (seq, _) in crime.signed.heads.items()
    )
    assert find_lost(heads, newest.statement) == lost
    await restore(tmp_path / "copy", empty)
    async with await open_ledger(empty) as restored:
        await restored.migrate()
        assert (await restored.audit.verify()).ok
        comparison = await restored.chains.compare(signed)
        assert (comparison.lost, comparison.agreed) == (lost, crime.signed)
        assert "as after restoring an old copy" in comparison.describe()
        assert not (await restored.audit.verify(signed=signed)).ok
        with pytest.raises(HistoryRewritten, match="was removed"):
            await crime.signer.sign(restored)


WAYS = st.sampled_from(["edit", "remove", "swap"])


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(how=WAYS, chain=st.sampled_from(["transitions", "audit"]), data=st.data())
async def test_whatever_happens_to_a_row_before_a_head_is_found(
    crime: Crime, how: str, chain: str, data: st.DataObject
) -> None:
    sql, last = crime.insider.sql, crime.signed.heads[chain][0]
    seq = data.draw(st.integers(1, last))
    other = data.draw(st.integers(1, last).filter(lambda n: n != seq))
    for table in (chain, "chain_heads"):
        sql(f"CREATE TABLE untouched_{table} AS SELECT * FROM {table}")
    if how == "edit":
        sql(f"UPDATE {chain} SET at = at + 1 WHERE seq = {seq}")
    elif how == "remove":
        sql(f"DELETE FROM {chain} WHERE seq = {seq}")
    else:
        for old, new in ((seq, -1), (other, seq), (-1, other)):
            sql(f"UPDATE {chain} SET seq = {new} WHERE seq = {old}")
    crime.insider.reseal()
    found = await crime.ledger.chains.compare([crime.signed])
    with pytest.raises(HistoryRewritten):
        await crime.signer.sign(crime.ledger)
    for table in (chain, "chain_heads"):
        sql(f"DELETE FROM {table}")
        sql(f"INSERT INTO {table} SELECT * FROM untouched_{table}")
        sql(f"DROP TABLE untouched_{table}")
    assert chain in {row.chain for row in (*found.lost, *found.rewritten)}
    assert await crime.signer.sign(crime.ledger) is None
