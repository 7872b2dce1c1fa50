"""A grower is told at its desk that a lot from its growing areas was recalled."""

from tests.desk.people import somebody
from tests.desk.running_desk import PEOPLE, RunningDesk

GROWER = next(name for name, (role, _, _) in PEOPLE.items() if role == "grower")
AREA = {"code": "VN-ĐLOR-0123", "kind": "growing_area", "name": "Ea Kao"}


async def test_a_recalled_lot_is_told_above_the_lots_and_at_home(desk: RunningDesk) -> None:
    await desk.activated()
    own = {**AREA, "organisation": PEOPLE[GROWER][2]}
    await desk.fetch("bo", "POST", "/registered-codes", own)
    told, link = "1 lô hàng từ vùng trồng của bạn đã bị thu hồi", "/lots?state=recalled_lately"
    async with somebody(desk, GROWER) as grower:
        assert told not in (await grower.get("/lots")).text
        recall = {"lot": "DL-2026-0912", "reason": "food-safety"}
        made = await desk.fetch("thanh", "POST", "/recalls", recall, key="r")
        await desk.fetch("bo", "POST", f"/proposals/{made['id']}/approve", {})
        assert told in (await grower.get("/lots")).text
        assert f'href="{link}"' in (await grower.get("/")).html
        assert "DL-2026-0912" in (await grower.get(link)).text
    async with somebody(desk, "mai") as packer:
        assert told not in (await packer.get("/lots")).text
