"""Reports of consumers: kept once, grouped by code, worked on step by step, contacts erased."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from ledger import (
    NO_STAMP,
    AlertState,
    Ledger,
    ReportRow,
    ReportState,
    open_ledger,
    schema,
)
from ledger.errors import IllegalReportStep, UnknownReports
from ledger.reports.consumer_reports import normalize_unknown_code
from ledger.storage.secret_seal import SecretLocked
from ledger.storage.store import Store
from tests.ledger.conftest import NOW
from tests.ledger.scans.test_scans import SCAN
from tests.ledger.world import activated


def a_report(n: int, index: int = 2, **more: object) -> ReportRow:
    row = ReportRow(bytes([n]) * 16, 1, index, f"tem mờ {n}", at=NOW + n, net=n)
    return replace(row, **more)  # type: ignore[arg-type]


def a_report_of_no_stamp(n: int, typed: str) -> ReportRow:
    return a_report(n, NO_STAMP, batch=NO_STAMP, typed=normalize_unknown_code(typed), net=None)


async def file_all(ledger: Ledger, *reports: ReportRow) -> None:
    for report in reports:
        assert await ledger.reports.add(report)
    await ledger.report_groups.file_arrivals()


async def test_the_first_report_of_an_id_is_kept_and_no_other(ledger: Ledger) -> None:
    report = a_report(1, kind="copied", device=2**64 - 2, province="82", language="vi")
    assert await ledger.reports.add(report, "0900 000 000")
    assert not await ledger.reports.add(replace(report, text="something else"), "another")
    assert await ledger.reports.list_of_stamp(1, 2) == [report]
    assert await ledger.report_contacts.find([report.id]) == {report.id: "0900 000 000"}


async def test_of_two_taps_at_once_one_report_is_kept(ledger: Ledger) -> None:
    added = await asyncio.gather(*(ledger.reports.add(a_report(1)) for _ in range(4)))
    assert sorted(added) == [False, False, False, True]


async def test_reports_of_one_stamp_are_one_group(ledger: Ledger) -> None:
    await activated(ledger)
    await file_all(
        ledger, a_report(1, kind="copied"), a_report(2, kind="unsafe"), a_report(3, net=2)
    )
    group = await ledger.report_groups.get("1·2")
    assert (group.reports, group.networks, group.kind, group.state) == (3, 2, "other", "new")
    assert (group.first_at, group.last_at, group.stamp) == (NOW + 1, NOW + 3, (1, 2))
    assert [one.id for one in await ledger.report_groups.list_of_stamps(1)] == ["1·2"]
    assert await ledger.report_groups.list_of_stamps(1, 3) == []
    assert not await ledger.report_groups.has_arrivals()


async def test_unknown_codes_are_grouped_as_they_are_read(ledger: Ledger) -> None:
    await file_all(
        ledger, a_report_of_no_stamp(1, "0d9fr-h4k01"), a_report_of_no_stamp(2, "0D9FR H4K01")
    )
    group = await ledger.report_groups.get("0D9FRH4K01")
    assert (group.reports, group.networks, group.stamp) == (2, 0, None)
    assert len(await ledger.reports.list_of_code("0D9FRH4K01")) == 2
    assert await ledger.reports.list_of_stamp(NO_STAMP, NO_STAMP) == []


async def test_the_place_of_a_report_is_where_its_device_scanned(ledger: Ledger) -> None:
    await activated(ledger)
    await ledger.scans.append([SCAN._replace(batch=1, index=2, device=7, province="48")])
    await file_all(ledger, a_report(1, device=7))
    assert (await ledger.report_groups.get("1·2")).province == "48"
    await file_all(ledger, a_report(2, device=8))
    assert (await ledger.report_groups.get("1·2")).province is None


async def test_a_filing_that_dies_files_nothing_and_is_done_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger.reports import filing, report_groups

    await ledger.reports.add(a_report(1))
    await ledger.reports.add(a_report(2))
    real = filing.file_report

    async def die(connection: object, report: ReportRow) -> None:
        await real(connection, report)  # type: ignore[arg-type]
        if report.id == bytes([2]) * 16:
            raise RuntimeError("killed")

    monkeypatch.setattr(report_groups, "file_report", die)
    with pytest.raises(RuntimeError):
        await ledger.report_groups.file_arrivals()
    with pytest.raises(UnknownReports):
        await ledger.report_groups.get("1·2")
    monkeypatch.undo()
    await asyncio.gather(*(ledger.report_groups.file_arrivals() for _ in range(3)))
    assert (await ledger.report_groups.get("1·2")).reports == 2


async def test_steps_are_taken_in_order_and_kept_with_the_audit_log(ledger: Ledger) -> None:
    await file_all(ledger, a_report(1))
    groups = ledger.report_groups
    await groups.take_step("1·2", ReportState.READ, actor="chi")
    taken = await groups.take_step("1·2", ReportState.ASSIGNED, actor="chi", owner="dung")
    assert (taken.state, taken.owner) == ("assigned", "dung")
    assert await groups.take_step("1·2", ReportState.ASSIGNED, actor="chi", owner="dung") == taken
    await groups.take_step("1·2", ReportState.ANSWERED, actor="dung", note="đã gọi lại")
    closed = await groups.take_step("1·2", ReportState.CLOSED, actor="dung", at=NOW + 9)
    assert (closed.owner, closed.closed_at) == ("dung", NOW + 9)
    with pytest.raises(IllegalReportStep):
        await groups.take_step("1·2", ReportState.READ, actor="chi")
    with pytest.raises(UnknownReports):
        await groups.take_step("1·3", ReportState.READ, actor="chi")
    events = await groups.list_events("1·2")
    assert [(e.actor, e.state) for e in events] == [
        ("chi", "read"), ("chi", "assigned"), ("dung", "answered"), ("dung", "closed"),
    ]  # fmt: skip
    recorded = [e for e in await ledger.audit.list_after() if e.action == "report.step"]
    assert [e.subject for e in recorded] == ["reports:1·2"] * 4


async def test_a_new_report_opens_its_group_again_and_a_flood_does_not(ledger: Ledger) -> None:
    await file_all(ledger, a_report(1))
    await ledger.report_groups.take_step("1·2", ReportState.CLOSED, actor="chi")
    await file_all(ledger, a_report(2, is_crowded=True))
    group = await ledger.report_groups.get("1·2")
    assert (group.state, group.source, group.reports) == ("closed", "single", 2)
    await file_all(ledger, a_report(3))
    assert (await ledger.report_groups.get("1·2")).state == "new"
    await file_all(ledger, a_report(4, index=5, is_crowded=True))
    assert (await ledger.report_groups.get("1·5")).source == "crowded"
    await file_all(ledger, a_report(5, index=5))
    assert (await ledger.report_groups.get("1·5")).source == "single"


async def test_contacts_are_erased_after_the_case_and_at_the_latest_after_a_time(
    ledger: Ledger,
) -> None:
    for n, index in ((1, 1), (2, 2), (3, 3)):
        await ledger.reports.add(a_report(n, index), f"0900 000 00{n}")
    await ledger.reports.add(a_report_of_no_stamp(4, "x"), "lan@example.vn")
    await ledger.report_groups.file_arrivals()
    ids = [bytes([n]) * 16 for n in (1, 2, 3, 4)]
    for group in ("1·1", "1·2", "X"):
        at = NOW + (50 if group == "1·2" else 10)
        await ledger.report_groups.take_step(group, ReportState.CLOSED, actor="chi", at=at)
    erased = await ledger.report_groups.erase_contacts(closed_before=NOW + 20, left_before=NOW + 1)
    assert erased == 2
    assert await ledger.report_groups.list_with_contact(ids) == {ids[1], ids[2]}
    assert await ledger.report_groups.erase_contacts(closed_before=0, left_before=NOW + 9) == 2
    assert await ledger.report_contacts.find(ids) == {}


async def test_reports_of_before_the_inbox_arrive_in_it(ledger: Ledger) -> None:
    async with ledger._store.append() as connection:
        await connection.execute(
            text(
                "INSERT INTO reports (id, batch, idx, at, text, crowded)"
                " VALUES (:id, 1, 2, 5, 'old', false)"
            ),
            {"id": bytes(16)},
        )
        await connection.execute(
            text("INSERT INTO report_arrivals SELECT id, at FROM reports"),
        )
    await ledger.report_groups.file_arrivals()
    group = await ledger.report_groups.get("1·2")
    assert (group.kind, group.first_at) == ("other", 5)


async def test_a_contact_is_sealed_when_it_is_filed_and_by_a_new_key(
    ledger: Ledger, url: str
) -> None:
    report = ReportRow(b"s" * 16, NO_STAMP, NO_STAMP, "?", typed="0D9FR")
    await ledger.reports.add(report, "0900 000 000")
    await ledger.report_groups.file_arrivals()

    async def read_stored() -> str:
        store = Store(url)
        async with store.read() as connection:
            stored = await connection.scalar(select(schema.report_contacts.c.contact))
        await store.close()
        return str(stored)

    first = await read_stored()
    assert "0900" not in first
    assert await ledger.report_contacts.find([report.id]) == {report.id: "0900 000 000"}
    assert await ledger.report_contacts.seal_all() == 0
    new, old = b"n" * 32, bytes(32)
    async with await open_ledger(url, otp_keys=lambda: [new, old]) as rotated:
        assert await rotated.report_contacts.seal_all() == 1
        assert await rotated.report_contacts.seal_all() == 0
    assert await read_stored() != first
    with pytest.raises(SecretLocked):
        await ledger.report_contacts.find([report.id])
    async with await open_ledger(url, otp_keys=lambda: [new]) as rotated:
        found = await rotated.report_contacts.find([report.id])
    assert found == {report.id: "0900 000 000"}


async def test_a_contact_stays_until_the_case_of_its_stamp_is_closed(ledger: Ledger) -> None:
    await ledger.reports.add(ReportRow(b"s" * 16, 1, 5, "?"), "0900 000 000")
    await ledger.report_groups.file_arrivals()
    alert = await ledger.alerts.report("stamp", 1, 5, score=3.0, reasons=["x"], at=10)
    await ledger.report_groups.take_step("1·5", ReportState.CLOSED, actor="chi", at=20)

    async def erase(closed_before: int) -> int:
        return await ledger.report_groups.erase_contacts(closed_before=closed_before, left_before=0)

    assert await erase(1_000) == 0, "the case is open"
    for at, (state, cause) in enumerate(
        [
            (AlertState.INVESTIGATING, None),
            (AlertState.DISMISSED, "gift"),
            (AlertState.CLOSED, None),
        ],
        500,
    ):
        await ledger.alerts.decide(alert.id, state, actor="chi", cause=cause, at=at)
    assert await erase(502) == 0, "the case was closed at this time, not before"
    assert await erase(503) == 1


async def test_hot_spots_count_ordinary_reports_since_a_time(ledger: Ledger) -> None:
    for n, (province, crowded) in enumerate(
        [("79", False), ("79", False), ("01", False), ("01", True), (None, False)]
    ):
        row = ReportRow(bytes([n]) * 16, 1, n, "?", province=province, is_crowded=crowded, at=n + 1)
        await ledger.reports.add(row)
    await ledger.report_groups.file_arrivals()
    found = await ledger.report_groups.count_hot_spots(0)
    assert [(one.name, one.reports, one.subjects) for one in found.provinces] == [
        ("79", 2, 2),
        ("01", 1, 1),
    ]
    assert (found.products, found.groups) == ([], 4)
    late = await ledger.report_groups.count_hot_spots(2)
    assert [one.reports for one in late.provinces] == [1, 1]
