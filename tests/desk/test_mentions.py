"""Mentions at the desk: a buyer sees what a packer tells of it, and answers."""

import pytest

from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk

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
        page = await thu.get(path)
        refused = await thu.submit(page, path, answer="disputed", note="")
        assert (refused.status, "Hãy điền mục này" in refused.text) == (400, True)
        page = await thu.submit(page, path, answer="disputed", note="Chỉ nhận 4 tấn")
        assert ("không đồng ý" in page.text, "Chỉ nhận 4 tấn" in page.text) == (True, True)
        assert (await mai.get(path)).status == 404
        told = await mai.get(f"/diary/{entry['id']}")
        assert ("Chỉ nhận 4 tấn" in told.text, "Thu mua Đắk Lắk" in told.text) == (True, True)
    [event] = (await desk.fetch("thanh", "GET", "/events"))["events"]
    assert [one["answer"] for one in event["answers"]] == ["disputed"]
    assert (await desk.call("in", "GET", "/mentions")).status == 403
