"""Consumers' reports at the desk: inbox, steps, contacts, alerts; at the pages and the API."""

import io
import os
from urllib.parse import quote

import pytest
from PIL import Image

from attachments import AttachmentStore
from attachments.spool import PhotoSpool
from detection.report_evidence import REPORT_WEIGHTS
from detection.rules import Rules
from ledger import NO_STAMP, ReportRow
from services.reports.report_intake import ReportIntake
from tests.attachments.photos import encode_photo
from tests.desk.people import somebody
from tests.desk.running_desk import NOW, RunningDesk

DAY = 86_400_000
PHONE_EXIF = Image.Exif()
PHONE_EXIF[0x010F] = "Phone"


def make_intake(desk: RunningDesk) -> ReportIntake:
    return ReportIntake(
        desk.ledger,
        desk.clock,
        rules=Rules(),
        erase_days=90,
        most_days=365,
        spool=PhotoSpool(desk.directory / "spool"),
        photos=AttachmentStore(desk.directory / "attachments"),
    )


async def add_reports(desk: RunningDesk) -> int:
    """Two reports of one stamp, one with a contact; an unknown code; a flood. Returns the batch."""
    number = await desk.activated()
    reports = desk.ledger.reports
    for n, (index, kind, crowded) in enumerate(
        [(5, "copied", False), (5, "unsafe", False), (9, "other", True)]
    ):
        row = ReportRow(
            bytes([n]) * 16, number, index, f"Lời kể <b>{n}</b>", at=NOW + n * DAY,
            kind=kind, is_crowded=crowded, net=n,
        )  # fmt: skip
        await reports.add(row, "0900 000 001" if n == 1 else None)
    await reports.add(
        ReportRow(b"u" * 16, NO_STAMP, NO_STAMP, "Mã dán thùng", at=NOW + 9 * DAY, typed="0D9FR"),
        "lan@example.vn",
    )
    await make_intake(desk).file()
    return number


async def test_the_inbox_has_a_row_for_each_stamp_and_hides_floods(desk: RunningDesk) -> None:
    number = await add_reports(desk)
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get("/reports")
        assert f"Tem {number}·5" in page.text
        assert "Mã lạ 0D9FR" in page.text
        assert f"Tem {number}·9" not in page.text
        assert f"Tem {number}·9" in (await thanh.get("/reports?source=crowded")).text
        home = await thanh.get("/")
        assert "phản ánh mới của người tiêu dùng" in home.text
        exported = await thanh.get("/export/reports/csv")
        assert "0D9FR" in exported.html
    for query, ids in (
        ("q=0d9fr", ["0D9FR"]),
        (f"q={number}·5", [f"{number}·5"]),
        (f"q={number}", [f"{number}·9", f"{number}·5"]),
        ("q=sau+rieng", []),
        ("kind=unsafe", [f"{number}·5"]),
        ("state=new&sort=reports", ["0D9FR", f"{number}·5"]),
        ("state=closed", []),
    ):
        found = (await desk.fetch("bo", "GET", f"/reports?{query}"))["reports"]
        assert [one["id"] for one in found] == ids, query
    assert (await desk.call("mai", "GET", "/reports")).status == 403
    assert (await desk.call("bo", "GET", "/reports?state=lost")).status == 400


async def test_an_inspector_reads_assigns_answers_and_closes(desk: RunningDesk) -> None:
    number = await add_reports(desk)
    path = f"/reports/{quote(f'{number}·5')}"
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(path)
        assert "Lời kể <b>1</b>" in page.text
        assert "<b>1</b>" not in page.html
        assert "0900 000 001" not in page.text
        assert f"/stamps?q={quote(f'{number}·5')}" in page.html
        assert "đã đọc" in page.text
        page = await thanh.submit(page, f"{path}/step", state="assigned")
        assert "Phạm Văn Thanh" in page.text
        refused = await thanh.submit(page, f"{path}/step", state="answered", note=" ")
        assert "Đã trả lời thế nào" in refused.text
        page = await thanh.submit(page, f"{path}/step", state="answered", note="đã gọi lại")
        page = await thanh.submit(page, f"{path}/step", state="closed", note="tem thật")
        assert "tem thật" in page.text
    document = await desk.fetch("bo", "GET", path)
    assert [event["state"] for event in document["events"]] == [
        "read", "assigned", "answered", "closed",
    ]  # fmt: skip
    assert (document["state"], document["owner"]) == ("closed", "thanh")
    assert [report["has_contact"] for report in document["reports"]] == [False, True]


async def test_a_contact_is_for_inspectors_and_each_look_is_recorded(desk: RunningDesk) -> None:
    number = await add_reports(desk)
    path = f"/reports/{quote(f'{number}·5')}"
    async with somebody(desk, "thanh") as thanh:
        assert "0900 000 001" in (await thanh.get(f"{path}/contacts")).text
    async with somebody(desk, "bo") as bo:
        page = await bo.get(path)
        assert "Có để lại liên hệ" in page.text
        assert "0900" not in page.text
        assert (await bo.get(f"{path}/contacts")).status == 403
    for who, status in (("thanh", 200), ("bo", 403), ("mai", 403)):
        assert (await desk.call(who, "GET", f"{path}/contacts")).status == status
    looks = [e.actor for e in await desk.ledger.audit.list_after() if e.action == "report.contact"]
    assert looks == ["thanh", "thanh"]


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("bo", {"state": "read"}, 403),
        ("thanh", {"state": "closed"}, 400),
        ("thanh", {"state": "new"}, 400),
        ("thanh", {"state": "assigned", "owner": "mai"}, 400),
        ("thanh", {"state": "assigned", "owner": "nobody"}, 404),
        ("thanh", {"state": "closed", "note": "xong"}, 200),
    ],
)
async def test_steps_that_may_not_be_taken_are_refused(
    desk: RunningDesk, who: str, body: dict[str, str], status: int
) -> None:
    await add_reports(desk)
    assert (await desk.call(who, "POST", "/reports/0D9FR/steps", body)).status == status
    assert (
        await desk.call("thanh", "POST", "/reports/none/steps", {"state": "read"})
    ).status == 404


async def test_an_alert_shows_the_reports_of_its_stamp_and_they_show_it(desk: RunningDesk) -> None:
    number = await add_reports(desk)
    alert = await desk.alert(number, 5)
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(f"/alerts/{alert}")
        assert f'href="/reports/{quote(f"{number}·5")}"' in page.html
        assert f'href="/alerts/{alert}"' in (await thanh.get(f"/reports/{number}·5")).html


async def test_a_case_says_in_words_what_reports_add_to_it(desk: RunningDesk) -> None:
    number = await add_reports(desk)
    plain = await desk.ledger.alerts.report("stamp", number, 9, score=7.0, reasons=["x"])
    async with somebody(desk, "thanh") as thanh:
        # One person called it copied before the case was opened.
        path = f"/reports/{quote(f'{number}·5')}"
        case = await thanh.submit(await thanh.get(path), f"{path}/case")
        assert "Người tiêu dùng đã phản ánh tem này" in case.text
        assert "Phản ánh của người tiêu dùng góp 0,5" in case.text
        assert "góp" not in (await thanh.get(f"/alerts/{plain.id}")).text
        english = await thanh.get(f"{case.path}?lang=en")
        assert "Consumers’ reports add 0.5 to the weight of evidence." in english.text
    told = await desk.fetch("bo", "GET", case.path)
    assert told["report_score"] == pytest.approx(REPORT_WEIGHTS["copied"])
    assert told["score"] == told["report_score"]
    assert told["reasons"] == ["reported", "consumer_reports"]


async def test_contacts_are_erased_when_their_time_has_come(desk: RunningDesk) -> None:
    await add_reports(desk)
    intake = make_intake(desk)
    desk.clock.now = NOW + 10 * DAY
    await desk.call("thanh", "POST", "/reports/0D9FR/steps", {"state": "closed", "note": "sai mã"})
    desk.clock.now += 90 * DAY
    assert await intake.erase() == 0
    desk.clock.now += DAY
    assert await intake.erase() == 1
    ids = [bytes([1]) * 16, b"u" * 16]
    assert await desk.ledger.report_groups.list_with_contact(ids) == {ids[0]}
    desk.clock.now += 365 * DAY
    assert await intake.erase() == 1
    assert await desk.ledger.report_contacts.find(ids) == {}


async def test_a_photo_is_taken_from_the_spool_and_shown_to_inspectors_alone(
    desk: RunningDesk,
) -> None:
    number = await desk.activated()
    intake, spool = make_intake(desk), PhotoSpool(desk.directory / "spool")
    ids = [bytes([n]) * 16 for n in range(4)]
    for id_, upload in zip(
        ids, (encode_photo(exif=PHONE_EXIF), b"no photo", None, b"late"), strict=True
    ):
        photo = "taken" if upload and upload != b"late" else "left_out"
        await desk.ledger.reports.add(ReportRow(id_, number, 5, "?", at=NOW, photo=photo))
        if upload:
            assert spool.put(id_.hex(), upload)
    assert spool.put("f" * 32, b"its report never came")
    await intake.file()
    assert await intake.take_photos() == 2
    assert list(spool.list_names()) == ["f" * 32]
    os.utime(spool.folder / ("f" * 32), (0, 0))
    assert spool.put(ids[0].hex(), b"sent again")
    assert await intake.take_photos() == 0
    assert list(spool.list_names()) == []
    path = f"/reports/{quote(f'{number}·5')}"
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(path)
        assert f"{path}/photos/{ids[0].hex()}" in page.html.replace("·", "%C2%B7")
        assert "Ảnh không đọc được" in page.text
        assert "Ảnh không nhận được vì quá tải" in page.text
        async with thanh.session.get(f"{desk.url}{path}/photos/{ids[0].hex()}") as answer:
            picture = await answer.read()
            assert answer.headers["Cache-Control"] == "no-store"
        assert Image.open(io.BytesIO(picture)).getexif() == {}
        for wrong in (ids[1].hex(), "zz", "00"):
            assert (await thanh.get(f"{path}/photos/{wrong}")).status == 404
    async with somebody(desk, "bo") as bo:
        assert "/photos/" not in (await bo.get(path)).html
        assert (await bo.get(f"{path}/photos/{ids[0].hex()}")).status == 403
    for who, report, status in (
        ("thanh", ids[0].hex(), 200), ("thanh", "zz", 404), ("bo", ids[0].hex(), 403),
    ):  # fmt: skip
        answer = await desk.call(who, "GET", f"{path}/photos/{report}")
        assert answer.status == status
    reports = (await desk.fetch("bo", "GET", path))["reports"]
    assert sorted(one["photo"] for one in reports) == [
        "left_out", "left_out", "stored", "unreadable",
    ]  # fmt: skip
    await desk.call("thanh", "POST", f"{path}/steps", {"state": "closed", "note": "xong"})
    desk.clock.now = NOW + 91 * DAY
    assert await intake.erase() == 1
    assert await desk.ledger.report_photos.get_states(ids[:1]) == {ids[0]: "erased"}


async def test_an_inspector_opens_a_case_from_reports_once(desk: RunningDesk) -> None:
    number = await add_reports(desk)
    path = f"/reports/{quote(f'{number}·5')}"
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(path)
        case = await thanh.submit(page, f"{path}/case")
        assert "người tiêu dùng phản ánh, thanh tra mở vụ việc" in case.text
        again = await thanh.submit(page, f"{path}/case")
        assert again.path == case.path
        assert f'href="{case.path}"' in (await thanh.get(path)).html
    for who, group, status in (("bo", f"{number}·5", 403), ("thanh", "0D9FR", 400)):
        answer = await desk.call(who, "POST", f"/reports/{quote(group)}/case")
        assert answer.status == status
    acts = [entry.action for entry in await desk.ledger.audit.list_after()]
    assert acts.count("report.case") == 2


async def test_an_answer_says_how_it_was_sent(desk: RunningDesk) -> None:
    await add_reports(desk)
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get("/reports/0D9FR")
        page = await thanh.submit(
            page, "/reports/0D9FR/step", state="answered", note="Đã gọi", channel="phone"
        )
        assert "điện thoại" in page.text.partition("Đã làm")[2]
    wrong = {"state": "closed", "note": "x", "channel": "phone"}
    assert (await desk.call("thanh", "POST", "/reports/0D9FR/steps", wrong)).status == 400


async def test_places_with_many_reports_lead_to_their_reports(desk: RunningDesk) -> None:
    await add_reports(desk)
    row = ReportRow(b"p" * 16, 9, 9, "?", at=NOW, province="79")
    await desk.ledger.reports.add(row)
    await make_intake(desk).file()
    async with somebody(desk, "bo") as bo:
        page = await bo.get("/report-places")
        assert "Hồ Chí Minh" in page.text
        assert 'href="/reports?province=79"' in page.html
    found = await desk.fetch("bo", "GET", "/report-places")
    assert found["provinces"] == [{"name": "79", "report_count": 1, "subject_count": 1}]
    assert (await desk.call("mai", "GET", "/report-places")).status == 403
