"""An insider who owns the database rewrites history so that the ledger alone agrees.

Each attack leaves chains, heads, spans and digests consistent. If it leaves out what two people
decided, `audit verify` names it. One that rewrites that too is found by a head that was signed
elsewhere: `audit verify --head`, the signer, and the check of services at their start.
"""

# ruff: noqa: S608 - the insider writes SQL by hand

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.founders import DEMO_FOUNDERS
from issuer.heads import HeadSigner
from ledger import Ledger, LotChange, VersionNote, back_up, open_ledger, restore, schema
from ledger.audit.chain_proof import HistoryRewritten, LostRange, find_lost
from ledger.audit.head_statement import HeadStatement
from ledger.backups.backup import read_copy_heads
from ledger.lots.lot_changes import LOT_CHANGE
from stamps.lifecycle import Transition
from tests.accounts import add_accounts
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
from tests.ledger.backups.test_backup import empty
from tests.ledger.conftest import Clock
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
    await ledger.proposals.mark_used(int(key.removeprefix("proposal:")), "chi")
    with open_signer(tmp_path / "heads", clock) as signer, open_insider(url) as insider:
        head = await signer.sign(ledger)
        assert head
        yield Crime(ledger, insider, signer, head.statement)


def recall_until(insider: Insider, end: int) -> None:
    insider.sql(f"UPDATE transitions SET hi = {end} WHERE transition = 'recall'")
    borders = [
        f"UPDATE spans SET hi = {end} WHERE lo = 0 AND state = 'recalled'",
        f"UPDATE spans SET lo = {end} WHERE lo = 60",
    ]
    for border in borders if end < 60 else reversed(borders):  # spans never overlap
        insider.sql(border)


def recall_less(insider: Insider) -> None:
    recall_until(insider, 10)


def recall_more(insider: Insider) -> None:
    recall_until(insider, 70)


def recall_nothing(insider: Insider) -> None:
    insider.sql("DELETE FROM transitions WHERE transition = 'recall'")
    insider.sql("DELETE FROM spans WHERE state = 'recalled'")
    insider.sql("UPDATE spans SET lo = 0 WHERE lo = 60")


def recall_by_herself(insider: Insider) -> None:
    insider.sql("UPDATE transitions SET key = 'mine' WHERE transition = 'recall'")


def issue_more(insider: Insider) -> None:
    for table in ("orders", "batches", "spans"):
        column, value = ("hi", "hi = 100") if table == "spans" else ("count", "count = 100")
        key = {"orders": "id = (SELECT order_id FROM batches WHERE number = 2)"}
        where = key.get(table, "batch = 2" if table == "spans" else "number = 2")
        insider.sql(f"UPDATE {table} SET {column} = 50000 WHERE {value} AND {where}")
    insider.redigest(schema.batches, "2")
    insider.redigest(schema.orders, order_of(insider))


def order_of(insider: Insider) -> str:
    [(order,)] = insider.sql("SELECT order_id FROM batches WHERE number = 2")
    return str(order)


def issue_more_than_ordered(insider: Insider) -> None:
    issue_more(insider)
    insider.sql(f"UPDATE orders SET count = 100 WHERE id = '{order_of(insider)}'")
    insider.redigest(schema.orders, order_of(insider))


def blame_for_the_order(insider: Insider) -> None:
    insider.sql(f"UPDATE orders SET decided_by = 'mai' WHERE id = '{order_of(insider)}'")
    insider.redigest(schema.orders, order_of(insider))


def blame_for_the_recall(insider: Insider) -> None:
    insider.sql("UPDATE proposals SET decided_by = 'mai' WHERE kind = 'recall'")
    insider.redigest(schema.proposals, "1")


def grant_a_role(insider: Insider) -> None:
    insider.sql("UPDATE staff SET role = 'administrator' WHERE id = 'mai'")
    insider.redigest(schema.staff, "mai")


def add_an_account(insider: Insider) -> None:
    names = "name, role, password_hash, disabled, added_at, added_by"
    insider.sql(
        f"INSERT INTO staff (id, {names}, confirmed_by)"
        f" SELECT 'eve', {names}, 'lan' FROM staff WHERE id = 'mai'"
    )
    insider.sql(
        "INSERT INTO audit (seq, at, actor, action, subject, details, hash)"
        " SELECT 1 + max(seq), 0, 'lan', 'staff.add', 'staff:eve', '{}', '' FROM audit"
    )
    insider.redigest(schema.staff, "eve")


INCOMPLETE: tuple[tuple[Callable[[Insider], None], str], ...] = (
    (recall_less, "transitions"),
    (recall_more, "transitions"),
    (recall_nothing, "proposals"),
    (recall_by_herself, "transitions"),
    (issue_more_than_ordered, "orders"),
    (blame_for_the_order, "orders"),
    (blame_for_the_recall, "proposals"),
    (grant_a_role, "staff"),
    (add_an_account, "staff"),
)
"""Attacks that leave what two people decided as it was, and the table that is named."""


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # the proof is the same on both
@pytest.mark.parametrize(("attack", "table"), INCOMPLETE)
@pytest.mark.usefixtures("quick_passwords")
async def test_what_no_two_people_decided_is_named_without_a_head(
    crime: Crime, attack: Callable[[Insider], None], table: str
) -> None:
    await crime.ledger.staff.found(DEMO_FOUNDERS, is_demo=True)
    await add_accounts(crime.ledger, "mai")
    assert (await crime.ledger.audit.verify()).ok
    attack(crime.insider)
    crime.insider.reseal()
    found = (await crime.ledger.audit.verify()).problems
    assert table in {problem.table for problem in found}
    assert {problem.table for problem in found} <= {table, "spans", "transitions", "proposals"}


async def test_a_correction_is_the_one_that_was_confirmed(crime: Crime) -> None:
    ledger, kept = crime.ledger, await crime.ledger.lots.get("L1")
    change = LotChange(replace(kept, document={"name": "Sầu riêng"}), 1, ("product",), None)
    asked = await ledger.proposals.add(
        LOT_CHANGE,
        change.subject,
        document=change.to_document(),
        reason="typing-error",
        actor="an",
        key="change",
    )
    await ledger.proposals.approve(asked.id, "binh", act=None)
    other = replace(kept, document={"name": "Măng cụt"}, actor="an", at=None)
    note = VersionNote(("product",), True, "typing-error", None, "binh")
    crime.insider.sql("UPDATE spans SET state = 'activated' WHERE state = 'recalled'")
    await ledger.lots.save(other, lambda _: note)
    crime.insider.sql("UPDATE spans SET state = 'recalled' WHERE lo = 0 AND batch = 1")
    [problem] = (await ledger.audit.verify()).problems
    assert (problem.table, problem.row) == ("lot_versions", "L1 2")


def rewrite_the_proposal(insider: Insider, change: str) -> None:
    insider.sql(f"UPDATE proposals SET {change} WHERE kind = 'recall'")
    insider.redigest(schema.proposals, "1")


def propose_less(insider: Insider) -> None:
    recall_less(insider)
    rewrite_the_proposal(insider, "document = replace(document, '60', '10')")


def propose_nothing(insider: Insider) -> None:
    recall_nothing(insider)
    rewrite_the_proposal(insider, "used_at = NULL")


def blame_another(insider: Insider) -> None:
    insider.sql("UPDATE transitions SET actor = 'chi' WHERE transition = 'activate'")
    insider.sql("UPDATE audit SET actor = 'chi' WHERE action LIKE 'lot.%'")


ATTACKS: tuple[Callable[[Insider], None], ...] = (
    propose_less,
    propose_nothing,
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
    named = [*(row.chain for row in found.lost), *(row.chain for row in found.rewritten)]
    assert chain in named
    assert await crime.signer.sign(crime.ledger) is None
