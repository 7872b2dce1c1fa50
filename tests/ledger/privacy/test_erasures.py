"""Personal data goes when its time is over, and nothing else of history changes."""

import time

import pytest
from sqlalchemy import select, text

from ledger import AlertState, Ledger, ReportRow, schema
from ledger.staff_errors import AccountActive
from ledger.storage.storage_errors import StorageFailed
from tests.accounts import add_accounts
from tests.ledger.scans.test_scans import SCAN
from tests.ledger.world import activated

DAY = 86_400_000
AT = 1_600_000_000_000
"""Years ago: the database lets nothing younger than a year be changed."""
LATER = AT + 900 * DAY
OLD = SCAN._replace(at=AT, batch=1, index=2, device=5, net=6)


async def read_scans(ledger: Ledger) -> list[tuple[int, int | None, int | None]]:
    async with ledger._store.read() as connection:
        columns = schema.scans.c
        found = await connection.execute(
            select(columns.idx, columns.device, columns.net).order_by(columns.idx)
        )
        return [tuple(row) for row in found]


async def test_pseudonyms_of_old_scans_go_but_those_of_an_open_case(ledger: Ledger) -> None:
    await activated(ledger)
    await ledger.scans.append([OLD, OLD._replace(index=3, id=bytes(16))])
    case = await ledger.alerts.report("stamp", 1, 3, score=1.0, reasons=["x"])
    assert await ledger.erasures.erase_scan_pseudonyms(AT) == 0
    assert await ledger.erasures.erase_scan_pseudonyms(LATER) == 1
    assert await ledger.erasures.erase_scan_pseudonyms(LATER) == 0
    assert await read_scans(ledger) == [(2, None, None), (3, 5, 6)]
    assert case.state is AlertState.OPEN


async def test_pseudonyms_of_old_reports_go_and_their_words_stay(ledger: Ledger) -> None:
    await ledger.reports.add(ReportRow(bytes(16), 1, 2, "rách", at=AT, device=5, net=6))
    assert await ledger.erasures.erase_report_pseudonyms(AT) == 0
    assert await ledger.erasures.erase_report_pseudonyms(LATER) == 1
    assert await ledger.erasures.erase_report_pseudonyms(LATER) == 0
    async with ledger._store.read() as connection:
        columns = schema.reports.c
        found = await connection.execute(select(columns.text, columns.device, columns.net))
        assert [tuple(row) for row in found] == [("rách", None, None)]


@pytest.mark.parametrize(
    "change", ["device = 7, net = NULL", "device = NULL, net = NULL, verdict = 'x'"]
)
async def test_nothing_else_of_an_old_scan_can_be_changed(ledger: Ledger, change: str) -> None:
    await ledger.scans.append([OLD])
    with pytest.raises(StorageFailed, match="append-only"):
        async with ledger._store.append() as connection:
            await connection.execute(text(f"UPDATE scans SET {change}"))  # noqa: S608


async def test_a_scan_of_this_year_keeps_its_pseudonyms_whoever_asks(ledger: Ledger) -> None:
    await ledger.scans.append([OLD._replace(at=time.time_ns() // 1_000_000)])
    with pytest.raises(StorageFailed, match="append-only"):
        async with ledger._store.append() as connection:
            await connection.execute(text("UPDATE scans SET device = NULL, net = NULL"))


async def test_an_account_is_erased_once_it_is_disabled_and_its_acts_stay(ledger: Ledger) -> None:
    await add_accounts(ledger, "tri", "hoa", "mai")
    await ledger.staff_sessions.begin("s" * 16, "mai", 0, browser="Firefox", at=1)
    with pytest.raises(AccountActive):
        await ledger.people.erase("mai", actor="tri")
    await ledger.staff.disable("mai", actor="tri", at=10)
    assert await ledger.erasures.list_departed(10) == []
    assert await ledger.erasures.list_departed(11) == ["mai"]
    erased = await ledger.people.erase("mai", actor="tri")
    assert (erased.id, erased.name, erased.has_otp, erased.is_invited) == ("mai", "–", False, True)
    assert await ledger.erasures.list_departed(11) == []
    kept = await ledger.people.collect("mai")
    assert kept["staff_sessions"] == []
    assert kept["account"]["name"] == "–"
    assert (await ledger.audit.verify()).problems == ()


async def test_the_audit_log_says_when_an_earlier_version_disabled_an_account(
    ledger: Ledger,
) -> None:
    await add_accounts(ledger, "tri", "hoa", "mai")
    await ledger.staff.disable("mai", actor="tri", at=10)
    async with ledger._store.append() as connection:  # disabled by an earlier version
        await connection.execute(text("UPDATE staff SET disabled_at = NULL WHERE id = 'mai'"))
    assert await ledger.erasures.list_departed(11) == ["mai"]


async def test_sessions_and_addresses_of_people_who_never_return_go(ledger: Ledger) -> None:
    await add_accounts(ledger, "mai")
    await ledger.staff_sessions.begin("t" * 16, "mai", 0, browser="Firefox")
    await ledger.staff_sessions.begin("s" * 16, "mai", 0, browser="Firefox", at=1)
    await ledger.form_drafts.keep("mai", b"x", lifetime_ms=-1)
    async with ledger._store.append() as connection:
        await connection.execute(
            text(
                "INSERT INTO mail_requests (staff, address, language, sha256, made_at, expires_at)"
                " VALUES ('mai', 'm@x.vn', 'vi', 'x', 1, 2)"
            )
        )
        await connection.execute(
            text(
                "INSERT INTO lot_imports (id, file_name, document, counts, actor, at)"
                " VALUES ('i', 'f', '{}', '{}', 'mai', 1)"
            )
        )
    erasures = ledger.erasures
    for step in (
        erasures.erase_sessions,
        erasures.erase_form_drafts,
        erasures.erase_mail_requests,
        erasures.erase_imports,
    ):
        assert (await step(), await step()) == (1, 0)
    assert len((await ledger.people.collect("mai"))["staff_sessions"]) == 1
