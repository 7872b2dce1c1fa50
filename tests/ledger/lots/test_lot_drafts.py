"""Drafts of lots: fields that an organisation keeps, by version, for a limited time."""

import asyncio

import pytest

from ledger import Ledger, LotRow, Organisation, SeenDraft
from ledger.errors import RowChanged, TooManyDrafts, UnknownRow
from ledger.lots.lot_drafts import LIFETIME_MS, MOST_DRAFTS, LotDraft
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
    await ledger.lot_drafts.remove("tp", SeenDraft(first.id, 1))
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
    with pytest.raises(RowChanged):  # nobody deletes what was saved meanwhile
        await ledger.lot_drafts.remove("kp", SeenDraft(known.id, 1))
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
    assert await ledger.lot_drafts.delete_old() == MOST_DRAFTS + 1
    assert await ledger.lot_drafts.delete_old() == 0
    assert await ledger.lot_drafts.get("kp", new.id) == new


async def test_a_draft_past_its_time_is_refused_at_once(ledger: Ledger, clock: Clock) -> None:
    known = await draft(ledger)
    clock.now += LIFETIME_MS + 1
    with pytest.raises(UnknownRow):
        await ledger.lot_drafts.get("kp", known.id)
    with pytest.raises(UnknownRow):
        await ledger.lot_drafts.replace("kp", known.id, "L1", {}, version=1, actor="mai")
    row = LotRow("L1", {"lot": "L1"}, (), organisation="kp")
    with pytest.raises(UnknownRow):
        await ledger.lots.save(row, draft=SeenDraft(known.id, 1))


async def test_a_draft_leaves_with_the_lot_that_is_saved_of_it(ledger: Ledger) -> None:
    known, other = await draft(ledger), await draft(ledger, "tp")
    row = LotRow("L1", {"lot": "L1"}, (), organisation="kp")
    with pytest.raises(UnknownRow):
        await ledger.lots.save(row, draft=SeenDraft(other.id, 1))
    await ledger.lot_drafts.get("tp", other.id)
    with pytest.raises(ValueError, match="refused"):
        await ledger.lots.save(
            LotRow("L2", {"lot": "L2"}, (), organisation="kp"),
            _refuse,
            draft=SeenDraft(known.id, 1),
        )
    await ledger.lot_drafts.get("kp", known.id)
    lot = LotRow("L2", {"lot": "L2"}, (), organisation="kp")
    saved = await ledger.lots.save(lot, draft=SeenDraft(known.id, 1))
    with pytest.raises(UnknownRow):
        await ledger.lot_drafts.get("kp", known.id)
    assert await ledger.lots.save(lot, draft=SeenDraft(known.id, 1)) == saved  # sent twice


async def test_a_draft_makes_one_lot_of_what_was_seen(ledger: Ledger) -> None:
    known = await draft(ledger)
    newer = await ledger.lot_drafts.replace("kp", known.id, "L1", {}, version=1, actor="hoa")

    async def save(code: str, version: int) -> None:
        row = LotRow(code, {"lot": code}, (), organisation="kp")
        await ledger.lots.save(row, draft=SeenDraft(known.id, version))

    with pytest.raises(RowChanged):
        await save("L1", 1)
    assert await ledger.lot_drafts.get("kp", known.id) == newer
    answers = await asyncio.gather(save("L2", 2), save("L3", 2), return_exceptions=True)
    assert sorted(str(type(one).__name__) for one in answers) == ["NoneType", "UnknownRow"]
    assert len(await ledger.lots.find_known(["L1", "L2", "L3"])) == 1


async def test_a_draft_that_is_sent_twice_is_kept_once(ledger: Ledger) -> None:
    async def add(code: str) -> LotDraft:
        return await ledger.lot_drafts.add(
            "kp", code, "crop", {"code": code}, actor="mai", id_="aa"
        )

    assert await add("L1") == await add("L1")
    with pytest.raises(RowChanged):
        await add("L2")
    assert await ledger.lot_drafts.count("kp") == 1


def _refuse(_: LotRow | None) -> None:
    raise ValueError("refused")
