"""The page of a case: reasons with weights, map and table of scans, links, timeline."""

from typing import Final

from ledger import ReportRow, ScanRow
from tests.desk.people import somebody
from tests.desk.running_desk import NOW, RunningDesk
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
