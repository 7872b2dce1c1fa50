"""The database itself refuses what no service writes (ledger/migrations/guards.py)."""

# ruff: noqa: S608 - the tests write SQL by hand

from pathlib import Path

import pytest
from sqlalchemy import text

from ledger import Ledger, Order, open_ledger
from ledger.migrations import upgrade
from ledger.storage.storage_errors import GuardRefused, MigrationRefused
from ledger.storage.store import Store
from stamps.lifecycle import Transition
from tests.insider import open_insider
from tests.ledger.world import a_batch, a_key, activated, allow_recall, an_order, printed
from tests.servers import PostgresServer

SPAN = "INSERT INTO spans (batch, lo, hi, state, changed_at) VALUES ({}, 'activated', 0)"
OLD_ORDER = (
    "INSERT INTO orders (id, count, grade, has_pin, requested_by, requested_at, state)"
    " VALUES ('o', 100, 'sealed', false, 'mai', 0, 'approved')"
)
OLD_BATCH = (
    "INSERT INTO batches (number, order_id, count, epoch, host, grade, has_pin, actor, at, key,"
    " request) VALUES (1, 'o', 100, 0, 'tem.example', 'sealed', false, 'root', 0, 'b', '')"
)
SHRINK = "UPDATE spans SET hi = 50"


async def run(url: str, *statements: str) -> None:
    """Run statements in one transaction, as the owner of the database."""
    store = Store(url)
    try:
        async with store.begin_write() as connection:
            for statement in statements:
                await connection.execute(text(statement))
    finally:
        await store.close()


@pytest.mark.parametrize(
    "statements",
    [
        [SPAN.format("1, 5, 6")],
        [SPAN.format("1, 99, 100")],
        [SHRINK, SPAN.format("1, 49, 60")],
        [SHRINK, SPAN.format("1, 60, 80"), SPAN.format("1, 50, 61")],
        [SHRINK, SPAN.format("1, 60, 80"), SPAN.format("1, 50, 100")],
        [SHRINK, SPAN.format("1, 50, 100"), "UPDATE spans SET hi = 51 WHERE lo = 0"],
        [SHRINK, SPAN.format("1, 50, 100"), "UPDATE spans SET lo = 49 WHERE lo = 50"],
    ],
)
async def test_spans_can_not_overlap(ledger: Ledger, url: str, statements: list[str]) -> None:
    await printed(ledger)
    before = await ledger.transitions.list_spans(1)
    with pytest.raises(GuardRefused, match="overlap"):
        await run(url, *statements)
    assert await ledger.transitions.list_spans(1) == before


async def test_a_span_does_not_end_beyond_its_batch(ledger: Ledger, url: str) -> None:
    await printed(ledger)
    for statement in (SPAN.format("1, 100, 101"), "UPDATE spans SET hi = 101"):
        with pytest.raises(GuardRefused, match="beyond its batch"):
            await run(url, statement)


async def test_spans_that_touch_do_not_overlap(ledger: Ledger, url: str) -> None:
    await printed(ledger)
    await a_batch(ledger)
    await run(url, SHRINK, SPAN.format("1, 75, 100"), SPAN.format("1, 50, 75"))
    assert [span.lo for span in await ledger.transitions.list_spans(1)] == [0, 50, 75]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE chain_heads SET seq = 1",
        "UPDATE chain_heads SET seq = seq + 1",
        "UPDATE chain_heads SET hash = 'x'",
        "DELETE FROM chain_heads",
        "INSERT INTO chain_heads VALUES ('spans', 1, 'x')",
        "INSERT INTO audit SELECT seq + 2, at, actor, action, subject, details, hash FROM audit"
        " WHERE seq = (SELECT max(seq) FROM audit)",
    ],
)
async def test_a_chain_only_grows_at_its_end(ledger: Ledger, url: str, statement: str) -> None:
    await activated(ledger)
    with pytest.raises(GuardRefused):
        await run(url, statement)


@pytest.mark.parametrize("head", ["UPDATE chain_heads SET seq = 1", "DELETE FROM chain_heads"])
async def test_a_head_that_was_set_back_stops_no_recall(
    ledger: Ledger, url: str, head: str
) -> None:
    batch = await activated(ledger)
    key = await allow_recall(ledger, lot="L1")
    with open_insider(url) as insider:
        insider.sql(head)
    assert await ledger.transitions.recall_lot("L1", actor="i", reason="food-safety", key=key)
    assert {str(span.state) for span in await ledger.transitions.list_spans(batch)} == {"recalled"}
    assert (await ledger.audit.verify()).ok


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("state = 'approved'", "another person"),
        ("state = 'approved', decided_by = ' ĂN ', decided_at = 0", "another person"),
        ("state = 'fulfilled', decided_by = 'binh', decided_at = 0", "decided once"),
        ("decided_by = 'binh'", "has a decision"),
        ("count = 1000000", "never changes"),
        ("requested_by = 'chi'", "never changes"),
    ],
)
async def test_an_order_is_decided_once_and_by_another(
    ledger: Ledger, url: str, statement: str, said: str
) -> None:
    await ledger.orders.add(Order("o1", 10, "sealed", requested_by="ăN"))
    on_sqlite = url.startswith("sqlite")  # which folds the case of ASCII letters only
    statement = statement.replace("Ă", "ă") if on_sqlite else statement
    with pytest.raises(GuardRefused, match=said):
        await run(url, f"UPDATE orders SET {statement}")


@pytest.mark.parametrize("given", ["'approved', NULL, NULL", "'requested', 'binh', 0"])
async def test_an_order_begins_undecided(ledger: Ledger, url: str, given: str) -> None:
    order = (
        "INSERT INTO orders (id, count, grade, has_pin, requested_by, requested_at, state,"
        f" decided_by, decided_at) VALUES ('o1', 1, 'sealed', false, 'an', 0, {given})"
    )
    with pytest.raises(GuardRefused, match="not decided"):
        await run(url, order)


async def test_a_decision_on_an_order_stays(ledger: Ledger, url: str) -> None:
    await an_order(ledger)
    for change in ("state = 'requested'", "state = 'refused'", "decided_by = 'chi'"):
        with pytest.raises(GuardRefused):
            await run(url, f"UPDATE orders SET {change}")


async def test_a_batch_follows_from_an_approved_order(ledger: Ledger, url: str) -> None:
    await a_batch(ledger)
    await ledger.orders.add(Order("o2", 10, "sealed", requested_by="an"))
    copied = (
        "INSERT INTO batches (number, order_id, count, grade, epoch, host, has_pin, actor, at, key,"
        " request) SELECT 2, {}, grade, epoch, host, has_pin, actor, at, 'k', request FROM batches"
    )
    with pytest.raises(GuardRefused, match="approved order"):
        await run(url, copied.format("'o2', 10"))
    await ledger.orders.approve("o2", actor="binh")
    with pytest.raises(GuardRefused, match="no more stamps"):
        await run(url, copied.format("'o2', 11"))
    await run(url, copied.format("'o2', 10"))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_a_ledger_with_an_overlap_is_not_migrated(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if engine == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.database()
    store = Store(url)
    async with store.migrate() as connection:
        await connection.run_sync(upgrade, "0003")
    await store.close()
    await run(url, OLD_ORDER, OLD_BATCH, SPAN.format("1, 0, 100"), SPAN.format("1, 40, 51"))
    async with await open_ledger(url) as ledger:
        with pytest.raises(MigrationRefused, match="two spans overlap, 1·0-99 and 1·40-50"):
            await ledger.migrate()
        await run(url, "DELETE FROM spans WHERE lo = 40")
        await ledger.migrate()
        await ledger.transitions.apply(
            1, 0, 5, Transition.SUSPEND, actor="i", key=a_key(), reason="stolen"
        )
        assert [span.hi for span in await ledger.transitions.list_spans(1)] == [5, 100]
