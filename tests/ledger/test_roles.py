"""Each service's database role can do its work and nothing else (ops/postgres/roles.sql)."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from ledger import (
    AlertEvidence,
    AlertState,
    Claimant,
    Ledger,
    LotRow,
    Order,
    Organisation,
    ReportRow,
    open_ledger,
)
from ledger.errors import StorageForbidden, UnknownToken
from stamps.lifecycle import Transition
from tests.ledger.conftest import TEMPLATE, emptied
from tests.ledger.test_scans import SCAN
from tests.ledger.world import a_key, activated, an_order, printed
from tests.servers import PostgresServer

ROLES = Path(__file__).parents[2] / "ops" / "postgres" / "roles.sql"
FORBIDDEN = psycopg.errors.InsufficientPrivilege


@pytest.fixture(scope="module")
def with_roles(migrated_postgres: PostgresServer) -> str:
    """A migrated database with the roles, and one login in each."""
    url = migrated_postgres.database(template=TEMPLATE)
    with psycopg.connect(url, autocommit=True) as owner:
        for _ in range(2):  # running it again after a migration is harmless
            owner.execute(ROLES.read_bytes())
        for role in ("resolver", "recorder", "issuer", "desk", "auditor"):
            there = owner.execute("SELECT FROM pg_roles WHERE rolname = %s", [f"{role}_1"])
            if not there.rowcount:
                owner.execute(f"CREATE ROLE {role}_1 LOGIN IN ROLE veritem_{role}".encode())
    return url


@pytest.fixture
def guarded(with_roles: str) -> Iterator[str]:
    """The same, empty for each test."""
    yield with_roles
    emptied(with_roles)


def login(url: str, role: str) -> str:
    return make_url(url).set(username=f"{role}_1").render_as_string()


@asynccontextmanager
async def opened(url: str, role: str | None = None) -> AsyncIterator[Ledger]:
    async with await open_ledger(login(url, role) if role else url) as ledger:
        yield ledger


async def test_five_roles_take_a_stamp_through_its_lifecycle(guarded: str) -> None:
    async with (
        opened(guarded, "issuer") as issuer,
        opened(guarded, "desk") as desk,
        opened(guarded, "resolver") as resolver,
        opened(guarded, "recorder") as recorder,
        opened(guarded, "auditor") as auditor,
    ):
        await desk.organisations.add(Organisation("p1", "packer", "Tân Phước"))
        await desk.orders.add(Order("o1", 100, "sealed", requested_by="an", packer="p1"))
        await desk.orders.approve("o1", actor="binh")
        batch = (
            await issuer.batches.add(
                order="o1", count=100, grade="sealed", epoch=0, host="h", actor="i", key="b"
            )
        ).number
        await issuer.batches.set_manifest(batch, b"signed")
        await issuer.transitions.apply(batch, 0, 100, Transition.PRINT, actor="press", key="p")
        await desk.lots.save(LotRow("L1", {"lot": "L1"}, ()))
        await desk.transitions.apply(
            batch, 0, 90, Transition.ACTIVATE, actor="d", key="a", lot="L1"
        )
        await resolver.claims.record_attempt(batch, 5, ok=False)
        for number in (1, 2):
            who = Claimant(number, number)
            await resolver.claims.record_attempt(batch, 5, ok=True, claimant=who)
        claims = await recorder.claims.list_unreported()
        assert [claim.others for claim in claims] == [1]
        await recorder.claims.mark_reported(claims)
        assert await resolver.claims.list_others(batch) == {5: 1}
        await resolver.transitions.apply(batch, 5, 6, Transition.CLAIM, actor="consumer", key="c")
        await resolver.reports.add(ReportRow(bytes(16), batch, 5, "?"))
        await recorder.scans.append([SCAN])
        await recorder.scans.append([SCAN._replace(id=bytes(16), batch=batch, first=True)])
        counted = (await resolver.product_days.list_since(0, [None]))[None]
        assert sum(day.activated for day in counted) == 90
        assert sum(day.scanned for day in counted) == 1
        alert = await recorder.alerts.report("stamp", batch, 5, score=3.0, reasons=["x"])
        await recorder.alerts.report("batch", batch, None, score=3.0, reasons=["x"])
        await desk.alerts.decide(alert.id, AlertState.INVESTIGATING, actor="chi")
        await desk.alerts.decide(
            alert.id, AlertState.DISMISSED, actor="chi", cause="sample-on-show"
        )
        [decision] = await resolver.decisions.list_of_batch(batch)
        assert (decision.index, decision.confirmed) == (5, False)
        again = await recorder.alerts.report("stamp", batch, 5, score=9.0, reasons=["x"])
        assert again.previous == alert.id
        campaign = AlertEvidence(
            "campaign", None, None, 3.0, ("x",), campaign="c", stamps=((batch, 5),)
        )
        [found] = await recorder.alerts.report_all([campaign])
        assert await desk.alerts.find_stamps(found, limit=9) == [(batch, 5)]
        await desk.transitions.recall_lot("L1", actor="chi", reason="food-safety", key="r")
        report = await auditor.audit.verify(await auditor.transitions.get_head())
        assert report.ok, report.problems
        assert (await auditor.transitions.compute_balance(batch)).balances
        assert await auditor.scans.count() == 2


@pytest.mark.parametrize("transition", [m for m in Transition if m is not Transition.CLAIM])
async def test_the_resolver_can_only_claim(guarded: str, transition: Transition) -> None:
    async with opened(guarded) as owner, opened(guarded, "resolver") as resolver:
        batch = await activated(owner)
        before = await owner.transitions.list_spans(batch), await owner.transitions.get_head()
        sql = (
            "INSERT INTO transitions "
            "(seq, batch, lo, hi, transition, actor, at, key, part, request, hash) "
            "VALUES (99, %s, 0, 1, %s, 'x', 0, 'x', 0, '', '')"
        )
        with psycopg.connect(login(guarded, "resolver")) as raw, pytest.raises(FORBIDDEN):
            raw.execute(sql, [batch, transition])
        if transition in (Transition.SUSPEND, Transition.RECALL):
            reason = "stolen"
            with pytest.raises(StorageForbidden, match="row-level security"):
                await resolver.transitions.apply(
                    batch, 0, 9, transition, actor="x", key="k", reason=reason
                )
        assert (
            await owner.transitions.list_spans(batch),
            await owner.transitions.get_head(),
        ) == before


FORBIDDEN_TO = {
    "resolver": [
        "UPDATE transitions SET actor = 'x'",
        "DELETE FROM transitions",
        "TRUNCATE scans",
        "UPDATE spans SET state = 'activated'",
        "INSERT INTO spans (batch, lo, hi, state, changed_at) VALUES (1, 900, 901, 'recalled', 0)",
        "INSERT INTO batches DEFAULT VALUES",
        "INSERT INTO audit DEFAULT VALUES",
        "UPDATE lots SET missing = '[]'",
        "SELECT * FROM audit",
        "SELECT * FROM alerts",
        "INSERT INTO decisions DEFAULT VALUES",
        "UPDATE decisions SET confirmed = false",
        "SELECT * FROM orders",
        "INSERT INTO chain_heads VALUES ('audit', 1, 'x')",
        "CREATE TABLE mine (n int)",
        "UPDATE product_days SET activated = 0",
        "UPDATE product_days SET scanned = 0",
        "INSERT INTO scans DEFAULT VALUES",
        "SELECT veritem_scan_day(1)",
        "INSERT INTO devices DEFAULT VALUES",
        "UPDATE devices SET public_key = 'x'",
        "UPDATE devices SET revoked_at = NULL",
        "SELECT code_sha256 FROM devices",
    ],
    "recorder": [
        "INSERT INTO transitions DEFAULT VALUES",
        "UPDATE spans SET state = 'void'",
        "DELETE FROM scans",
        "DELETE FROM alerts",
        "UPDATE decisions SET confirmed = false",
        "UPDATE audit SET actor = 'x'",
        "DELETE FROM audit",
        "INSERT INTO chain_heads VALUES ('transitions', 1, 'x')",
        "INSERT INTO devices DEFAULT VALUES",
        "UPDATE devices SET public_key = 'x'",
        "UPDATE devices SET revoked_at = NULL",
        "SELECT code_sha256 FROM devices",
        "SELECT device FROM pin_attempts",
        "UPDATE pin_attempts SET wrong = 0",
        "UPDATE product_days SET activated = 0",
    ],
    "issuer": [
        "INSERT INTO scans DEFAULT VALUES",
        "SELECT * FROM scans",
        "SELECT * FROM reports",
        "UPDATE lots SET missing = '[]'",
        "DELETE FROM batches",
        "DELETE FROM orders",
    ],
    "desk": [
        "INSERT INTO batches DEFAULT VALUES",
        "UPDATE batches SET count = 1",
        "UPDATE transitions SET actor = 'x'",
        "DELETE FROM audit",
        "DELETE FROM lots",
        "INSERT INTO scans DEFAULT VALUES",
        "UPDATE product_days SET scanned = 0",
        "UPDATE devices SET kind = 'inspector'",
        "UPDATE devices SET account = 'x'",
        "DELETE FROM devices",
    ],
    "auditor": [
        "INSERT INTO audit DEFAULT VALUES",
        "UPDATE alerts SET state = 'closed'",
        "DELETE FROM reports",
        "SELECT veritem_scan_day(1)",
    ],
}


@pytest.mark.parametrize("role", list(FORBIDDEN_TO))
def test_a_role_can_not_do_what_it_does_not_need(guarded: str, role: str) -> None:
    with psycopg.connect(login(guarded, role), autocommit=True) as raw:
        for sql in FORBIDDEN_TO[role]:
            with pytest.raises(FORBIDDEN):
                raw.execute(sql.encode())


async def test_the_resolver_reads_spans_that_it_can_not_write(
    guarded: str,
) -> None:
    async with opened(guarded) as owner, opened(guarded, "resolver") as resolver:
        batch = await printed(owner)
        with psycopg.connect(login(guarded, "resolver"), autocommit=True) as raw:
            assert raw.execute("SELECT state FROM spans").fetchall() == [("printed",)]
            assert raw.execute("DELETE FROM spans").rowcount == 0
        assert len(await resolver.transitions.list_spans(batch)) == 1


async def test_the_resolver_follows_changes_and_reads_no_decisions(guarded: str) -> None:
    async with opened(guarded) as owner, opened(guarded, "resolver") as resolver:
        heads = await resolver.changes.get_heads()
        async with resolver.changes.listen() as listener:
            batch = await activated(owner)
            await listener.wait()
        changed = await resolver.changes.get_changes_after(heads)
        assert changed.batches == {batch}
        assert changed.lots
        with pytest.raises(StorageForbidden):
            await resolver.audit.list_after()


async def test_issuer_and_desk_have_different_rights(guarded: str) -> None:
    async with opened(guarded) as owner, opened(guarded, "issuer") as issuer:
        batch = await activated(owner)
        with pytest.raises(StorageForbidden):
            await issuer.transitions.apply(
                batch, 0, 9, Transition.RECALL, actor="x", key=a_key(), reason="ordered"
            )
        order = await an_order(owner)
        async with opened(guarded, "desk") as desk:
            with pytest.raises(StorageForbidden, match="batches"):
                await desk.batches.add(
                    order=order.id, count=1, grade="sealed", epoch=0, host="h", actor="d", key="k"
                )


async def test_the_desk_signs_staff_in_and_creates_no_accounts(guarded: str) -> None:
    async with opened(guarded) as owner, opened(guarded, "desk") as desk:
        words = "sầu riêng Ri6 chín cây"
        await owner.staff.add("mai", name="Mai", role="packer", password=words)
        await desk.staff.sign_in("mai", words)
        _, token = await desk.staff.create_token("mai", label="ERP", actor="mai", expires_at=2**60)
        assert (await desk.staff.get_by_token(token)).id == "mai"
        await desk.staff.set_password("mai", "măng cụt Lái Thiêu", actor="mai")
        with pytest.raises(UnknownToken):
            await desk.staff.get_by_token(token)
        with pytest.raises(StorageForbidden):
            await desk.staff.add("sly", name="Sly", role="authority", password=words)
        with pytest.raises(StorageForbidden):
            await desk.staff.disable("mai", actor="sly", disabled=False)
    with psycopg.connect(login(guarded, "desk")) as raw, pytest.raises(FORBIDDEN):
        raw.execute("UPDATE staff SET role = 'authority'")
    for role in ("resolver", "recorder", "issuer"):
        with psycopg.connect(login(guarded, role)) as raw, pytest.raises(FORBIDDEN):
            raw.execute("SELECT password_hash FROM staff")


async def test_the_desk_enrols_devices_and_resolver_and_recorder_read_them(guarded: str) -> None:
    async with (
        opened(guarded) as owner,
        opened(guarded, "desk") as desk,
        opened(guarded, "resolver") as resolver,
        opened(guarded, "recorder") as recorder,
    ):
        await owner.staff.add(
            "thanh", name="Thanh", role="inspector", password="sầu riêng Ri6 chín cây"
        )
        heads = await resolver.changes.get_heads()
        async with resolver.changes.listen() as listener:
            added = await desk.devices.add(
                "thanh", kind="inspector", label="Pixel", code="c", code_expires_at=2**50, actor="t"
            )
            await listener.wait()
            device = await desk.devices.enrol("c", b"k" * 32)
            await listener.wait()
        assert (await resolver.changes.get_changes_after(heads)).devices == {added.id}
        assert await resolver.devices.get(added.id) == device
        assert await recorder.devices.get_many([added.id, "x"]) == {added.id: device}
        for read_only in (resolver, recorder):
            with pytest.raises(StorageForbidden):
                await read_only.devices.revoke(added.id, actor="x", at=1)
            with pytest.raises(StorageForbidden):
                await read_only.devices.enrol("c", b"x" * 32)
        assert (await desk.devices.revoke(added.id, actor="t")).revoked_at is not None


async def test_a_recorder_notes_what_it_refused_and_the_resolver_can_not(guarded: str) -> None:
    async with (
        opened(guarded) as owner,
        opened(guarded, "resolver") as resolver,
        opened(guarded, "recorder") as recorder,
    ):
        await recorder.audit.append(actor="recorder", action="scans.refuse", subject="scans")
        with pytest.raises(StorageForbidden):
            await resolver.audit.append(actor="x", action="x", subject="x")
        assert (await owner.audit.verify()).ok
