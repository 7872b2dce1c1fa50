"""Drafts of lots: fields that an organisation keeps, by version, for a limited time."""

import asyncio

import pytest

from ledger import Ledger, LotRow, Organisation
from ledger.errors import RowChanged, TooManyDrafts, UnknownRow
from ledger.lot_drafts import LIFETIME_MS, MOST_DRAFTS, LotDraft
from tests.ledger.conftest import Clock


async def draft(ledger: Ledger, organisation: str = "kp", name: str = "L1") -> LotDraft:
    fields = {"code": name}
    return await ledger.lot_drafts.add(organisation, name, "crop", fields, actor="mai")


@pytest.fixture(autouse=True)
async def organisations(ledger: Ledger) -> None:
    for name in ("kp", "tp"):
        await ledger.organisations.add(Organisation(name, "packer", name))


async def test_the_last_saved_comes_first_and_only_to_its_organisation(
    ledger: Ledger, clock: Clock
) -> None:
    first = await draft(ledger)
    clock.now += 1
    second = await draft(ledger, name="L2")
    await draft(ledger, "tp")
    assert await ledger.lot_drafts.find_page("kp", limit=9) == [second, first]
    after = (second.saved_at, second.id)
    assert await ledger.lot_drafts.find_page("kp", after=after, limit=9) == [first]
    with pytest.raises(UnknownRow):
        await ledger.lot_drafts.get("tp", first.id)
    await ledger.lot_drafts.remove("tp", first.id)
    assert await ledger.lot_drafts.get("kp", first.id) == first


async def test_of_two_who_save_the_same_version_one_is_refused(ledger: Ledger) -> None:
    known = await draft(ledger)

    async def save(actor: str) -> LotDraft:
        return await ledger.lot_drafts.replace(
            "kp", known.id, "L1", {"code": actor}, version=1, actor=actor
        )

    answers = await asyncio.gather(save("mai"), save("lan"), return_exceptions=True)
    [saved] = [one for one in answers if isinstance(one, LotDraft)]
    assert [type(one) for one in answers if one is not saved] == [RowChanged]
    assert await ledger.lot_drafts.get("kp", known.id) == saved
    assert (saved.version, saved.fields["code"]) == (2, saved.saved_by)


async def test_an_organisation_keeps_so_many_and_old_ones_leave(
    ledger: Ledger, clock: Clock
) -> None:
    for _ in range(MOST_DRAFTS):
        await draft(ledger)
    with pytest.raises(TooManyDrafts):
        await draft(ledger)
    await draft(ledger, "tp")
    clock.now += LIFETIME_MS + 1
    assert await ledger.lot_drafts.find_page("kp", limit=99) == []
    assert await ledger.lot_drafts.count("kp") == 0
    new = await draft(ledger)
    assert await ledger.lot_drafts.find_page("kp", limit=99) == [new]


async def test_a_draft_leaves_with_the_lot_that_is_saved_of_it(ledger: Ledger) -> None:
    known, other = await draft(ledger), await draft(ledger, "tp")
    row = LotRow("L1", {"lot": "L1"}, (), organisation="kp")
    await ledger.lots.save(row, draft=other.id)
    await ledger.lot_drafts.get("tp", other.id)
    with pytest.raises(ValueError, match="refused"):
        await ledger.lots.save(
            LotRow("L2", {"lot": "L2"}, (), organisation="kp"), _refuse, draft=known.id
        )
    await ledger.lot_drafts.get("kp", known.id)
    await ledger.lots.save(LotRow("L2", {"lot": "L2"}, (), organisation="kp"), draft=known.id)
    with pytest.raises(UnknownRow):
        await ledger.lot_drafts.get("kp", known.id)


def _refuse(_: LotRow | None) -> None:
    raise ValueError("refused")
