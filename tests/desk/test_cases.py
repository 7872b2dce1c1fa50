"""The page of a case: reasons with weights, map and table of scans, links, timeline."""

import hashlib
from typing import Final

import aiohttp
import pypdfium2
import pytest

from desk.pages.scan_trail import choose_shown, describe_scans, tell_excerpt
from desk.texts import TEXTS
from issuer.case_file import parse_case_file
from ledger import ReportRow, ScanRow, StampScans
from stamps.errors import BadSignature
from tests.attachments.photos import encode_photo
from tests.desk.people import somebody
from tests.desk.running_desk import NOW, SIGNER, RunningDesk
from traceability.wards import locate_ward, round_to_ward

HANOI: Final = (21.03, 105.85)
SAIGON: Final = (10.78, 106.70)
CAN_THO: Final = (10.03, 105.78)
BEIJING: Final = (39.9, 116.4)
_MINUTE_MS: Final = 60_000


def make_scan(
    number: int, batch: int, minutes: int, spot: tuple[float, float], device: int
) -> ScanRow:
    """A scan of the stamp 7 of a batch, its place rounded as the resolver does."""
    ward, near = locate_ward(*spot), round_to_ward(*spot)
    return ScanRow(
        id=bytes([number]) * 16, batch=batch, index=7, at=NOW + minutes * _MINUTE_MS, via="page",
        verdict="suspect", score=5.0, reasons=("impossible_travel",), device=device,
        net=device + 10, lat=near.lat, lon=near.lon, accuracy_m=near.radius_m,
        province=ward.province if ward else None, ward=ward.code if ward else None,
        country="VN" if ward else "CN",
    )  # fmt: skip


async def raise_case(desk: RunningDesk, batch: int) -> int:
    """A case of a stamp that was scanned in four places."""
    rows = [
        make_scan(1, batch, 0, HANOI, 1),
        make_scan(2, batch, 20, SAIGON, 2),
        make_scan(3, batch, 600, CAN_THO, 3),
        make_scan(4, batch, 9000, BEIJING, 4),
    ]
    await desk.ledger.scans.append(rows)
    alert = await desk.ledger.alerts.report(
        "stamp", batch, 7, score=9.0, reasons=["impossible_travel", "many_places"],
        scans=[rows[1].id], at=NOW + 21 * _MINUTE_MS,
    )  # fmt: skip
    return alert.id


async def test_a_case_shows_why_where_and_what_it_is_connected_with(desk: RunningDesk) -> None:
    number = await desk.activated()
    case = await raise_case(desk, number)
    other = await desk.alert(number, 90)
    await desk.ledger.reports.add(ReportRow(b"r" * 16, number, 7, "Tem bị bóc", at=NOW))
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(f"/alerts/{case}")
    for said in (
        "khả năng bị sao chép gấp hơn 100 lần",
        "1.144 km trong 20 phút: nhanh hơn máy bay",
        "Cần Thơ",
        "Trung Quốc",
        "1 nơi ở xa không vẽ trên bản đồ",
        "Sầu riêng Ri6",
        "DL-2026-0912",
        "HTX Nông nghiệp Krông Pắc",
        "Nhà in Mê Kông",
        "Các tem cùng lô hàng",
        "Người tiêu dùng phản ánh",
        "Tem bị bóc",
    ):
        assert said in page.text, said
    assert f'href="/alerts/{other}"' in page.html
    assert page.html.count('class="spot') == 3
    assert page.html.count('class="route leap"') == 1
    assert page.html.count('<tr class="leap">') == 1


async def test_text_of_a_consumer_is_shown_as_text(desk: RunningDesk) -> None:
    number = await desk.activated()
    case = await raise_case(desk, number)
    await desk.ledger.reports.add(ReportRow(b"r" * 16, number, 7, "<script>x</script>", at=NOW))
    async with somebody(desk, "bo") as bo:
        page = await bo.get(f"/alerts/{case}")
    assert "<script>x" not in page.html
    assert "&lt;script&gt;x" in page.html


async def test_an_inspector_notes_with_a_photo_and_hands_over(desk: RunningDesk) -> None:
    number = await desk.activated()
    case = await raise_case(desk, number)
    path = f"/alerts/{case}"
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(path)
        form = aiohttp.FormData({"csrf": page.hidden("csrf"), "note": "Sạp 12 chợ Bến Thành"})
        form.add_field("photo", encode_photo(), filename="sap.jpg")
        async with thanh.session.post(f"{desk.url}{path}/notes", data=form) as answer:
            assert "Sạp 12 chợ Bến Thành" in await answer.text()
        async with thanh.session.get(f"{desk.url}{path}/notes/2/0") as shown:
            assert (shown.status, shown.content_type) == (200, "image/jpeg")
        assert (await thanh.get(f"{path}/notes/2/1")).status == 404
        page = await thanh.submit(page, f"{path}/hand-over", owner="thanh", due="2026-09-30")
        assert "Phạm Văn Thanh" in page.text
        refused = await thanh.submit(page, f"{path}/hand-over", owner="mai", due="2026-09-30")
        assert refused.status == 400
    async with somebody(desk, "mai") as mai:
        assert (await mai.get(f"{path}/notes/2/0")).status == 403


async def test_a_case_is_exported_as_a_signed_file(desk: RunningDesk) -> None:
    number = await desk.activated()
    case = await raise_case(desk, number)
    await desk.ledger.alert_handling.add_note(case, "x", actor="thanh", photos=[b"jpeg"])
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(f"/alerts/{case}/export")
    assert page.headers["Content-Disposition"] == f'attachment; filename="veritem-case-{case}.json"'
    keys = SIGNER.public_keys()
    content = parse_case_file(page.html.encode(), keys)
    assert (content["id"], len(content["scans"]), content["exported_by"]) == (case, 4, "thanh")
    assert content["photos"] == [
        {"event": 2, "place": 0, "sha256": hashlib.sha256(b"jpeg").hexdigest()}
    ]
    head = await desk.ledger.transitions.get_head()
    assert (content["heads"]["transitions"]["seq"], content["heads"]["transitions"]["hash"]) == head
    entry = (await desk.ledger.audit.list_after())[-1]
    assert entry.action == "alert.export"
    assert entry.details["sha256"] == hashlib.sha256(page.html.encode()).hexdigest()
    with pytest.raises(BadSignature):
        parse_case_file(page.html.replace("thanh", "khac").encode(), keys)


async def test_both_people_see_what_a_recall_reaches(desk: RunningDesk) -> None:
    number = await desk.activated()
    await raise_case(desk, number)
    async with somebody(desk, "thanh") as thanh, somebody(desk, "bo") as bo:
        page = await thanh.get("/lots/DL-2026-0912")
        assert "Tem 1.000" in page.text
        asked = await thanh.submit(page, "/lots/DL-2026-0912/recall", reason="ordered", sure="yes")
        for shown in (asked, await bo.get(asked.path)):
            assert "Tem đã được quét 1" in shown.text
            assert "Tỉnh, thành có lượt quét 3" in shown.text


async def test_a_case_is_a_report_for_people(desk: RunningDesk) -> None:
    number = await desk.activated()
    case = await raise_case(desk, number)
    async with somebody(desk, "thanh") as thanh:
        texts = []
        for language in ("vi", "zh"):
            async with thanh.session.get(f"{desk.url}/alerts/{case}/report?lang={language}") as got:
                assert (got.status, got.content_type) == (200, "application/pdf")
                document = pypdfium2.PdfDocument(await got.read())
            pages = [page.get_textpage().get_text_range() for page in document]
            texts.append(" ".join(" ".join(pages).split()))
    for said in ("Hồ sơ vụ việc số 1", "Sầu riêng Ri6", "1.144 km trong 20 phút", "Phạm Văn Thanh"):
        assert said in texts[0], texts[0]
    assert "Case 1" in texts[1]
    acts = [entry.action for entry in await desk.ledger.audit.list_after()]
    assert acts.count("alert.export") == 2


async def test_the_queue_marks_what_asks_for_attention(desk: RunningDesk) -> None:
    number = await desk.activated()
    case = await raise_case(desk, number)
    await desk.ledger.alert_handling.hand_over(case, "thanh", actor="thanh", due_at=NOW - 1)
    async with somebody(desk, "thanh") as thanh:
        assert "quá hạn" in (await thanh.get("/alerts")).text
        assert f"Tem {number}·7" in (await thanh.get("/alerts?attention=overdue")).text
        assert f"Tem {number}·7" not in (await thanh.get("/alerts?attention=news")).text
        found = await thanh.get("/alerts?q=DL-2026-0912")
        assert f"Tem {number}·7" in found.text


@pytest.mark.parametrize(
    ("count", "evidence", "shown", "told"),
    [
        (200, {3}, [*range(200)], None),
        (300, {3, 60, 250}, [*range(50), 60, *range(200, 300)], "151 of 300 scans"),
        (700, {*range(100, 400)}, [*range(50), *range(100, 150), *range(600, 700)], "200 of 700"),
    ],
)
def test_of_many_scans_the_first_the_last_and_the_evidence_are_shown(
    count: int, evidence: set[int], shown: list[int], told: str | None
) -> None:
    rows = [ScanRow(n.to_bytes(16, "big"), 1, 2, n, "page", "authentic", 0.0) for n in range(count)]
    ids = {rows[n].id for n in evidence}
    lines = choose_shown(describe_scans(rows, ids, TEXTS["en"]))
    assert [line.scan.at for line in lines] == shown
    said = tell_excerpt(len(lines), StampScans(rows, count), TEXTS["en"])
    assert said is None if told is None else said is not None and told in said
