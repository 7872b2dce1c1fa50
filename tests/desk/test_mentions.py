"""Mentions at the desk: a buyer sees what a packer tells of it, and answers."""

import pytest

from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk

LOT = "https://veritem.vn/lot/L1"

pytestmark = pytest.mark.usefixtures("quick_passwords")


async def test_a_buyer_confirms_a_sale_and_the_seller_sees_it(desk: RunningDesk) -> None:
    sale = {
        "kind": "sale", "at": "2026-09-20", "lot": "L1", "quantity": 5, "unit": "TNE",
        "buyer": "Thu mua Đắk Lắk",
    }  # fmt: skip
    kind = sale.pop("kind")
    entry = await desk.fetch("mai", "POST", "/diary", {"kind": kind, "values": sale})
    async with somebody(desk, "thu") as thu, somebody(desk, "mai") as mai:
        listed = await thu.get("/mentions")
        assert ("HTX Nông nghiệp Krông Pắc" in listed.text, "chờ bạn" in listed.text) == (
            True,
            True,
        )
        path = next(
            link for link in listed.html.split('"') if link.startswith("/mentions/krong-pac/")
        )
        assert 'href="/mentions?state=open"' in (await thu.get("/")).html
        assert path in (await thu.get("/mentions?state=open")).html
        assert (await thu.get("/mentions?state=x")).status == 400
        page = await thu.get(path)
        refused = await thu.submit(page, path, answer="disputed", note="")
        assert (refused.status, "Hãy điền mục này" in refused.text) == (400, True)
        page = await thu.submit(page, path, answer="disputed", note="Chỉ nhận 4 tấn")
        assert ("không đồng ý" in page.text, "Chỉ nhận 4 tấn" in page.text) == (True, True)
        assert (await mai.get(path)).status == 404
        assert path not in (await thu.get("/mentions?state=open")).html
        assert path in (await thu.get("/mentions?state=disputed")).html
        told = await mai.get(f"/diary/{entry['id']}")
        assert ("Chỉ nhận 4 tấn" in told.text, "Thu mua Đắk Lắk" in told.text) == (True, True)
    [event] = (await desk.fetch("thanh", "GET", "/events"))["events"]
    assert [one["answer"] for one in event["answers"]] == ["disputed"]
    assert (await desk.fetch("thu", "GET", "/mentions?state=open"))["mentions"] == []
    [one] = (await desk.fetch("thu", "GET", "/mentions?state=disputed"))["mentions"]
    assert one["state"] == "disputed"
    assert (await desk.call("thu", "GET", "/mentions?state=x")).status == 400
    assert (await desk.call("in", "GET", "/mentions")).status == 403
    trace = await desk.fetch("thanh", "GET", f"/trace?item={LOT}&direction=forward")
    [step] = [one for one in trace["steps"] if one["answers"]]
    assert [one["note"] for one in step["answers"]] == ["Chỉ nhận 4 tấn"]
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(f"/trace?item={LOT}")
        assert "Thu mua Đắk Lắk: không đồng ý" in page.text
        file = await thanh.get(f"/trace/file?item={LOT}")
        assert "Thu mua Đắk Lắk: không đồng ý: Chỉ nhận 4 tấn" in file.html
