"""One schema on both engines, made by migrations, with append-only history."""

# ruff: noqa: S608 - the names in the SQL are the schema's own

import asyncio
import re
import sqlite3
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from ledger import (
    AlertState,
    Ledger,
    LotRow,
    Organisation,
    RegisteredCode,
    ReportRow,
    ReportState,
    open_ledger,
    schema,
)
from ledger.diary.entries import NewEntry
from ledger.field.field_findings import Finding
from ledger.migrations import open_scripts
from ledger.record.epcis_events import NewEvent
from ledger.storage.storage_errors import SchemaBehind, SchemaTooNew, StorageFailed
from ledger.storage.store import Store
from ledger.storage.urls import UnknownStorage
from tests.accounts import add_accounts
from tests.ledger.cartons.test_cartons import activated as activate_lot
from tests.ledger.cartons.test_cartons import move
from tests.ledger.codes.test_code_evidence import PIECE
from tests.ledger.scans.test_scans import SCAN
from tests.ledger.world import activated
from tests.servers import PostgresServer


@pytest.mark.filterwarnings("ignore:.*expression-based index")
async def test_migrations_make_the_tables_of_the_schema(url: str) -> None:
    def difference(connection: Connection) -> list[object]:
        def ours(thing: object, name: str | None, kind: str, *_: object) -> bool:
            return not (kind == "table" and str(name).startswith("scans_"))

        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": ours}
        )
        return list(compare_metadata(context, schema.metadata))

    store = Store(url)
    async with store.read() as connection:
        assert await connection.run_sync(difference) == []
    await store.close()


def test_revisions_have_one_head() -> None:
    assert len(open_scripts().get_heads()) == 1


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database()


async def test_concurrent_and_repeated_migrations_are_safe(empty: str) -> None:
    ledgers = [await open_ledger(empty) for _ in range(3)]
    await asyncio.gather(*(ledger.migrate() for ledger in ledgers))
    await ledgers[0].migrate()
    assert await ledgers[2].transitions.get_head() == await ledgers[1].transitions.get_head()
    for ledger in ledgers:
        await ledger.close()


async def test_a_ledger_of_a_newer_version_is_not_migrated(empty: str) -> None:
    async with await open_ledger(empty) as ledger:
        await ledger.migrate()
        store = Store(empty)
        async with store.append() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await store.close()
        with pytest.raises(SchemaTooNew, match="9999"):
            await ledger.migrate()


async def test_a_ledger_without_tables_asks_for_a_migration(empty: str) -> None:
    async with await open_ledger(empty) as ledger:
        with pytest.raises(SchemaBehind, match="migrate it first"):
            await ledger.batches.list()


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "not a url", "redis://localhost"]
)
async def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(UnknownStorage, match="sqlite:///PATH or postgresql://"):
        await open_ledger(url)


async def fill_history(ledger: Ledger) -> None:
    await activated(ledger)
    await ledger.organisations.add(Organisation("p1", "packer", "Tân Phước"))
    area = RegisteredCode("A1", "growing_area", "x", organisation="p1")
    await ledger.registered_codes.change(["A1"], lambda _: (area,), action="add", actor="bo")
    async with ledger._store.append() as connection:
        await connection.execute(text("INSERT INTO lot_codes VALUES ('L1', 'A1', 1)"))
    await ledger.scans.append([SCAN])
    await ledger.reports.add(ReportRow(bytes(16), 1, 2, "?"))
    alert = await ledger.alerts.report("stamp", 1, 2, score=1.0, reasons=["x"])
    await ledger.alert_handling.add_note(alert.id, "x", actor="thanh", photos=[b"x"])
    await ledger.alerts.decide(alert.id, AlertState.INVESTIGATING, actor="thanh")
    [hearing] = await ledger.hearings.ask(alert.id, None, "?", actor="thanh")
    await ledger.hearings.answer(hearing.id, "!", actor="mai", photos=[b"x"])
    await ledger.report_groups.file_arrivals()
    await ledger.report_groups.take_step("1·2", ReportState.READ, actor="chi")
    await ledger.figure_reports.submit(
        "r", template="t", year=2026, province="", document={}, follows=0, actor="chi"
    )
    await ledger.case_minutes.save(alert.id, {"party": "x"}, {}, base=0, actor="thanh")
    finding = Finding(
        id="f", at=1, found_at=1, actor="thanh", kind="copied", typed="?", state="open"
    )
    await ledger.field_findings.add(finding, "r", [b"x"])
    event = NewEvent("0" * 64, "ObjectEvent", 1, None, {}, {}, [("item", "x:1")], {"reason": "x"})
    await ledger.epcis_events.record("p1", [event], actor="mai")
    await ledger.organisations.add(Organisation("p2", "buyer", "Vựa An"))
    party = NewEvent("1" * 64, "ObjectEvent", 1, None, {}, {}, [("party", "x:p2")])
    await ledger.epcis_events.record("p1", [party], actor="mai")
    await ledger.mentions.answer("p2", ["x:p2"], ("p1", party.id), "confirmed", None, actor="an")
    await ledger.lots.save(LotRow("L3", {"code": "L3"}, (), organisation="p1"))
    await add_accounts(ledger, "thanh")
    quoted = [("p1", event.id)]
    sent = await ledger.lot_submissions.submit("L3", 1, {}, quoted=quoted, actor="mai")
    await ledger.lot_submissions.approve(sent.id, actor="thanh", sign=lambda _: {})
    await ledger.diary_entries.record("p1", [NewEntry(event, "harvest")], actor="mai")
    batch = await activate_lot(ledger, 10, "L2", owner="p1")
    await move(ledger, "pack", "T-1", (batch, 0, 5), owner="p1")
    await ledger.code_evidence.attach(PIECE, "r")
    await ledger.code_evidence.withdraw(PIECE.id, "x", actor="mai")
    await ledger.generations.renew("restore")


COLUMN = {
    **dict.fromkeys(schema.HISTORY, "at"),
    "reports": "text",
    "finding_photos": "sha256",
    "carton_items": "lot",
    **dict.fromkeys(("epcis_errors", "epcis_keys", "quoted_events"), "organisation"),
}


async def test_history_can_not_be_changed_or_removed(ledger: Ledger, url: str) -> None:
    await fill_history(ledger)  # once for all tables: what is refused leaves it as it is
    store, said = Store(url), dict[str, str]()
    for table in schema.HISTORY:
        column = COLUMN[table]
        attempts = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"]
        if not store.is_sqlite:
            attempts.append(f"TRUNCATE {table} CASCADE")
        elif table != "scans":
            attempts.append(f"REPLACE INTO {table} SELECT * FROM {table}")
        for attempt in attempts:
            said[attempt] = "accepted"
            try:
                async with store.append() as connection:
                    await connection.execute(text(attempt))
            except StorageFailed as refusal:
                said[attempt] = str(refusal)
    await store.close()
    refused = re.compile(r"append-only|refused: a (row|version)")
    assert {one: why for one, why in said.items() if not refused.search(why)} == {}


async def test_a_scan_can_not_be_replaced_by_another(sqlite_url: str) -> None:
    async with await open_ledger(sqlite_url) as ledger:
        await ledger.scans.append([SCAN])
        with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as raw:
            names = ", ".join(column.name for column in schema.scans.columns)
            forged = names.replace("verdict", "'suspect'")
            raw.execute(f"REPLACE INTO scans ({names}) SELECT {forged} FROM scans")
        assert await ledger.scans.list_of_stamp(SCAN.batch, SCAN.index) == [SCAN]


async def test_on_postgresql_each_day_of_scans_is_a_partition(postgres_url: str) -> None:
    async with await open_ledger(postgres_url) as ledger:
        await ledger.scans.append([SCAN])
    with psycopg.connect(postgres_url) as raw:
        parts = raw.execute(
            "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"
        ).fetchall()
    assert parts == [("scans_20260921",)]


async def test_on_sqlite_every_commit_is_synced(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    async with store.read() as connection:
        told = [
            await connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert told == ["wal", 2, 1, 10_000]
    await store.close()
