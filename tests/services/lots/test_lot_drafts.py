"""Drafts of lots: whatever was typed is kept, for everybody in the organisation."""

import pytest

from ledger import SeenDraft
from services.errors import Forbidden, InvalidInput
from services.lots import lot_drafts
from tests.services.office import Office


async def test_what_is_typed_is_kept_flaws_and_all(office: Office) -> None:
    saved = await lot_drafts.save_draft(
        office.context("packer"),
        {"code": "", "product": "ri6", "packed": "next week", "image": "/a/x", "csrf": "secret"},
        kind="crop",
        name=" Ri6 ",
    )
    assert saved.name == "Ri6"
    assert saved.fields == {"product": "ri6", "packed": "next week", "image": "/a/x"}
    missing = lot_drafts.find_unfilled(saved)
    assert "lot_code" in missing
    assert "product_name" not in missing


async def test_a_colleague_goes_on_with_it(office: Office) -> None:
    first = await lot_drafts.save_draft(office.context("packer"), {}, kind="crop", name="")
    second = await lot_drafts.save_draft(
        office.context("packer2"), {"code": "L1"}, kind="crop", name="L1", id_=first.id, version=1
    )
    assert (second.version, second.saved_by) == (2, "packer2")
    [listed] = (await lot_drafts.list_drafts(office.context("packer"))).items
    assert listed == second
    assert (await lot_drafts.list_drafts(office.context("other-packer"))).items == []
    await lot_drafts.delete_draft(office.context("packer"), SeenDraft(first.id, 2))
    assert await lot_drafts.count_drafts(office.context("packer2")) == 0


async def test_only_who_describes_lots_for_an_organisation_keeps_drafts(office: Office) -> None:
    for who in ("press", "inspector", "authority"):
        with pytest.raises(Forbidden):
            await lot_drafts.save_draft(office.context(who), {}, kind="crop", name="")
    with pytest.raises(InvalidInput, match="organisation"):
        await lot_drafts.save_draft(office.context("operator"), {}, kind="crop", name="")
    with pytest.raises(InvalidInput, match="kind"):
        await lot_drafts.save_draft(office.context("packer"), {}, kind="metal", name="")
