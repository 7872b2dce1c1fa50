"""Lists at the pages and the API: search, filters, sort, counts, exports, and what is refused."""

import csv
import io
import re
from html import unescape
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from ledger import Order, ProductRow
from services.lists import export
from tests.desk.people import Page, somebody
from tests.desk.running_desk import NOW, RunningDesk

DAY = 86_400_000


async def add_orders(desk: RunningDesk) -> None:
    """Three orders: numbers 1 to 3 of 2026, one a day."""
    await desk.ledger.products.add(ProductRow("buoi", {"vi": "Bưởi da xanh"}))
    for n, (product, packer, note) in enumerate(
        [("ri6", "krong-pac", "=HYPERLINK(1)"), ("buoi", "tan-phuoc", None), (None, None, "Tết")]
    ):
        await desk.ledger.orders.add(
            Order(
                f"o-{n}",
                (500, 20_000, 75)[n],
                "sealed",
                requested_by="cap",
                product=product,
                packer=packer,
                note=note,
                requested_at=NOW + n * DAY,
            )
        )
    await desk.ledger.orders.approve("o-1", "bo")


def numbers(page: Page) -> list[int]:
    """The numbers of the orders that a page lists, in its order."""
    return [int(n) for n in re.findall(r'<th scope="row"><a[^>]*>Đơn 2026-(\d+)', page.html)]


QUERIES = (
    ("", [3, 2, 1]),
    ("q=2", [2]),
    ("q=2026-00002", [2]),
    ("q=%C4%90%C6%A1n+2026-2", [2]),
    ("q=2025-2", []),
    ("q=sau+rieng", [1]),
    ("q=b%C6%B0%E1%BB%9Fi", [2]),
    ("q=krong", [1]),
    ("q=tet", [3]),
    ("q=o-2", [3]),
    ("q=Ho%C3%A0ng", [3, 2, 1]),
    ("q=zzz", []),
    ("q=%25%27%22%3B--", []),
    ("state=approved", [2]),
    ("state=approved&state=requested", [3, 2, 1]),
    ("packer=krong-pac", [1]),
    ("product=buoi&packer=krong-pac", []),
    ("since=2026-09-22", [3, 2]),
    ("until=2026-09-22", [2, 1]),
    ("since=2026-09-22&until=2026-09-22", [2]),
    ("sort=count", [3, 1, 2]),
    ("sort=-count", [2, 1, 3]),
)
"""What people type and choose, and the numbers of the orders that they find."""


async def test_orders_are_found_by_what_people_type(desk: RunningDesk) -> None:
    await add_orders(desk)
    async with somebody(desk, "bo") as bo:
        for query, wanted in QUERIES:
            page = await bo.get(f"/orders?{query}")
            assert (page.status, numbers(page)) == (200, wanted), query
            assert ("Không có dòng nào khớp" in page.text) == (not wanted)
            if query.count("state") < 2:
                answer = await desk.fetch("bo", "GET", f"/orders?{query}")
                assert [int(order["number"][5:]) for order in answer["orders"]] == wanted, query


async def test_filters_in_force_are_shown_and_can_be_removed(desk: RunningDesk) -> None:
    await add_orders(desk)
    async with somebody(desk, "bo") as bo:
        page = await bo.get("/orders?state=approved&packer=tan-phuoc&q=buoi&sort=count")
        chips = re.findall(r'<li><a href="([^"]+)" title', page.html)
        assert "Cơ sở đóng gói: Cơ sở đóng gói Tân Phước" in page.text
        assert [unescape(chip) for chip in chips] == [
            "/orders?q=buoi&packer=tan-phuoc&sort=count",
            "/orders?q=buoi&state=approved&sort=count",
        ]
        assert "1 kết quả" in page.text


async def test_an_empty_list_says_what_to_do(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/orders")
        assert "Không có đơn nào." in page.text
        assert "Không có dòng nào khớp" not in page.text
        assert 'href="/new-order"' in page.html


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=lost", "state"),
        ("sort=note", "sort"),
        ("since=2026-02-30", "since"),
        ("until=9999-12-31", "until"),
        ("after=x", "after"),
        ("before=WzEsMl0", "before"),
        ("after=WzEsIm8tMSJd&before=WzEsIm8tMSJd", "before"),
        ("q=" + "x" * 101, "q"),
        ("after=WzE4NDQ2NzQ0MDczNzA5NTUxNjE1LCJvIl0", "after"),
        ("after=WzEsIlx1MDAwMCJd", "after"),
        ("&".join(f"product=p{n}" for n in range(11)), "product"),
    ],
)
async def test_what_is_asked_wrongly_is_refused_by_its_name(
    desk: RunningDesk, query: str, field: str
) -> None:
    async with somebody(desk, "bo") as bo:
        page = await bo.get(f"/orders?{query}")
        assert page.status == 400
        assert f"{field}:" in page.text


async def test_a_packer_lists_and_exports_its_own_orders_only(desk: RunningDesk) -> None:
    await add_orders(desk)
    async with somebody(desk, "lan") as lan:
        assert numbers(await lan.get("/orders")) == [3, 2]
        assert numbers(await lan.get("/orders?packer=krong-pac")) == []
        assert numbers(await lan.get("/orders?q=sau+rieng")) == []
        assert "2026-00001" not in (await lan.get("/export/orders/csv")).html


async def test_batches_are_found_by_number_order_product_and_party(desk: RunningDesk) -> None:
    first, second = await desk.printed(500, product="ri6"), await desk.batch(700)
    order = min(str(one.number) for one in await desk.ledger.orders.list())
    queries = {
        str(second): [second],
        f"Đợt tem {first}": [first],
        f"{first}·0-99": [first],
        order: [first],
        "sau rieng": [first],
        "krong pac": [second, first],
        "ha noi": [],
    }
    async with somebody(desk, "in") as printer:
        for typed, wanted in queries.items():
            page = await printer.get(f"/batches?q={typed.replace(' ', '+')}")
            found = re.findall(r'<th scope="row"><a[^>]*>Đợt tem (\d+)', page.html)
            assert [int(n) for n in found] == wanted, typed
    async with somebody(desk, "in2") as other:
        assert "Đợt tem 1" not in (await other.get("/batches")).text


async def test_lots_are_found_by_code_grower_and_state(desk: RunningDesk) -> None:
    await desk.lot()
    await desk.fetch(
        "mai", "PUT", "/lots/L2", {"code": "L2", "product": {"code": "x", "name": {"vi": "Xoài"}}}
    )
    async with somebody(desk, "mai") as mai:
        for query, wanted in (
            ("q=0912", ["DL-2026-0912"]),
            ("q=y+bih", ["DL-2026-0912"]),
            ("q=xoai", ["L2"]),
            ("state=incomplete", ["L2"]),
            ("state=complete", ["DL-2026-0912"]),
            ("state=recalled", []),
        ):
            page = await mai.get(f"/lots?{query}")
            found = re.findall(r'<th scope="row"><a[^>]*>([^<]+)', page.html)
            assert found == wanted, query
            assert ("Xoài" in page.text) == ("L2" in wanted), "a product that is not registered"
        assert "còn thiếu" in (await mai.get("/lots?state=incomplete")).text


async def test_alerts_are_found_by_stamp_batch_product_and_archive(desk: RunningDesk) -> None:
    number = await desk.activated()
    alert = await desk.alert(number, 1)
    await desk.campaign(number)
    listed = "Tem 1·1"
    async with somebody(desk, "thanh") as thanh:
        for query in ("", f"q={number}", f"q={number}%C2%B71", "q=krong", "packer=krong-pac"):
            assert listed in (await thanh.get(f"/alerts?{query}")).text, query
        for query in ("q=99", "state=closed", "kind=campaign", "packer=tan-phuoc"):
            assert listed not in (await thanh.get(f"/alerts?{query}")).text, query
        for state, cause in (("investigating", None), ("dismissed", "gift"), ("closed", None)):
            body = {"state": state} | ({"cause": cause} if cause else {})
            await desk.fetch("thanh", "POST", f"/alerts/{alert}/decisions", body)
        assert listed not in (await thanh.get("/alerts")).text
        assert listed in (await thanh.get("/alerts?state=closed")).text
        assert listed in (await thanh.get(f"/alerts?q={number}")).text


async def test_an_export_has_what_the_page_shows(desk: RunningDesk) -> None:
    await add_orders(desk)
    async with somebody(desk, "bo") as bo:
        page = await bo.get("/export/orders/csv?sort=count")
        rows = list(csv.reader(io.StringIO(page.html.removeprefix("\ufeff"))))
        assert rows[0][:3] == ["Đơn", "Sản phẩm", "Số tem"]
        assert [row[:3] for row in rows[1:]] == [
            ["Đơn 2026-00003", "", "75"],
            ["Đơn 2026-00001", "Sầu riêng Ri6", "500"],
            ["Đơn 2026-00002", "Bưởi da xanh", "20000"],
        ]
        assert "'=HYPERLINK(1)" in rows[2]
        assert "2026-09-21 21:13" in rows[2]
        assert page.headers["Content-Disposition"].endswith('orders-2026-09-21.csv"')
    last = (await desk.ledger.audit.list_of_subject("lists:orders", limit=9))[-1]
    assert (last.actor, last.action) == ("bo", "list.export")


async def test_a_workbook_has_numbers_dates_and_texts(desk: RunningDesk, tmp_path: Path) -> None:
    await add_orders(desk)
    async with (
        somebody(desk, "bo") as bo,
        bo.session.get(desk.url + "/export/orders/xlsx?lang=en&q=sau+rieng") as answer,
    ):
        (tmp_path / "orders.xlsx").write_bytes(await answer.read())
    head, row = (
        CalamineWorkbook.from_path(tmp_path / "orders.xlsx").get_sheet_by_index(0).to_python()
    )
    assert head[:3] == ["Order", "Product", "Stamps"]
    assert row[:3] == ["Order 2026-00001", "Ri6 durian", 500]
    assert str(row[head.index("Requested")]).startswith("2026-09-21 21:13")
    assert row[head.index("Note")] == "=HYPERLINK(1)"


async def test_a_long_export_says_that_it_was_cut(
    desk: RunningDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_orders(desk)
    monkeypatch.setattr(export, "MOST_EXPORTED", 2)
    monkeypatch.setattr(export, "_PART", 1)
    async with somebody(desk, "bo") as bo:
        lines = (await bo.get("/export/orders/csv")).html.strip().splitlines()
    assert len(lines) == 4
    assert lines[-1].startswith("Tệp dừng ở")


async def test_exports_are_for_those_who_see_the_list(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        assert (await mai.get("/export/alerts/csv")).status == 403
        assert (await mai.get("/export/nothing/csv")).status == 404
        assert (await mai.get("/export/orders/csv?sort=x")).status == 400
    async with somebody(desk) as nobody:
        assert "/sign-in" in (await nobody.get("/export/orders/csv")).path
