"""Another packer, over the desk's API: it takes over no lot, names no house, and learns nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ledger import PlaceRow, ProductRow
from ledger.errors import SecondPersonRequired
from ledger.lots.lot_changes import carry_out_lot_change
from stamps.timestamps import format_rfc3339
from tests.desk.running_desk import NOW, RunningDesk, lot_document, new_key, running_desk

CODE = "DL-2026-0912"
SECRET = "Hộ ông Y Bih Niê"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RunningDesk]:
    """Two packers, each with a packing house: mai of krong-pac owns the lot, lan attacks."""
    async with running_desk(tmp_path) as made:
        await made.ledger.places.add(
            PlaceRow("tp", "packing_house", "Tân Phước", "VN-TGPH-0034", organisation="tan-phuoc")
        )
        await made.ledger.products.add(ProductRow("thanh-long", {"vi": "Thanh long"}))
        await made.lot()
        yield made


def lans_lot(code: str, **changes: Any) -> dict[str, Any]:
    house = {"code": "VN-TGPH-0034"}
    stages = [
        {**stage, "location": house["code"]} if stage["stage"] == "packed" else stage
        for stage in lot_document()["stages"]
    ]
    return lot_document(code, **{"packing_house": house, "stages": stages, **changes})


async def activate(desk: RunningDesk, who: str, batch: int, lot: str) -> tuple[int, Any]:
    body = {"transition": "activate", "range": f"{batch}·0-9", "lot": lot}
    answer = await desk.call(who, "POST", "/transitions", body, key=new_key())
    return answer.status, await answer.json()


async def test_a_foreign_lot_can_not_be_taken_over(desk: RunningDesk) -> None:
    before = await desk.ledger.lots.get(CODE)
    for document in (lans_lot(CODE), {"code": CODE, "product": lot_document()["product"]}):
        answer = await desk.call("lan", "PUT", f"/lots/{CODE}", document)
        assert (answer.status, (await answer.json())["type"]) == (409, "/problems/lot-code-taken")
        assert SECRET not in await answer.text()
    assert await desk.ledger.lots.get(CODE) == before
    assert len(await desk.ledger.lots.list_versions(CODE, limit=9)) == 1


async def test_a_foreign_lot_answers_as_one_that_is_not_there(desk: RunningDesk) -> None:
    for path in ("", "/versions"):
        foreign = await desk.call("lan", "GET", f"/lots/{CODE}{path}")
        unknown = await desk.call("lan", "GET", f"/lots/DL-2026-0913{path}")
        assert foreign.status == unknown.status == 404
        assert (await foreign.text()).replace(CODE, "") == (await unknown.text()).replace(
            "DL-2026-0913", ""
        )
    assert (await desk.fetch("lan", "GET", "/lots"))["lots"] == []


async def test_whoever_saves_a_lot_last_does_not_own_it(desk: RunningDesk) -> None:
    """The account moves to another organisation: its old lots stay where they belong."""
    version = (await desk.ledger.lots.list_versions(CODE, limit=1))[0]
    assert (version.actor, version.organisation) == ("mai", "krong-pac")
    assert [lot["organisation"] for lot in (await desk.fetch("mai", "GET", "/lots"))["lots"]] == [
        "krong-pac"
    ]


@pytest.mark.parametrize(
    ("changes", "status", "problem"),
    [
        ({"packing_house": {"code": "VN-ĐLPH-0012"}, "stages": []}, 422, "foreign-place"),
        ({"packing_house": {"code": "vn-đlph-0012"}, "stages": []}, 422, "foreign-place"),
        ({"packing_house": {"code": "VN-TGPH-9999"}, "stages": []}, 422, "foreign-place"),
        (
            {"stages": [{"stage": "processed", "location": " VN-ÐLPH-0012 "}]},
            422,
            "foreign-place",
        ),
        ({"stages": [{"stage": "packed", "location": "VN-ĐLPH-0012"}]}, 422, "packed-elsewhere"),
        (
            {"stages": [{"stage": "packed", "at": format_rfc3339(NOW + 86_400_000)}]},
            422,
            "packed-in-future",
        ),
    ],
)
async def test_a_packer_names_its_own_packing_house_only(
    desk: RunningDesk, changes: dict[str, Any], status: int, problem: str
) -> None:
    answer = await desk.call("lan", "PUT", "/lots/TP-1", lans_lot("TP-1", **changes))
    assert (answer.status, (await answer.json())["type"]) == (status, f"/problems/{problem}")
    assert (await desk.fetch("lan", "GET", "/lots"))["lots"] == []


async def test_stamps_bind_to_no_foreign_lot_and_to_no_other_product(desk: RunningDesk) -> None:
    await desk.fetch("lan", "PUT", "/lots/TP-1", lans_lot("TP-1"))
    own = await desk.printed(packer="tan-phuoc")
    open_ = await desk.printed(packer=None)
    for batch in (own, open_):
        status, problem = await activate(desk, "lan", batch, CODE)
        assert (status, problem["type"]) == (422, "/problems/unknown-lot")
    dragon_fruit = await desk.printed(packer="tan-phuoc", product="thanh-long")
    status, problem = await activate(desk, "lan", dragon_fruit, "TP-1")
    assert (status, problem["type"]) == (409, "/problems/lot-product-mismatch")
    assert (problem["ordered"], problem["product"]) == ("thanh-long", "ri6")
    durian = await desk.printed(packer="tan-phuoc", product="ri6")
    assert (await activate(desk, "lan", durian, "TP-1"))[0] == 200


async def test_expired_stamps_do_not_come_back_by_one_persons_edit(desk: RunningDesk) -> None:
    batch = await desk.printed(packer="tan-phuoc")
    await desk.fetch("lan", "PUT", "/lots/TP-1", lans_lot("TP-1"))
    assert (await activate(desk, "lan", batch, "TP-1"))[0] == 200
    desk.clock.now = NOW + 60 * 86_400_000
    for changes, query, problem in (
        ({"shelf_life_days": 400}, "", "lot-reason-required"),
        ({"brand": "Đắk Lắk"}, "", "lot-reason-required"),
        ({"standards": []}, "?reason=typing-error", "lot-incomplete"),
    ):
        answer = await desk.call("lan", "PUT", f"/lots/TP-1{query}", lans_lot("TP-1", **changes))
        assert (answer.status, (await answer.json())["type"]) == (409, f"/problems/{problem}")
    longer = lans_lot("TP-1", shelf_life_days=400)
    asked = await desk.call("lan", "PUT", "/lots/TP-1?reason=typing-error", longer)
    assert (asked.status, (await asked.json())["kind"]) == (202, "lot.change")
    with pytest.raises(SecondPersonRequired):
        await desk.ledger.proposals.approve(
            (await asked.json())["id"], "lan", act=carry_out_lot_change
        )
    lot = await desk.ledger.lots.get("TP-1")
    assert lot.version == 1
    assert (lot.expires_at or 0) < desk.clock.now
