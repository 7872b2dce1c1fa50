"""Organisations at the desk: find, add and change them."""

import pytest

from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk

pytestmark = pytest.mark.usefixtures("quick_passwords")


async def test_an_organisation_is_added_found_and_changed(desk: RunningDesk) -> None:
    async with somebody(desk, "tri") as tri:
        page = await tri.get("/new-organisation")
        fields = {"id": "ea-kar", "name": "HTX Ea Kar", "kind": "packer"}
        added = await tri.submit(page, "/new-organisation", **fields)
        assert added.path == "/organisations/ea-kar"
        changed = {"name": "HTX Ea Kar mới", "kind": "grower", "address": "Buôn Kao"}
        await tri.submit(added, "/organisations/ea-kar", **changed)
        row = await desk.ledger.organisations.get("ea-kar")
        assert (row.name, row.kind, row.address) == ("HTX Ea Kar mới", "grower", "Buôn Kao")
        assert "Ea Kar mới" in (await tri.get("/organisations?q=ea+kar")).text
        assert "Ea Kar mới" not in (await tri.get("/organisations?kind=packer")).text
        assert (await tri.get("/organisations?kind=x")).status == 400
        history = await tri.get("/audit?subject=organisations:ea-kar")
        assert "Sửa đơn vị" in history.text


async def test_a_change_keeps_the_key_of_a_print_house(desk: RunningDesk) -> None:
    before = await desk.ledger.organisations.get("in-mekong")
    async with somebody(desk, "tri") as tri:
        page = await tri.get("/organisations/in-mekong")
        await tri.submit(page, "/organisations/in-mekong", name="Nhà in", kind="print_house")
    after = await desk.ledger.organisations.get("in-mekong")
    assert (after.name, after.public_key) == ("Nhà in", before.public_key)


async def test_bad_input_and_other_people_change_nothing(desk: RunningDesk) -> None:
    async with somebody(desk, "tri") as tri, somebody(desk, "bo") as authority:
        page = await tri.get("/new-organisation")
        for fields in (
            {"id": "Ea Kar!", "name": "x", "kind": "packer"},
            {"id": "ea-kar", "name": "", "kind": "packer"},
            {"id": "ea-kar", "name": "x", "kind": "bank"},
            {"id": "krong-pac", "name": "another", "kind": "packer"},
        ):
            assert (await tri.submit(page, "/new-organisation", **fields)).status >= 400, fields
        assert (await tri.get("/organisations/none")).status == 404
        assert (await authority.get("/organisations")).status == 403
        foreign = await authority.submit(
            await authority.get("/account"), "/organisations/krong-pac", name="x", kind="packer"
        )
        assert foreign.status in (403, 404)
    assert (await desk.ledger.organisations.get("krong-pac")).name == "HTX Nông nghiệp Krông Pắc"
