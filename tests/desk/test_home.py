"""Home: what waits for each role, with the figures of the lists that the links show."""

import re
from html import unescape

from ledger import Order
from stamps.lifecycle import Transition
from tests.desk.people import Page, somebody
from tests.desk.running_desk import NOW, RunningDesk, new_key

DAY = 86_400_000


def read_tasks(page: Page) -> dict[str, tuple[int, str]]:
    """Figure and address of each task that waits, by its text."""
    found = re.findall(
        r'<li class="task \w+"><a href="([^"]+)"><b>(\d+)</b><span>([^<]+)', page.html
    )
    return {text: (int(figure), unescape(link)) for link, figure, text in found}


async def count_rows(person: object, path: str) -> int:
    page = await person.get(path)  # type: ignore[attr-defined]
    return page.html.count('<th scope="row">')


async def test_each_figure_is_the_number_of_rows_behind_its_link(desk: RunningDesk) -> None:
    number = await desk.activated()
    await desk.printed(500)
    await desk.batch(700)
    await desk.alert(number, 1)
    await desk.ledger.orders.add(Order("o-x", 5, "sealed", requested_by="cap"))
    await desk.ledger.orders.add(Order("o-y", 5, "sealed", requested_by="mai", packer="krong-pac"))
    await desk.ledger.orders.add(Order("o-z", 5, "sealed", requested_by="cap"))
    await desk.ledger.orders.approve("o-z", "bo")
    body = {"code": "L2", "product": {"code": "x", "name": {"vi": "Xoài"}}}
    await desk.fetch("mai", "PUT", "/lots/L2", body)
    await desk.fetch("thanh", "POST", "/recalls", {"batch": number, "reason": "ordered"}, key="r")
    wanted = {
        "bo": {
            "đơn chờ duyệt": 2,
            "cảnh báo mới hôm nay": 1,
            "đề nghị chờ người thứ hai": 1,
        },
        "cap": {"đơn đã duyệt, chờ cấp tem": 1, "đơn của bạn đang chờ duyệt": 1},
        "in": {"đợt tem chờ in và báo cáo": 1},
        "in2": {},
        "mai": {
            "đợt tem đã in, chờ kích hoạt": 1,
            "lô hàng còn thiếu thông tin": 1,
            "đơn của bạn đang chờ duyệt": 1,
        },
        "lan": {},
        "thanh": {"cảnh báo mới hôm nay": 1, "đề nghị chờ người thứ hai": 1},
        "tri": {},
    }
    for who, figures in wanted.items():
        async with somebody(desk, who) as person:
            page = await person.get("/")
            tasks = read_tasks(page)
            assert {text: figure for text, (figure, _) in tasks.items()} == figures, who
            assert ("Không có việc nào đang chờ bạn." in page.text) == (not figures)
            for figure, link in tasks.values():
                assert await count_rows(person, link) == figure, (who, link)


async def test_alerts_that_nobody_took_are_counted_by_their_age(desk: RunningDesk) -> None:
    number = await desk.activated()
    for days in (0, 1, 6, 7, 30):
        desk.clock.now = NOW - days * DAY
        await desk.alert(number, days)
    desk.clock.now = NOW
    taken = await desk.alert(number, 99)
    await desk.fetch("thanh", "POST", f"/alerts/{taken}/decisions", {"state": "investigating"})
    async with somebody(desk, "thanh") as thanh:
        tasks = read_tasks(await thanh.get("/"))
        assert {text: figure for text, (figure, _) in tasks.items()} == {
            "cảnh báo mới hôm nay": 1,
            "cảnh báo chờ từ 1 đến 6 ngày": 2,
            "cảnh báo chờ từ 7 ngày trở lên": 2,
            "vụ việc bạn đang xử lý": 1,
        }
        for figure, link in tasks.values():
            assert await count_rows(thanh, link) == figure, link


async def test_a_finished_batch_waits_for_nobody(desk: RunningDesk) -> None:
    number = await desk.printed(500)
    await desk.ledger.transitions.apply(
        number, 0, 500, Transition.VOID, actor="in", key=new_key(), reason="spoiled"
    )
    for who in ("in", "mai"):
        async with somebody(desk, who) as person:
            assert read_tasks(await person.get("/")) == {}


async def test_a_trader_begins_an_entry_at_home(desk: RunningDesk) -> None:
    for who, begins in (("y-bih", True), ("thu", True), ("thanh", False)):
        async with somebody(desk, who) as person:
            home = await person.get("/")
        assert ('<a class="button go" href="/new-entry">' in home.html) is begins


async def test_staff_reads_of_stamps_under_suspicion_and_not_of_its_own(desk: RunningDesk) -> None:
    alert = await desk.alert(await desk.activated(), 1)
    await desk.fetch("thanh", "POST", f"/alerts/{alert}/decisions", {"state": "investigating"})
    await desk.fetch("thanh", "POST", f"/alerts/{alert}/hearings", {"text": "Bán đi đâu?"})
    for who, is_own in (("mai", True), ("thanh", False)):
        async with somebody(desk, who) as person:
            lot = await person.get("/lots/DL-2026-0912")
        assert ("Tem của bạn đang có nghi vấn" in lot.text) is is_own
        assert ("Tem đang có nghi vấn" in lot.text) is not is_own
