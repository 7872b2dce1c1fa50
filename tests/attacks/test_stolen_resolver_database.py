"""A stolen resolver's database login: it appends reports, and nothing it does stops a recall.

The login is a member of `veritem_resolver` (ops/postgres/roles.sql) on a real PostgreSQL; the
attacker writes SQL by hand.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from ledger import open_ledger
from tests.database_roles import login, make_roles, open_as
from tests.ledger.world import allow_recall
from tests.resolver.house import JSON, Batches, Clock, House, a_house, code_of, furnish
from tests.servers import PostgresServer

OLD_WRITER_LOCK = int.from_bytes(b"veritem", "big")


@pytest.fixture(scope="module")
def robbed(postgres: PostgresServer) -> tuple[str, Batches]:
    """A furnished ledger with the roles, and its batches."""
    url = postgres.database()

    async def make() -> Batches:
        async with await open_ledger(url) as ledger:
            await ledger.migrate()
            return await furnish(ledger, Clock()())

    batches = asyncio.run(make())
    make_roles(url)
    return url, batches


ATTACKS = {
    "write a span": "INSERT INTO spans (batch, lo, hi, state, changed_at)"
    " VALUES ({void}, 100, 101, 'activated', 0)",
    "write a span over another": "INSERT INTO spans (batch, lo, hi, state, changed_at)"
    " VALUES ({void}, 5, 50, 'activated', 0)",
    "make void stamps authentic": "UPDATE spans SET state = 'activated' WHERE state = 'void'",
    "remove recalled spans": "DELETE FROM spans WHERE state = 'recalled'",
    "reset the counter": "UPDATE chain_heads SET seq = 1",
    "make a counter": "INSERT INTO chain_heads VALUES ('another', 1, 'x')",
    "remove the counter": "DELETE FROM chain_heads",
    "take the writers' lock": "LOCK TABLE chain_heads IN EXCLUSIVE MODE",
    "lock the spans": "LOCK TABLE spans IN SHARE MODE",
    "lock a batch": "SELECT FROM batches FOR UPDATE",
    "release": "INSERT INTO transitions (seq, batch, lo, hi, transition, actor, at, key, part,"
    " request, hash) VALUES (99, {suspended}, 0, 100, 'release', 'x', 0, 'x', 0, '', '')",
    "claim": "INSERT INTO transitions (seq, batch, lo, hi, transition, actor, at, key, part,"
    " request, hash) VALUES (99, {active}, 0, 1, 'claim', 'x', 0, 'claim:{active}:0', 0, '', '')",
    "note a claimant": "INSERT INTO pin_attempts (batch, idx, wrong) VALUES ({active}, 0, 0)",
    "see who claimed": "SELECT device, net FROM pin_attempts",
    "invent an inspector's scan": "INSERT INTO scans (batch, idx, at, id, via, verdict, score,"
    " reasons) VALUES ({active}, 0, 0, 'x', 'inspector', 'authentic', 0, '')",
    "count scans": "UPDATE scan_counts SET scans = 0",
    "count scans of products": "UPDATE product_days SET scanned = 0",
    "make partitions": "SELECT veritem_scan_day(1)",
    "enrol a device": "INSERT INTO devices (id, account, kind, label, code_sha256, code_expires_at,"
    " added_at) VALUES ('x', 'x', 'inspector', 'x', 'x', 0, 0)",
    "change a device": "UPDATE devices SET public_key = 'x', revoked_at = NULL",
    "decide on a case": "INSERT INTO decisions VALUES ('stamp', 1, 1, '', 1, false, 0, '', 0, 0)",
    "open an alert": "UPDATE alerts SET state = 'dismissed'",
    "change a lot": "UPDATE lots SET document = '{{}}', recalled_at = NULL, expires_at = NULL",
    "take a batch": "UPDATE batches SET order_id = order_id",
    "issue a batch": "INSERT INTO batches SELECT * FROM batches",
    "approve an order": "UPDATE orders SET state = 'approved'",
    "read orders": "SELECT FROM orders",
    "write the audit log": "INSERT INTO audit (seq, at, actor, action, subject, details, hash)"
    " VALUES (99, 0, 'x', 'x', 'lots:x', '{{}}', 'x')",
    "read the audit log": "SELECT details FROM audit",
    "read passwords": "SELECT password_hash FROM staff",
    "read secrets of one-time codes": "SELECT otp_secret FROM staff",
    "read tokens": "SELECT sha256 FROM staff_tokens",
    "try names of accounts": "SELECT veritem_is_deciding_account('mai')",
    "read proposals": "SELECT FROM proposals",
    "say that it needs a migration": "UPDATE alembic_version SET version_num = '0001'",
    "read reports": "SELECT text FROM reports",
    "read contacts": "SELECT contact FROM report_contacts",
    "read the inbox": "SELECT FROM report_groups",
    "read what reports weigh": "SELECT nats FROM report_evidence",
    "edit a report": "UPDATE reports SET text = 'x'",
    "keep a report from the inbox": "DELETE FROM report_arrivals",
    "remove history": "TRUNCATE transitions CASCADE",
    "drop a guard": "DROP TRIGGER spans_in_batch ON spans",
    "make a table": "CREATE TABLE mine (n int)",
    "become the desk": "SET ROLE veritem_desk",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_the_database_refuses_a_stolen_resolver(robbed: tuple[str, Batches], attack: str) -> None:
    url, batches = robbed
    with (
        psycopg.connect(login(url, "resolver")) as stolen,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        stolen.execute(attack.format(**vars(batches)).encode())


def test_what_a_stolen_resolver_writes_is_reports(robbed: tuple[str, Batches]) -> None:
    """Whatever table is added: the login may write one, and columns of none."""
    with psycopg.connect(login(robbed[0], "resolver")) as stolen:
        writable = stolen.execute(
            "SELECT relname, verb FROM pg_class, unnest(ARRAY['INSERT', 'UPDATE', 'REFERENCES'])"
            " AS verb WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND has_any_column_privilege(pg_class.oid, verb)"
        ).fetchall()
        removable = stolen.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND has_table_privilege(oid, 'DELETE, TRUNCATE, TRIGGER')"
        ).fetchall()
    names = ("report_arrivals", "report_contacts", "reports")
    assert (sorted(writable), removable) == ([(name, "INSERT") for name in names], [])


@pytest.fixture
async def house(robbed: tuple[str, Batches], tmp_path: Path) -> AsyncIterator[House]:
    """The public service, on that login."""
    url, batches = robbed
    async with a_house(tmp_path, batches, ledger=login(url, "resolver")) as made:
        yield made


async def test_a_recall_reaches_the_page_whatever_the_resolver_holds(
    robbed: tuple[str, Batches], house: House
) -> None:
    url, batches = robbed
    code = f"/S/{code_of(batches.active, 7)}"
    assert (await (await house.get(code, **JSON)).json())["verdict"] == "authentic"
    with psycopg.connect(login(url, "resolver")) as stolen:
        # It holds every lock that it can take, listens without reading, and does not commit.
        stolen.execute("SELECT pg_advisory_lock(%s)", [OLD_WRITER_LOCK])
        stolen.execute("LISTEN veritem_changes")
        stolen.commit()
        for table in ("chain_heads", "spans", "lots", "batches", "decisions"):
            stolen.execute(f"LOCK TABLE {table} IN ACCESS SHARE MODE".encode())
        stolen.execute("LOCK TABLE reports IN ROW EXCLUSIVE MODE")
        stolen.execute("INSERT INTO reports (id, batch, idx, at, text) VALUES ('x', 1, 1, 0, 'x')")
        async with open_as(url, "desk") as desk:
            await desk.migrate()  # at its start: nobody can hold that up either
            key = await allow_recall(desk, batch=batches.active)
            await desk.transitions.recall_batch(
                batches.active, actor="chi", reason="food-safety", key=key
            )
        async with asyncio.timeout(10):
            page = await house.get(code, **JSON)
            while (await page.json())["verdict"] != "recalled":
                page = await house.get(code, **JSON)
    for batch, verdict in ((batches.void, "void"), (batches.recalled, "recalled")):
        page = await house.get(f"/S/{code_of(batch, 7)}", **JSON)
        assert (await page.json())["verdict"] == verdict
    async with open_as(url, "auditor") as auditor:
        assert (await auditor.audit.verify()).ok
