"""The proof finds whatever was done behind the ledger's back, and names the row.

The insider here has the database itself: triggers are dropped first, then rows are edited,
removed, added or swapped by raw SQL.
"""

# ruff: noqa: S608 - the insider writes SQL by hand

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import AuditReport, Ledger, Organisation
from ledger.chains.chained_rows import TRANSITION_FIELDS, list_hashed
from ledger.chains.hash_chain import hash_row
from stamps.lifecycle import Transition
from tests.insider import Sql, open_insider
from tests.ledger.world import a_key, a_lot, activated, allow_recall, printed


@pytest.fixture
def insider(url: str) -> Iterator[Sql]:
    """Raw SQL with the rights of a database administrator; history's guards are gone."""
    with open_insider(url) as opened:
        yield opened.sql


async def a_history(ledger: Ledger) -> int:
    batch = await printed(ledger)
    await a_lot(ledger)
    for lo in range(0, 50, 10):
        await ledger.transitions.apply(
            batch, lo, lo + 10, Transition.ACTIVATE, actor="packer", key=a_key(), lot="L1"
        )
    await ledger.transitions.apply(
        batch, 0, 5, Transition.SUSPEND, actor="i", key=a_key(), reason="stolen"
    )
    key = await allow_recall(ledger, lot="L1")
    await ledger.transitions.recall_lot("L1", actor="i", reason="food-safety", key=key)
    return batch


def named(report: AuditReport) -> set[tuple[str, str]]:
    return {(problem.table, problem.row) for problem in report.problems}


async def test_an_unaltered_history_verifies(ledger: Ledger) -> None:
    await a_history(ledger)
    await ledger.organisations.add(Organisation("p1", "packer", "Tân Phước"))
    report = await ledger.audit.verify(await ledger.transitions.get_head())
    assert report.ok, report.problems
    assert (report.transitions, report.batches) == (8, 1)
    assert report.head == await ledger.transitions.get_head()
    assert report.audit_head == await ledger.audit.get_head()


async def test_an_empty_ledger_verifies(ledger: Ledger) -> None:
    report = await ledger.audit.verify()
    assert (report.ok, report.transitions, report.audits) == (True, 0, 0)


@contextmanager
def behind_our_back(insider: Sql, table: str, sql: str) -> Iterator[None]:
    """The table with `sql` done to it, and afterwards as it was."""
    insider(f"CREATE TABLE untouched AS SELECT * FROM {table}")
    insider(sql)
    yield
    insider(f"DELETE FROM {table}")
    insider(f"INSERT INTO {table} SELECT * FROM untouched")
    insider("DROP TABLE untouched")


EDITS = {
    "transitions": {
        "batch": "2",
        "lo": "1",
        "hi": "11",
        "transition": "'void'",
        "lot": "'L2'",
        "reason": "'lost'",
        "actor": "'somebody else'",
        "at": "at - 1",
        "key": "'another'",
        "part": "1",
        "request": "'00'",
        "hash": f"'{'0' * 64}'",
    },
    "audit": {
        "at": "at + 1",
        "actor": "'x'",
        "action": "'x'",
        "subject": "'x'",
        "details": "'{}'",
        "hash": f"'{'0' * 64}'",
    },
}


@pytest.mark.parametrize("table", list(EDITS))
async def test_any_edited_cell_of_a_chained_row_is_found(
    ledger: Ledger, insider: Sql, table: str
) -> None:
    await a_history(ledger)
    for column, value in EDITS[table].items():
        sql = f"UPDATE {table} SET {column} = {value} WHERE seq = 2"
        with behind_our_back(insider, table, sql):
            assert (table, "2") in named(await ledger.audit.verify()), column
    assert (await ledger.audit.verify()).ok


async def test_a_removed_transition_is_found(ledger: Ledger, insider: Sql) -> None:
    await a_history(ledger)
    insider("DELETE FROM transitions WHERE seq IN (4, 5)")
    found = await ledger.audit.verify()
    assert any(str(p) == "transitions 4-5: was removed" for p in found.problems)


async def test_a_truncated_chain_is_found(ledger: Ledger, insider: Sql) -> None:
    await a_history(ledger)
    insider("DELETE FROM transitions WHERE seq >= 7")
    found = await ledger.audit.verify()
    assert ("transitions", "8") in named(found)
    assert any(problem.table == "spans" for problem in found.problems)


async def test_a_consistently_truncated_chain_is_found_by_a_noted_head(
    ledger: Ledger, insider: Sql
) -> None:
    batch = await printed(ledger)
    await ledger.transitions.apply(
        batch, 0, 9, Transition.VOID, actor="p", key="v", reason="stolen"
    )
    noted = await ledger.transitions.get_head()
    [(kept,)] = insider("SELECT hash FROM transitions WHERE seq = 1")
    insider("DELETE FROM transitions WHERE seq = 2")
    insider(f"UPDATE chain_heads SET seq = 1, hash = '{kept}' WHERE name = 'transitions'")
    insider("DELETE FROM spans")
    insider(
        "INSERT INTO spans (batch, lo, hi, state, changed_at) "
        f"SELECT {batch}, 0, 100, 'printed', at FROM transitions WHERE seq = 1"
    )
    assert (await ledger.audit.verify()).ok  # nothing inside can tell any more …
    found = await ledger.audit.verify(noted)  # … but what was written down elsewhere can
    assert [str(p) for p in found.problems] == [
        "transitions 2: was noted elsewhere as the head, and was removed"
    ]


async def test_a_consistently_rewritten_chain_is_found_by_a_noted_head(
    ledger: Ledger, insider: Sql
) -> None:
    batch = await printed(ledger)
    await ledger.transitions.apply(
        batch, 0, 9, Transition.VOID, actor="p", key="v", reason="stolen"
    )
    noted = await ledger.transitions.get_head()
    names = ", ".join(TRANSITION_FIELDS)
    [(before,)] = insider("SELECT hash FROM transitions WHERE seq = 1")
    [cells] = insider(f"SELECT {names} FROM transitions WHERE seq = 2")
    row = {**dict(zip(TRANSITION_FIELDS, cells, strict=True)), "reason": "spoiled"}
    sealed = hash_row(str(before), [2, *list_hashed(TRANSITION_FIELDS, row)])
    insider(f"UPDATE transitions SET reason = 'spoiled', hash = '{sealed}' WHERE seq = 2")
    insider(f"UPDATE chain_heads SET hash = '{sealed}' WHERE name = 'transitions'")
    insider("UPDATE spans SET reason = 'spoiled' WHERE lo = 0")
    assert (await ledger.audit.verify()).ok
    found = await ledger.audit.verify(noted)
    assert [str(p) for p in found.problems] == [
        "transitions 2: is not the head that was noted elsewhere"
    ]


async def test_two_swapped_transitions_are_found(ledger: Ledger, insider: Sql) -> None:
    await a_history(ledger)
    for sql in ("= -3 WHERE seq = 3", "= 3 WHERE seq = 4", "= 4 WHERE seq = -3"):
        insider(f"UPDATE transitions SET seq {sql}")
    assert {("transitions", "3"), ("transitions", "4")} <= named(await ledger.audit.verify())


async def test_an_inserted_transition_is_found(ledger: Ledger, insider: Sql) -> None:
    batch = await a_history(ledger)
    insider(
        "INSERT INTO transitions "
        "(seq, batch, lo, hi, transition, actor, at, key, part, request, hash) "
        f"VALUES (9, {batch}, 60, 70, 'print', 'x', 0, 'x', 0, '', '{'ab' * 32}')"
    )
    found = named(await ledger.audit.verify())
    assert ("transitions", "9") in found  # not allowed either: these stamps were printed before


WRONG_SPANS = (
    "UPDATE spans SET state = 'activated' WHERE lo = 50",
    "UPDATE spans SET lot = 'L7' WHERE lo = 0",
    "UPDATE spans SET changed_at = 1 WHERE lo = 50",
    "DELETE FROM spans WHERE lo = 0",
    "UPDATE spans SET hi = 99 WHERE hi = 100",
)


async def test_spans_that_do_not_follow_from_the_transitions_are_found(
    ledger: Ledger, insider: Sql
) -> None:
    batch = await a_history(ledger)
    for sql in WRONG_SPANS:
        with behind_our_back(insider, "spans", sql):
            problems = (await ledger.audit.verify()).problems
        assert problems, sql
        assert all(p.table == "spans" and str(batch) in p.row for p in problems)


WRONG_ROWS = (
    ("UPDATE batches SET count = 1000", ("batches", "1")),
    ("UPDATE batches SET grade = 'signed'", ("batches", "1")),
    ("DELETE FROM batches", ("batches", "1")),
    ("UPDATE lots SET document = '{}'", ("lots", "L1")),
    ("DELETE FROM lots", ("lots", "L1")),
    ("UPDATE organisations SET public_key = 'x'", ("organisations", "p1")),
    (
        "INSERT INTO organisations (id, kind, name) VALUES ('p2', 'packer', 'x')",
        ("organisations", "p2"),
    ),
)


async def test_an_edited_or_removed_row_is_found_by_its_digest(
    ledger: Ledger, insider: Sql
) -> None:
    await a_history(ledger)
    await ledger.organisations.add(Organisation("p1", "packer", "Tân Phước"))
    for sql, problem in WRONG_ROWS:
        with behind_our_back(insider, problem[0], sql):
            assert problem in named(await ledger.audit.verify()), sql
    assert (await ledger.audit.verify()).ok


async def test_an_order_approved_in_the_database_is_found(ledger: Ledger, insider: Sql) -> None:
    await activated(ledger)
    [(order,)] = insider("SELECT id FROM orders")
    insider("UPDATE orders SET decided_by = requested_by")
    assert ("orders", str(order)) in named(await ledger.audit.verify())


tampering = st.sampled_from(["edit", "remove", "swap"])


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(how=tampering, table=st.sampled_from(["transitions", "audit"]), data=st.data())
async def test_verification_names_any_row_that_is_edited(
    ledger: Ledger, insider: Sql, how: str, table: str, data: st.DataObject
) -> None:
    if not (await ledger.transitions.get_head())[0]:
        await a_history(ledger)
    assert (await ledger.audit.verify()).ok
    columns = [str(cell) for (cell,) in insider(f"SELECT seq FROM {table}")]
    seq = data.draw(st.sampled_from([int(n) for n in columns]))
    other = seq - 1 if seq > 1 else 2
    field = data.draw(st.sampled_from(["actor = 'x'", f"hash = '{'1' * 64}'"]))
    sql = {
        "edit": f"UPDATE {table} SET {field} WHERE seq = {seq}",
        "remove": f"DELETE FROM {table} WHERE seq = {seq}",
        "swap": f"UPDATE {table} SET seq = -1 WHERE seq = {seq}",
    }[how]
    with behind_our_back(insider, table, sql):
        if how == "swap":
            insider(f"UPDATE {table} SET seq = {seq} WHERE seq = {other}")
            insider(f"UPDATE {table} SET seq = {other} WHERE seq = -1")
        found = named(await ledger.audit.verify())
    assert (table, str(seq)) in found
    assert how != "swap" or (table, str(other)) in found
