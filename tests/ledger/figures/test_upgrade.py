"""A ledger of before figures is upgraded: its scans, its reports and its history are counted."""

from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text

from ledger import open_ledger
from ledger.figures.totals import FigureScope
from ledger.migrations import open_scripts
from ledger.storage.store import Store
from tests.ledger.conftest import NOW
from tests.ledger.lots.test_lot_upgrade import ACCOUNT, BATCH, ORDER
from tests.servers import PostgresServer

BEFORE = "0035"
DAY = 86_400_000


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'old.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database()


def make_old(connection: Connection) -> None:
    """A ledger of before, with a batch that its first version had."""
    context, scripts = MigrationContext.configure(connection), open_scripts()
    with Operations.context(context):
        for revision in reversed(list(scripts.iterate_revisions(BEFORE, "base"))):
            revision.module.upgrade()
            context.stamp(scripts, revision.revision)
            if revision.revision == "0001":
                for sql in (ACCOUNT, ORDER, BATCH):
                    connection.execute(text(sql))


async def test_scans_and_reports_of_before_are_counted_once(empty: str) -> None:
    store = Store(empty)
    async with store.begin_write() as connection:
        await connection.run_sync(make_old)
    async with store.begin_write() as connection:
        for n in range(3):
            at = NOW - n * 40 * DAY
            if not store.is_sqlite:
                await connection.execute(text("SELECT veritem_scan_day(:d)"), {"d": at // DAY})
            await connection.execute(
                text(
                    "INSERT INTO scans (batch, idx, at, id, via, verdict, score, reasons, first)"
                    " VALUES (1, :n, :at, :id, 'page', 'authentic', 0, '', :first)"
                ),
                {"n": n, "at": at, "id": bytes([n]) * 16, "first": n > 0},
            )
        for n, typed in enumerate((None, "0D9FR")):
            await connection.execute(
                text(
                    "INSERT INTO reports (id, batch, idx, at, text, kind, typed)"
                    " VALUES (:id, 1, 2, :at, '?', 'copied', :typed)"
                ),
                {"id": bytes([n]) * 16, "at": NOW, "typed": typed},
            )
    await store.close()
    async with await open_ledger(empty) as ledger:
        await ledger.migrate()
        assert await ledger.check_figures() == []
        totals = await ledger.figures.sum_all(FigureScope())
        assert totals["scans", "authentic"] == 3
        assert totals["first_scans", ""] == 2
        assert totals["reports", "copied"] == 2
        await ledger.figures.fold()
        assert await ledger.check_figures() == []
