"""Results of laboratories on pages of the desk: told, reviewed, corrected, submitted again."""

import pytest

from tests.desk.laboratory import CADMIUM, LABORATORY, add_laboratory
from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk

pytestmark = pytest.mark.usefixtures("quick_passwords")
FORM = "/new-entry?kind=test"


async def test_a_result_above_its_limit_is_published_with_a_reason(desk: RunningDesk) -> None:
    await add_laboratory(desk)
    await desk.lot()
    async with somebody(desk, "tam") as tam, somebody(desk, "mai") as mai:
        form = await tam.get(FORM)
        await tam.submit(form, FORM, **CADMIUM)
        above = {**CADMIUM, "substance": "Chì (Pb)", "value": "0,2", "limit": "0,1"}
        told = await tam.submit(await tam.get(FORM), FORM, **above)
        lot = await mai.get("/lots/DL-2026-0912")
        for words in (LABORATORY, "0,02 mg/kg", "Trong mức cho phép", "Vượt mức cho phép"):
            assert words in lot.text
        await mai.submit(lot, "/lots/DL-2026-0912/submit", version="1")
        async with somebody(desk, "bo") as bo:
            page = await bo.get("/reviews/1")
            assert "Có 1 kết quả vượt mức cho phép" in page.text
            assert page.text.index("Chì (Pb)") < page.text.index("Cadmi (Cd)")
            bare = await bo.submit(page, "/reviews/1/approve", comment="")
            assert (bare.status, 'id="reason-flaw"' in bare.html) == (400, True)
            corrected = f"/new-entry?correct={told.path.rpartition('/')[2]}"
            await tam.submit(await tam.get(corrected), corrected, **{**above, "value": "0,3"})
            page = await bo.get("/reviews/1")
            assert "Thay đổi từ khi gửi hồ sơ" in page.text
            assert "đã được đơn vị khai sửa hoặc rút lại" in page.text
            done = await bo.submit(page, "/reviews/1/approve", comment="Đo ở vỏ quả")
            assert "Trang người mua xem đổi ngay" in done.text
            assert "Đo ở vỏ quả" in done.text
        lot = await mai.get("/lots/DL-2026-0912")
        assert "Gửi thẩm định lại để công bố" in lot.text
        again = await mai.submit(lot, "/lots/DL-2026-0912/submit", version="1")
        assert "đang chờ thẩm định" in again.text
    review = await desk.fetch("bo", "GET", "/reviews/2")
    assert review["needs_reason"]
    assert {one["entry"]["value"] for one in review["record"]["tests"]} == {0.3, 0.02}
    assert (review["later_results"], review["ended_results"]) == ({}, [])
