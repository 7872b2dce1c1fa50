"""Each service's database role can do its work and nothing else (ops/postgres/roles.sql)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from claims import open_in_process
from ledger import (
    AlertEvidence,
    AlertState,
    Claimant,
    KeyOwner,
    LinkSetRow,
    LotRow,
    Order,
    Organisation,
    RegisteredCode,
    ReportRow,
    ReportState,
)
from ledger.audit.head_statement import HeadStatement
from ledger.ledger import now_ms
from ledger.notices.notices import Attempt
from ledger.organisations.organisation_states import ENABLE, enable_organisation
from ledger.record.epcis_events import EventFilter, NewEvent
from ledger.staff_errors import UnknownToken
from ledger.stamps.transitions import claim_key
from ledger.storage.storage_errors import StorageForbidden, TwoPeopleRequired
from ledger.table_imports import TableImport
from stamps.code import StampId
from stamps.lifecycle import Transition
from stamps.pin_ring import PinRing
from tests.accounts import add_accounts
from tests.database_roles import login, make_roles
from tests.database_roles import open_as as opened
from tests.ledger.cartons.test_cartons import activated as activate_lot
from tests.ledger.cartons.test_cartons import move
from tests.ledger.conftest import TEMPLATE, emptied
from tests.ledger.notices.test_notices import a_webhook
from tests.ledger.scans.test_scans import SCAN
from tests.ledger.world import a_key, activated, allow_recall, an_order, correct
from tests.servers import PostgresServer
from web.claim_exchange import ClaimQuestion, ClaimsUnavailable
from web.request_counter import MemoryRequestCounter

FORBIDDEN = psycopg.errors.InsufficientPrivilege


@pytest.fixture(scope="module")
def with_roles(migrated_postgres: PostgresServer) -> str:
    """A migrated database with the roles, and one login in each."""
    url = migrated_postgres.database(template=TEMPLATE)
    make_roles(url)
    return url


@pytest.fixture
def guarded(with_roles: str) -> Iterator[str]:
    """The same, empty for each test."""
    yield with_roles
    emptied(with_roles)


async def test_six_roles_take_a_stamp_through_its_lifecycle(guarded: str) -> None:
    async with (
        opened(guarded, "issuer") as issuer,
        opened(guarded, "desk") as desk,
        opened(guarded, "resolver") as resolver,
        opened(guarded, "recorder") as recorder,
        opened(guarded, "claims") as claimer,
        opened(guarded, "auditor") as auditor,
    ):
        async with opened(guarded) as owner:
            await add_accounts(owner, "an", "binh")
        await desk.organisations.add(Organisation("p1", "packer", "Tân Phước"))
        await issuer.orders.add(Order("o1", 100, "sealed", requested_by="an", packer="p1"))
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
        await claimer.claims.record_attempt(batch, 5, ok=False)
        for number in (1, 2):
            who = Claimant(number, number)
            await claimer.claims.record_attempt(batch, 5, ok=True, claimant=who)
        claims = await recorder.claims.list_unreported()
        assert [claim.others for claim in claims] == [1]
        await recorder.claims.mark_reported(claims)
        assert await resolver.claims.list_others(batch) == {5: 1}
        for index in (5, 7, 6):  # claimed neighbours become one span
            await claimer.transitions.apply(
                batch,
                index,
                index + 1,
                Transition.CLAIM,
                actor="consumer",
                key=claim_key(batch, index),
            )
        assert await resolver.transitions.get_claimed_at(batch, 5) is not None
        report = ReportRow(bytes(16), batch, 5, "?", kind="copied")
        assert await resolver.reports.add(report, "0900 000 000")
        assert not await resolver.reports.add(report, "another")
        assert await desk.report_groups.file_arrivals() == 1
        [weighed] = await desk.report_evidence.list_untold()
        assert await recorder.report_evidence.read([(batch, 5)]) == {(batch, 5): weighed.nats}
        await desk.report_evidence.mark_told([weighed])
        assert await desk.report_contacts.find([report.id]) == {report.id: "0900 000 000"}
        assert await desk.report_photos.add(report.id, b"jpeg")
        await desk.report_groups.take_step(report.group, ReportState.CLOSED, actor="chi")
        assert await desk.report_photos.erase(closed_before=2**60, left_before=0) == 1
        assert await desk.report_groups.erase_contacts(closed_before=2**60, left_before=0) == 1
        await recorder.scans.check_append(SCAN.at)
        await recorder.scans.append([SCAN])
        await recorder.scans.append([SCAN._replace(id=bytes(16), batch=batch, first=True)])
        counted = (await resolver.product_days.list_since(0, [None]))[None]
        assert sum(day.activated for day in counted) == 90
        assert sum(day.scanned for day in counted) == 1
        alert = await recorder.alerts.report("stamp", batch, 5, score=3.0, reasons=["x"])
        await recorder.alerts.report("batch", batch, None, score=3.0, reasons=["x"])
        await desk.alerts.decide(alert.id, AlertState.INVESTIGATING, actor="chi")
        await desk.alert_handling.add_note(alert.id, "x", actor="chi", photos=[b"x"])
        await desk.alert_handling.hand_over(alert.id, "chi", actor="chi")
        [hearing] = await desk.hearings.ask(alert.id, None, "?", actor="chi")
        await desk.hearings.answer(hearing.id, "!", actor="chi", photos=[b"x"])
        await desk.alerts.decide(
            alert.id, AlertState.DISMISSED, actor="chi", cause="sample-on-show"
        )
        [decision] = await resolver.decisions.list_of_batch(batch)
        assert (decision.index, decision.confirmed) == (5, False)
        again = await recorder.alerts.report("stamp", batch, 5, score=9.0, reasons=["x"])
        assert again.previous == alert.id
        campaign = AlertEvidence(
            "campaign", None, None, 3.0, ("x",), subject="c", stamps=((batch, 5),)
        )
        [found] = await recorder.alerts.report_all([campaign])
        assert await desk.alerts.find_stamps(found, limit=9) == [(batch, 5)]
        key = await allow_recall(desk, lot="L1")
        await desk.transitions.recall_lot("L1", actor="chi", reason="food-safety", key=key)
        await desk.figures.fold()
        assert await auditor.check_figures() == []
        audit = await auditor.audit.verify(await auditor.transitions.get_head())
        assert audit.ok, audit.problems
        assert (await auditor.transitions.compute_balance(batch)).balances
        assert await auditor.scans.count() == 2


async def test_the_claim_service_works_with_its_role_and_not_with_the_resolvers(
    guarded: str,
) -> None:
    async with opened(guarded, "issuer") as issuer, opened(guarded, "desk") as desk:
        async with opened(guarded) as owner:
            await add_accounts(owner, "an", "binh")
        await desk.organisations.add(Organisation("p1", "packer", "Tân Phước"))
        await issuer.orders.add(Order("o1", 9, "sealed", "an", has_pin=True, packer="p1"))
        await desk.orders.approve("o1", actor="binh")
        issued = await issuer.batches.add(
            order="o1", count=9, grade="sealed", epoch=0, host="h", actor="i", key="b", has_pin=True
        )
        batch = issued.number
        await issuer.transitions.apply(batch, 0, 9, Transition.PRINT, actor="press", key="p")
        await desk.lots.save(LotRow("L1", {"lot": "L1"}, ()))
        await desk.transitions.apply(batch, 0, 9, Transition.ACTIVATE, actor="d", key="a", lot="L1")
    pins = PinRing.derive({0: b"m" * 32})

    def ask(pin: str) -> ClaimQuestion:
        return ClaimQuestion(epoch=0, batch=batch, index=4, pin=pin, device=1, net=1, network="n")

    right = ask(pins.derive_pin(StampId(0, batch, 4)))
    for role, results in (("resolver", []), ("claims", ["wrong-pin", "claimed", "repeated"])):
        async with opened(guarded, role) as ledger:
            counter = MemoryRequestCounter(now_ms)
            checker = open_in_process(pins)(ledger, counter, now_ms, b"s" * 32)
            if not results:
                for question in (ask("00000000"), right):
                    with pytest.raises(ClaimsUnavailable):
                        await checker.claim(question)
                continue
            await checker.check()
            answers = [await checker.claim(q) for q in (ask("00000000"), right, right)]
            assert [answer.result for answer in answers] == results


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
        "INSERT INTO lot_versions DEFAULT VALUES",
        "SELECT actor, note FROM lot_versions",
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
        "SELECT device FROM pin_attempts",
        "SELECT actor FROM transitions",
        "INSERT INTO pin_attempts DEFAULT VALUES",
        "INSERT INTO transitions DEFAULT VALUES",
        "INSERT INTO chain_heads DEFAULT VALUES",
        "UPDATE alembic_version SET version_num = '0'",
    ],
    "claims": [
        "UPDATE transitions SET actor = 'x'",
        "UPDATE spans SET state = 'activated'",
        "INSERT INTO scans DEFAULT VALUES",
        "UPDATE pin_attempts SET reported = 0",
        "DELETE FROM pin_attempts",
        "INSERT INTO audit DEFAULT VALUES",
        "SELECT details FROM audit",
        "SELECT * FROM lots",
        "SELECT * FROM orders",
        "SELECT * FROM staff",
        "SELECT * FROM devices",
    ],
    "recorder": [
        "INSERT INTO transitions DEFAULT VALUES",
        "UPDATE spans SET state = 'void'",
        "DELETE FROM scans",
        "DELETE FROM alerts",
        "UPDATE decisions SET confirmed = false",
        "UPDATE audit SET actor = 'x'",
        "DELETE FROM audit",
        "INSERT INTO devices DEFAULT VALUES",
        "UPDATE devices SET public_key = 'x'",
        "UPDATE devices SET revoked_at = NULL",
        "SELECT code_sha256 FROM devices",
        "SELECT device FROM pin_attempts",
        "UPDATE pin_attempts SET wrong = 0",
        "UPDATE product_days SET activated = 0",
        "SELECT told FROM report_evidence",
        "UPDATE report_evidence SET nats = 0",
        "SELECT * FROM reports",
    ],
    "issuer": [
        "INSERT INTO scans DEFAULT VALUES",
        "SELECT * FROM scans",
        "SELECT * FROM reports",
        "UPDATE lots SET missing = '[]'",
        "DELETE FROM batches",
        "DELETE FROM orders",
        "UPDATE orders SET decided_by = 'x'",
        "UPDATE orders SET count = 1",
        "UPDATE batches SET count = 1",
        "UPDATE organisations SET public_key = 'x'",
        "SELECT * FROM staff",
    ],
    "desk": [
        "UPDATE orders SET requested_by = 'x'",
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
        "UPDATE form_drafts SET owner = 'x'",
        "UPDATE reports SET text = 'x'",
        "UPDATE report_contacts SET at = 0",
        "UPDATE report_events SET note = 'x'",
        "UPDATE webhooks SET url = 'https://elsewhere.example'",
        "UPDATE notices SET body = 'x'",
    ],
    "notices": [
        "UPDATE webhooks SET url = 'https://elsewhere.example'",
        "UPDATE webhooks SET secret = 'x'",
        "INSERT INTO webhooks DEFAULT VALUES",
        "UPDATE notices SET body = 'x'",
        "UPDATE lots SET missing = '[]'",
        "INSERT INTO transitions DEFAULT VALUES",
        "UPDATE spans SET state = 'void'",
        "SELECT * FROM staff",
        "SELECT * FROM scans",
        "SELECT * FROM reports",
        "SELECT * FROM registered_codes",
        "SELECT document FROM proposals",
        "SELECT password_hash FROM staff",
        "UPDATE mail_addresses SET address = 'x@example.vn'",
        "UPDATE mails SET address = 'x@example.vn'",
        "SELECT * FROM mail_requests",
    ],
    "auditor": [
        "SELECT content FROM mails",
        "SELECT sha256 FROM mail_requests",
        "SELECT secret FROM webhooks",
        "INSERT INTO audit DEFAULT VALUES",
        "UPDATE alerts SET state = 'closed'",
        "DELETE FROM reports",
        "SELECT veritem_scan_day(1)",
        "SELECT password_hash FROM staff",
        "SELECT otp_secret FROM staff",
        "SELECT * FROM staff_tokens",
        "SELECT code_sha256 FROM devices",
        "SELECT content FROM form_drafts",
        "SELECT contact FROM report_contacts",
        "SELECT picture FROM report_photos",
    ],
}


@pytest.mark.parametrize("role", list(FORBIDDEN_TO))
def test_a_role_can_not_do_what_it_does_not_need(guarded: str, role: str) -> None:
    with psycopg.connect(login(guarded, role), autocommit=True) as raw:
        for sql in FORBIDDEN_TO[role]:
            with pytest.raises(FORBIDDEN):
                raw.execute(sql.encode())


async def test_the_resolver_follows_changes_and_reads_no_decisions(guarded: str) -> None:
    async with opened(guarded) as owner, opened(guarded, "resolver") as resolver:
        heads = await resolver.changes.get_heads()
        async with resolver.changes.listen() as listener:
            batch = await activated(owner)
            await listener.wait()
        changed = await resolver.changes.get_changes_after(heads)
        assert set(changed.batches) == {batch}
        assert changed.lots
        await correct(owner, {"name": "Ri6"})
        [correction] = await resolver.lots.list_corrections("L1", limit=9)
        assert (correction.version, correction.reason) == (2, "typing-error")
        with pytest.raises(StorageForbidden):
            await resolver.audit.list_after()


async def test_the_notice_service_relays_sends_and_disables_with_its_role(guarded: str) -> None:
    async with opened(guarded) as owner, opened(guarded, "desk") as desk:
        await desk.organisations.add(Organisation("packer", "packer", "Tân Phước"))
        await desk.webhooks.add(replace(a_webhook("wh-1", "packer"), made_at=0))
        await add_accounts(owner, "an", "binh")
        await owner.orders.add(Order("o1", 10, "sealed", requested_by="an", packer="packer"))
        await desk.orders.approve("o1", actor="binh")
        async with opened(guarded, "notices") as service:
            assert await service.notices.relay() == 1
            [webhook] = await service.notices.lease(lease_ms=9_000, limit=9)
            [notice] = await service.notices.list_due(webhook.id, limit=9)
            gone = Attempt(now_ms(), 410, "refused", "", now_ms(), now_ms())
            assert await service.notices.record(notice, gone)
            await service.notices.finish(webhook)
            assert await service.notices.delete_old() == 0
        await desk.webhooks.enable("wh-1", actor="an")
        await desk.notices.resend("wh-1", notice.id, actor="an")


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


async def test_a_stolen_issuer_decides_on_no_order(guarded: str) -> None:
    async with opened(guarded) as owner, opened(guarded, "issuer") as issuer:
        await issuer.orders.add(Order("o1", 10, "sealed", requested_by="an"))
        with pytest.raises(StorageForbidden):
            await issuer.orders.approve("o1", actor="binh")
        for change, state in (
            ("UPDATE orders SET state = 'approved'", "VT003"),
            ("UPDATE orders SET state = 'fulfilled'", "VT003"),
            ("UPDATE orders SET state = 'approved', decided_by = 'binh'", "42501"),
            ("UPDATE orders SET requested_by = 'sly'", "42501"),
            (
                "INSERT INTO batches (number, order_id, count, grade, epoch, host, has_pin, actor,"
                " at, key, request) VALUES (1, 'o1', 1, 'sealed', 0, 'h', false, 'i', 0, 'k', '')",
                "VT003",
            ),
        ):
            with psycopg.connect(login(guarded, "issuer")) as raw:
                assert refusal_of(raw, [change]) == state
        assert (await owner.orders.get("o1")).decided_by is None


async def test_the_desk_packs_cartons_and_changes_no_act(guarded: str) -> None:
    async with opened(guarded) as owner:
        await owner.organisations.add(Organisation("a", "packer", "a"))
        batch = await activate_lot(owner, 20)
    async with opened(guarded, "desk") as desk, opened(guarded, "resolver") as resolver:
        await move(desk, "pack", "T-1", (batch, 0, 10))
        await move(desk, "pack", "P-1", cartons=["T-1"])
        assert (await move(desk, "unpack", "T-1", (batch, 0, 4))).stamps == 4
        with pytest.raises(StorageForbidden):
            await resolver.cartons.get_by_id("T-1@a")
    with psycopg.connect(login(guarded, "desk")) as raw:
        for change in ("DELETE FROM carton_acts", "UPDATE carton_items SET hi = 9"):
            with pytest.raises(FORBIDDEN):
                raw.execute(change)
            raw.rollback()


async def test_the_desk_records_events_and_changes_none(guarded: str) -> None:
    told = NewEvent("0" * 64, "ObjectEvent", 1, None, {}, {}, [("item", "x:1")], {"reason": "x"})
    async with opened(guarded, "desk") as desk, opened(guarded, "resolver") as resolver:
        await desk.organisations.add(Organisation("kp", "packer", "Krông Pắc"))
        assert (await desk.epcis_events.record("kp", [told], actor="mai")).added == 1
        with pytest.raises(StorageForbidden):
            await resolver.epcis_events.find_page(EventFilter(), limit=1)
        assert await resolver.lot_submissions.list_quoted_errors(1) == []
    with psycopg.connect(login(guarded, "desk")) as raw:
        for table in ("epcis_events", "epcis_errors", "epcis_keys", "quoted_events"):
            with pytest.raises(FORBIDDEN):
                raw.execute(f"DELETE FROM {table}")  # noqa: S608 - names of the test
            raw.rollback()


async def test_the_desk_enables_no_organisation_alone(guarded: str) -> None:
    async with opened(guarded) as owner, opened(guarded, "desk") as desk:
        await owner.organisations.add(Organisation("kp", "packer", "Krông Pắc"))
        await add_accounts(owner, "tri", "hoa", role="administrator")
        await owner.staff.add(
            "mai", name="M", role="packer", password="sầu riêng Ri6 chín cây", organisation="kp"
        )
        await desk.organisations.disable("kp", actor="tri")
        with psycopg.connect(login(guarded, "desk")) as raw:
            enable = "UPDATE organisations SET disabled_at = NULL"
            assert refusal_of(raw, [enable]) == "VT003"
            decides = raw.execute("SELECT veritem_is_deciding_account('mai')").fetchone()
            assert decides == (False,)
        document = {"organisation": "kp"}
        proposal = await desk.proposals.add(
            ENABLE, "organisations:kp", document=document, reason=None, actor="tri", key="k"
        )
        await desk.proposals.approve(proposal.id, "hoa", act=enable_organisation)
        assert (await owner.organisations.get("kp")).disabled_at is None


async def test_the_desk_signs_staff_in_and_adds_no_account_that_may_act(guarded: str) -> None:
    async with opened(guarded) as owner, opened(guarded, "desk") as desk:
        words = "sầu riêng Ri6 chín cây"
        await owner.staff.add("mai", name="Mai", role="packer", password=words)
        await desk.staff.sign_in("mai", words)
        _, token = await desk.tokens.create("mai", label="ERP", actor="mai", expires_at=2**60)
        assert (await desk.tokens.get_account(token)).id == "mai"
        await desk.staff.set_password("mai", "măng cụt Lái Thiêu", actor="mai")
        with pytest.raises(UnknownToken):
            await desk.tokens.get_account(token)
        added = await desk.staff.add("new", name="New", role="authority", password=words)
        assert not added.is_confirmed
        with pytest.raises(TwoPeopleRequired):
            await desk.staff.add(
                "sly", name="Sly", role="authority", password=words, confirmed_by="mai"
            )
        draft = await desk.form_drafts.keep("mai", b"x", lifetime_ms=1000)
        assert await desk.form_drafts.find("mai", draft) == b"x"
    with psycopg.connect(login(guarded, "desk")) as raw, pytest.raises(psycopg.Error) as refused:
        raw.execute("UPDATE staff SET role = 'authority'")
    assert refused.value.sqlstate == "VT002"
    for role in ("resolver", "recorder", "issuer", "auditor"):
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


async def test_the_auditor_proves_rows_whose_secrets_it_can_not_read(guarded: str) -> None:
    async with opened(guarded) as owner, opened(guarded, "auditor") as auditor:
        words = "sầu riêng Ri6 chín cây"
        for name in ('Chị "Thanh" \\ Ri6\t★', "Bình"):
            await owner.staff.add(
                f"a{len(name)}", name=name, role="inspector", password=words, otp_secret="A" * 32
            )
        await owner.devices.add(
            "a4", kind="inspector", label="Pixel", code="c", code_expires_at=2**50, actor="t"
        )
        await owner.devices.enrol("c", b"\x00k" * 16)
        await owner.tokens.create("a4", label="ERP", actor="a4", expires_at=2**60)
        report = await auditor.audit.verify()
        assert report.ok, report.problems
        with psycopg.connect(guarded) as insider:
            insider.execute("UPDATE staff SET otp_secret = NULL WHERE id = 'a4'")
        report = await auditor.audit.verify()
        assert [str(problem) for problem in report.problems] == ["staff a4: was edited"]


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


CLAIM = (
    "INSERT INTO transitions (seq, batch, lo, hi, transition, actor, at, key, part, request, hash)"
    " SELECT max(seq) + {ahead}, 1, {lo}, {hi}, '{transition}', 'x', 0, '{key}', 0, '', ''"
    " FROM transitions"
)
A_CLAIM = CLAIM.format(ahead=1, lo=5, hi=6, transition="claim", key="claim:1:5")
CUT = (
    "WITH gone AS (DELETE FROM spans WHERE lo = 0 RETURNING *)"
    " INSERT INTO spans SELECT gone.batch, piece.lo, piece.hi, piece.state, suspended_from,"
    " {lot}, reason, activated_at, {at} FROM gone, (VALUES {pieces}) AS piece (lo, hi, state)"
)
ACTIVE, ONE = "(0, 5, 'activated'), (6, 90, 'activated')", "(5, 6, 'claimed')"


def refusal_of(raw: "psycopg.Connection[Any]", statements: list[str]) -> str | None:
    """The SQLSTATE with which the database refuses a transaction; None if it does not."""
    try:
        for statement in statements:
            raw.execute(statement.encode())
        raw.commit()
    except psycopg.Error as error:
        raw.rollback()
        return error.sqlstate
    return None


@pytest.mark.parametrize(
    "statements",
    [
        [CUT.format(lot="lot", at="changed_at", pieces=f"{ACTIVE}, {ONE}")],
        [A_CLAIM, CUT.format(lot="lot", at="changed_at", pieces="(0, 90, 'claimed')")],
        [A_CLAIM, CUT.format(lot="lot", at="changed_at", pieces="(0, 5, 'activated'), " + ONE)],
        [A_CLAIM, CUT.format(lot="'L2'", at="changed_at", pieces=f"{ACTIVE}, {ONE}")],
        [A_CLAIM, "DELETE FROM spans"],
        [CLAIM.format(ahead=1, lo=5, hi=6, transition="claim", key="recall-1")],
        [CLAIM.format(ahead=1, lo=5, hi=7, transition="claim", key="claim:1:5")],
        [CLAIM.format(ahead=1, lo=5, hi=6, transition="recall", key="claim:1:5")],
        [CLAIM.format(ahead=2**40, lo=5, hi=6, transition="claim", key="claim:1:5")],
        ["INSERT INTO spans (batch, lo, hi, state, changed_at) VALUES (1, 3, 9, 'activated', 0)"],
        [
            "CREATE TEMPORARY TABLE transitions AS"
            " SELECT 'claim:1:5' AS key, 'claim' AS transition",
            CUT.format(lot="lot", at="changed_at", pieces=f"{ACTIVE}, {ONE}"),
        ],
    ],
)
async def test_a_claim_changes_one_stamp_and_nothing_else(
    guarded: str, statements: list[str]
) -> None:
    async with opened(guarded) as owner:
        await activated(owner, 90)
        before = await owner.transitions.list_spans(1), await owner.transitions.get_head()
        with psycopg.connect(login(guarded, "claims")) as raw:
            assert refusal_of(raw, statements) in {"42501", "23P01", "VT003"}
            raw.execute(A_CLAIM.encode())
            honest = CUT.format(lot="lot", at=7, pieces=f"{ACTIVE}, {ONE}")
            assert before == (
                await owner.transitions.list_spans(1),
                await owner.transitions.get_head(),
            )
            raw.execute(honest.encode())
        assert [str(span.state) for span in await owner.transitions.list_spans(1)] == [
            "activated",
            "claimed",
            "activated",
        ]


async def test_every_service_compares_signed_heads_and_the_auditor_proves_them(
    guarded: str,
) -> None:
    async with opened(guarded) as owner:
        await activated(owner)
        heads = await owner.chains.prove_extension(None)
    for role in ("resolver", "recorder", "claims", "desk", "auditor"):
        async with opened(guarded, role) as ledger:
            assert (await ledger.chains.compare([HeadStatement("tem.example", heads, 1)])).ok
    async with opened(guarded, "auditor") as auditor:
        assert await auditor.chains.prove_extension(heads, full=True) == heads


async def test_the_desk_imports_codes_and_the_resolver_sees_no_household(guarded: str) -> None:
    area = RegisteredCode("VN-ĐLOR-0123", "growing_area", "Ea Kao", household="Y Bih Niê")
    document = {
        "changes": [{"code": area.code, "base": 0, "content": area.content}],
        "unchanged": {},
    }
    async with opened(guarded, "desk") as desk, opened(guarded, "resolver") as resolver:
        shown = TableImport("1", "codes.csv", {"added": 1}, document, "minh", now_ms())
        await desk.code_imports.put(shown)
        await desk.code_imports.apply("1", actor="minh")
        lots = TableImport("2", "lots.csv", {"added": 0}, {"lots": []}, "minh", now_ms())
        await desk.lot_imports.put(lots)
        await desk.lot_imports.apply("2", actor="minh", at=now_ms())
        await desk.registered_codes.set_rule(
            "packing_house", is_registration_required=True, actor="minh"
        )
        await desk.registered_codes.change(
            [area.code], lambda _: [replace(area, hectares=2.0)], action="change", actor="minh"
        )
        await desk.lots.save(LotRow("L1", {"growing_area": {"code": area.code}}, ()))
        public = await resolver.registered_codes.list_public([area.code])
        assert (public[area.code].name, public[area.code].household) == ("Ea Kao", None)
        with pytest.raises(StorageForbidden):
            await resolver.registered_codes.get(area.code)


async def test_the_desk_edits_links_and_the_resolver_reads_no_editor(guarded: str) -> None:
    async with opened(guarded, "desk") as desk, opened(guarded, "resolver") as resolver:
        await desk.organisations.add(Organisation("kp", "packer", "KP"))
        for hosts in (("a.vn",), ("b.vn",)):
            seen = await desk.key_owners.get("kp")
            await desk.key_owners.replace(KeyOwner("kp", ("893500",), hosts), seen=seen, actor="an")
        row = LinkSetRow("a", "/01/08935000000014", "kp", "", [])
        await desk.link_sets.add(row, actor="mai")
        await desk.link_sets.replace(replace(row, description="x"), version=1, actor="mai")
        assert (await resolver.link_sets.get_published(["a"]))["a"].hosts == {"b.vn"}
        assert await resolver.link_sets.list_ids(after="", limit=9) == ["a"]
        for refused in (resolver.link_sets.get("a"), resolver.key_owners.get("kp")):
            with pytest.raises(StorageForbidden):
                await refused
        with pytest.raises(StorageForbidden):
            await resolver.link_sets.add(replace(row, id="b"), actor="x")
        await desk.link_sets.remove("a", version=2, actor="mai")


async def test_the_recorder_counts_scans_alone_and_the_resolver_reads_no_facts(
    guarded: str,
) -> None:
    count = (
        "INSERT INTO figure_facts (grain, start, product, packer, figure, detail, total)"
        " VALUES (2, 0, '', '', %s, '', 1)"
    )
    with psycopg.connect(login(guarded, "recorder"), autocommit=True) as recorder:
        recorder.execute(count, ["first_scans"])
        for statement in (count.replace("2, 0", "2, 1"), "UPDATE figure_facts SET start = 1"):
            with pytest.raises(FORBIDDEN):
                recorder.execute(statement, ["issued"] if "%s" in statement else None)
    with psycopg.connect(login(guarded, "desk"), autocommit=True) as desk:
        desk.execute(count, ["issued"])
        with pytest.raises(FORBIDDEN):
            desk.execute("UPDATE figure_facts SET total = 9 WHERE figure = 'first_scans'")
    with psycopg.connect(login(guarded, "resolver"), autocommit=True) as resolver:
        resolver.execute("SELECT document FROM public_figures")
        for table in ("figure_facts", "figure_reports", "batch_stocks", "figure_sources"):
            with pytest.raises(FORBIDDEN):
                resolver.execute(f"SELECT 1 FROM {table}")  # noqa: S608 - our own tables
        with pytest.raises(FORBIDDEN):
            resolver.execute("INSERT INTO public_figures VALUES ('x', '{}', 0)")
