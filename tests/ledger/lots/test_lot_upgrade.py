"""A ledger of before lots had owners and versions is upgraded, and still verifies."""

# ruff: noqa: S608 - names in the SQL are the test's own

from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import LotRow, open_ledger, schema
from ledger.chains.chained_rows import TRANSITION_FIELDS, append_rows, digest_row, record_audit
from ledger.migrations import open_scripts
from ledger.storage.store import Store
from tests.insider import open_insider
from tests.ledger.conftest import NOW
from tests.servers import PostgresServer

LOTS = {
    "BY-FIRST": ("mai", "bo", None),
    "BY-HOUSE": ("root", "root", "VN-ĐLPH-0012"),
    "NOBODYS": ("root", "root", "VN-ĐLPH-9999"),
}
"""Each lot's first and last author, and its packing house."""
OLD_FIELDS = tuple(field for field in TRANSITION_FIELDS if field != "acted_at")
ACCOUNT = (
    "INSERT INTO staff (id, name, role, password_hash, disabled, added_at)"
    " VALUES ('mai', 'Mai', 'inspector', 'x', false, 0)"
)
ORDER = (
    "INSERT INTO orders (id, count, grade, has_pin, requested_by, requested_at, state, decided_by,"
    " decided_at) VALUES ('o', 9, 'sealed', false, 'Root', 0, 'approved', 'root', 0)"
)
BATCH = (
    "INSERT INTO batches (number, order_id, count, epoch, host, grade, has_pin, actor, at, key,"
    " request) VALUES (1, 'o', 9, 0, 'tem.example', 'sealed', false, 'root', 0, 'b', '')"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'old.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database()


def make_baseline(connection: Connection) -> None:
    context, scripts = MigrationContext.configure(connection), open_scripts()
    with Operations.context(context):
        for revision in scripts.iterate_revisions("0001", "base"):
            revision.module.upgrade()
            context.stamp(scripts, revision.revision)


async def save_as_before(connection: AsyncConnection, code: str) -> None:
    """Two versions of a lot as they were saved before, the second over the first."""
    first, last, house = LOTS[code]
    values = {"code": code, "house": house, "at": NOW, "actor": last, "product": None}
    await connection.execute(
        text(
            "INSERT INTO lots (code, version, document, missing, packing_house, actor, at)"
            " VALUES (:code, 2, '{}', '[]', :house, :actor, :at)"
        ),
        values,
    )
    row = await connection.execute(text("SELECT * FROM lots WHERE code = :code"), {"code": code})
    digest = digest_row(row.mappings().one())
    for actor, sha256 in ((first, "0" * 64), (last, digest)):
        await record_audit(
            connection, at=NOW, actor=actor, action="lot.save", subject=f"lots:{code}",
            details={"sha256": sha256},
        )  # fmt: skip


async def test_lots_of_before_get_an_owner_and_their_content_is_a_version(empty: str) -> None:
    store = Store(empty)
    async with store.begin_write() as connection:
        await connection.run_sync(make_baseline)
    async with store.begin_write() as connection:
        for sql in (
            "INSERT INTO organisations (id, kind, name) VALUES ('krong-pac', 'packer', 'K')",
            "INSERT INTO organisations (id, kind, name) VALUES ('tan-phuoc', 'packer', 'T')",
            "INSERT INTO places (id, kind, name, code, organisation)"
            " VALUES ('k', 'packing_house', 'K', 'VN-ĐLPH-0012', 'krong-pac')",
            *(
                "INSERT INTO staff (id, name, role, organisation, password_hash, disabled,"
                f" added_at) VALUES ('{who}', '{who}', 'packer', '{whose}', 'x', false, 0)"
                for who, whose in (("mai", "krong-pac"), ("bo", "tan-phuoc"))
            ),
        ):
            await connection.execute(text(sql))
        for code in LOTS:
            await save_as_before(connection, code)
    await store.close()
    async with await open_ledger(empty) as ledger:
        await ledger.migrate()
        owners = {lot.code: lot.organisation for lot in await ledger.lots.list()}
        assert owners == {"BY-FIRST": "krong-pac", "BY-HOUSE": "krong-pac", "NOBODYS": None}
        [carried] = await ledger.lots.list_versions("BY-FIRST", limit=9)
        assert (carried.version, carried.actor, carried.at) == (2, "bo", NOW)
        assert (carried.is_correction, carried.organisation) == (False, "krong-pac")
        row = await ledger.lots.save(LotRow("BY-FIRST", {"more": 1}, ()))
        assert (row.version, row.organisation) == (3, "krong-pac")
        report = await ledger.audit.verify()
        # Rows that were put in by hand have no audit entry; of lots nothing is wrong.
        assert {problem.table for problem in report.problems} <= {
            "organisations", "places", "staff",
        }  # fmt: skip


async def test_what_one_person_decided_before_the_rule_is_not_named(empty: str) -> None:
    store = Store(empty)
    async with store.begin_write() as connection:
        await connection.run_sync(make_baseline)
    recall = {
        **dict.fromkeys(OLD_FIELDS), "batch": 1, "lo": 0, "hi": 5, "transition": "recall",
        "reason": "ordered", "actor": "root", "at": NOW, "key": "typed", "part": 0, "request": "",
    }  # fmt: skip
    async with store.begin_write() as connection:
        await connection.execute(text(ACCOUNT))
        await connection.execute(text(ORDER))
        await connection.execute(text(BATCH))
        for verb, actor in (("request", "Root"), ("approved", "root")):
            await record_audit(
                connection, at=NOW, actor=actor, action=f"order.{verb}", subject="orders:o",
                details={},
            )  # fmt: skip
        await append_rows(connection, schema.transitions, OLD_FIELDS, [recall])
    await store.close()

    async def list_undecided() -> list[tuple[str, str]]:
        async with await open_ledger(empty) as ledger:
            await ledger.migrate()
            problems = (await ledger.audit.verify()).problems
        return [(one.table, one.row) for one in problems if "two accounts" in one.what]

    assert await list_undecided() == []
    with open_insider(empty) as insider:
        insider.sql(
            "INSERT INTO transitions SELECT 2, batch, 5, 6, transition, lot, reason, actor, at,"
            " 'typed 2', part, request, hash, acted_at FROM transitions"
        )
        insider.sql("UPDATE staff SET role = 'administrator' WHERE id = 'mai'")
    assert await list_undecided() == [("staff", "mai"), ("transitions", "2")]
