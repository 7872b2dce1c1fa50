"""What people type and upload at the desk: one reading is taken, two are refused with both."""

import asyncio
from pathlib import Path

import pytest

from ledger.orders.order_rules import MAX_COUNT
from stamps.lifecycle import State
from tests.desk.people import Page, Somebody, somebody
from tests.desk.running_desk import PASSWORD, RunningDesk, running_desk
from tests.desk.test_form_reader import make_upload, open_batch

ORDER = {"grade": "sealed", "product": "ri6", "print_house": "in-mekong"}


@pytest.mark.parametrize(
    ("first", "last", "readings"),
    [
        ("6.500", "6.999", "6·500 hoặc 6500"),
        ("0", "4,999", "4·999 hoặc 4999"),
        ("1.0", "9", "1·0 hoặc 1"),
    ],
)
async def test_a_roll_with_two_readings_is_not_activated(
    desk: RunningDesk, first: str, last: str, readings: str
) -> None:
    number = await desk.printed(10_000)
    await desk.lot()
    fields = {"batch": str(number), "first": first, "last": last, "lot": "DL-2026-0912"}
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/activate")
        for path in ("/activate", "/activate/go"):
            refused = await mai.post(path, {"csrf": page.hidden("csrf"), "key": "k", **fields})
            assert refused.status == 422
            assert f"có thể hiểu theo hai cách: {readings}. Chưa ghi nhận gì" in refused.text
            assert "two ways" not in refused.text
            assert f'value="{first}"' in refused.html
            assert f'value="{last}"' in refused.html
    balance = await desk.ledger.transitions.compute_balance(number)
    assert balance.states[State.PRINTED] == 10_000


@pytest.mark.parametrize("first", ["1200", "1 200", "1\u00a0200", "{batch}·1200", "１２００"])
async def test_a_roll_with_one_reading_is_activated(desk: RunningDesk, first: str) -> None:
    number = await desk.printed(10_000)
    await desk.lot()
    fields = {"first": first.format(batch=number), "last": "1299", "lot": "DL-2026-0912"}
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/activate")
        asked = await mai.submit(page, "/activate", batch=str(number), **fields)
        assert f"{number}·1200-1299" in asked.text


@pytest.mark.parametrize(
    ("count", "said"),
    [
        ("1.5", "Số lượng tem : Hãy ghi một số nguyên"),
        ("25,000", "hai cách: 25000 hoặc 25"),
        ("99,999,999,999", "Nhiều nhất là 1.000.000.000"),
        ("0", "Ít nhất là 1"),
    ],
)
async def test_a_count_that_is_refused_says_why_and_keeps_the_form(
    desk: RunningDesk, count: str, said: str
) -> None:
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/new-order")
        refused = await mai.submit(page, "/new-order", count=count, note="cho vụ Tết", **ORDER)
        assert refused.status == 400
        assert said in refused.text
        assert f'value="{count}"' in refused.html
        assert "cho vụ Tết" in refused.html
    assert await desk.ledger.orders.list() == []


async def test_a_count_is_read_as_the_page_writes_it(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/new-order?lang=en")
        assert (await mai.submit(page, "/new-order", count="25.000", **ORDER)).status == 400
        assert (await mai.submit(page, "/new-order", count="25,000", **ORDER)).status == 200
    (order,) = await desk.ledger.orders.list()
    assert order.count == 25_000


async def test_the_api_names_the_limit_of_an_order(desk: RunningDesk) -> None:
    body = {"count": 99_999_999_999, "grade": "sealed", "product": "ri6"}
    answer = await desk.call("bo", "POST", "/orders", body)
    assert answer.status in (400, 403)
    answer = await desk.call("mai", "POST", "/orders", body)
    assert answer.status == 400
    assert str(MAX_COUNT) in (await answer.json())["detail"]


async def test_the_api_names_both_readings_of_a_range(desk: RunningDesk) -> None:
    number = await desk.printed(10_000)
    await desk.lot()
    body = {"transition": "activate", "lot": "DL-2026-0912"}
    for text, readings in (
        ("6.500-6.999", ["6·500-999", "6500-6999"]),
        (f"{number}.500-{number}.999", [f"{number}·500-999", f"{number}500-{number}999"]),
    ):
        answer = await desk.call("mai", "POST", "/transitions", {**body, "range": text}, key="k")
        assert answer.status == 422
        document = await answer.json()
        assert (document["type"], document["readings"]) == ("/problems/malformed-range", readings)


async def test_a_number_of_5000_digits_is_refused_and_no_defect(desk: RunningDesk) -> None:
    number = await desk.batch(100)
    report = f"state,roll\nprinted,{number}:0-{'9' * 5000}\n".encode()
    path, headers = f"/batches/{number}/reports", {"Content-Type": "text/csv"}
    answer = await desk.call("in", "POST", path, report, key="k", **headers)
    assert answer.status == 422
    answer = await desk.call("thanh", "GET", f"/stamps/{number}·{'9' * 500}")
    assert answer.status == 422


async def test_a_json_body_may_have_a_byte_order_mark(desk: RunningDesk) -> None:
    headers = {"Content-Type": "application/json"}
    for at, encoding in enumerate(("utf-8-sig", "utf-16")):
        body = f'{{"id": "o{at}", "count": {at + 7}, "grade": "sealed", "product": "ri6"}}'.encode(
            encoding
        )
        answer = await desk.call("mai", "POST", "/orders", body, **headers)
        assert answer.status == 201, await answer.text()


async def _upload(press: Somebody, desk: RunningDesk, content: bytes) -> Page:
    path, csrf = await open_batch(desk, press)
    return await press._ask("POST", path, data=make_upload(csrf, content))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1258"])
async def test_a_report_is_uploaded_as_excel_writes_it(desk: RunningDesk, encoding: str) -> None:
    content = "sep=;\r\nState;First;Last;Reason;\r\nPrinted;0;89;;\r\nSpoiled;90;99;Misprint\r\n"
    async with somebody(desk, "in") as press:
        page = await _upload(press, desk, content.encode(encoding))
        assert page.status == 200, page.text
        assert "90 tem in tốt" in page.text


async def test_a_report_with_two_readings_names_line_and_readings(desk: RunningDesk) -> None:
    async with somebody(desk, "in") as press:
        page = await _upload(press, desk, b"state,first,last\nprinted,0,2.009\n")
        assert page.status == 422
        assert "Dòng 2 của báo cáo." in page.text
        assert "hai cách: 2·9 hoặc 2009" in page.text
        page = await _upload(press, desk, b"PK\x03\x04 a workbook")
        assert page.status == 422
        assert "save it as CSV" in page.text


async def test_a_shelf_life_or_date_is_never_dropped_in_silence(desk: RunningDesk) -> None:
    fields = {"code": "L1", "product": "ri6", "kind": "household", "producer": "Hộ A"}
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/new-lot")
        for name, value, said in (
            ("shelf_life", "1.5", "Hạn sử dụng"),
            ("shelf_life", "20 ngày", "không phải là số nguyên"),
            ("packed", "03/04/2026", "hai cách: 2026-04-03 hoặc 2026-03-04"),
            ("grown", "31/02/2026", "31/02/2026 không phải là ngày"),
        ):
            refused = await mai.submit(page, "/new-lot", **{**fields, name: value})
            assert refused.status == 400
            assert said in refused.text
            assert 'value="Hộ A"' in refused.html
            assert f'value="{value}"' in refused.html
        taken = await mai.submit(page, "/new-lot", **fields, packed="25/8/2026 08:30")
        assert taken.status == 200, taken.text
    row = await desk.ledger.lots.get("L1")
    assert row.document["packed_at"] == "2026-08-25T01:30:00Z"


async def test_a_form_from_the_public_address_is_taken_behind_a_proxy(tmp_path: Path) -> None:
    async with (
        running_desk(tmp_path, public_url="http://desk.veritem.vn:80/") as desk,
        somebody(desk) as mai,
    ):
        fields = {"name": "mai", "password": PASSWORD}
        for origin, status in (
            ("http://desk.veritem.vn", 200),
            (desk.url, 200),
            ("http://desk.veritem.vn.evil.example", 403),
            ("null", 403),
        ):
            page = await mai.post("/sign-in", fields, Origin=origin)
            assert page.status == status, origin


async def test_the_forms_of_http_that_clients_use_are_answered(desk: RunningDesk) -> None:
    host, _, port = desk.url.removeprefix("http://").partition(":")
    head = f"Host: {host}\r\nConnection: close\r\n"
    form = "name=mai&password=x"
    for asked, answered in (
        (f"GET {desk.url}/sign-in HTTP/1.1\r\n{head}\r\n", b"HTTP/1.1 200"),
        (
            f"POST /sign-in HTTP/1.1\r\n{head}Expect: 100-continue\r\nContent-Length: {len(form)}"
            f"\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
            b"HTTP/1.1 100",
        ),
    ):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(asked.encode())
        assert (await reader.read()).startswith(answered)
        writer.close()
