"""Recall by carton: what is named at the proposal is recalled, wherever it is at the approval."""

from typing import Any

import pytest

from ledger.cartons.carton_errors import CartonEmpty, UnknownCarton
from ledger.errors import NothingToRecall
from services.cartons import cartons
from services.errors import InvalidInput
from services.proposals import proposals
from services.stamps import recalls
from stamps.lifecycle import State
from tests.services.office import Office, new_key
from tests.services.test_province_scope import of_province

LABEL = "389350000100000014"


async def pack(office: Office, label: str, *contents: str) -> Any:
    return await cartons.pack(office.context("packer"), label, contents, new_key())


async def propose(office: Office, carton: str) -> int:
    proposal = await recalls.propose_recall(
        office.context("inspector"), carton=carton, reason="ordered", key=new_key()
    )
    return proposal.id


async def approve(office: Office, number: int) -> Any:
    return await proposals.approve_proposal(office.context("authority"), number)


async def list_recalled(office: Office, batch: int) -> list[tuple[int, int]]:
    spans = await office.ledger.transitions.list_spans(batch)
    return [(span.lo, span.hi) for span in spans if span.state is State.RECALLED]


async def test_two_people_recall_what_is_in_a_carton(office: Office) -> None:
    batch = await office.activate_batch()
    await pack(office, LABEL, f"{batch}·0-9", f"{batch}·20-29")
    reach = await recalls.preview_recall(office.context("inspector"), carton=f"(00){LABEL}")
    assert (reach.cartons, reach.stamps, reach.lots, reach.left) == (1, 20, ("L1",), 0)
    number = await propose(office, LABEL)
    assert await list_recalled(office, batch) == []
    done = await approve(office, number)
    assert done.proposal.subject == f"carton:{LABEL}@krong-pac"
    assert await list_recalled(office, batch) == [(0, 10), (20, 30)]
    assert (await office.ledger.audit.verify()).problems == ()
    assert (await cartons.find_carton(office.context("packer"), LABEL)).stamps == 20


async def test_what_moved_after_the_proposal_is_counted_and_changes_nothing(
    office: Office,
) -> None:
    batch = await office.activate_batch()
    await pack(office, LABEL, f"{batch}·0-9")
    number = await propose(office, LABEL)
    await cartons.unpack(office.context("packer"), LABEL, [f"{batch}·0-3"], new_key())
    await pack(office, LABEL, f"{batch}·50-56")
    proposal = await proposals.get_proposal(office.context("authority"), number)
    reach = await recalls.preview_proposal(office.context("authority"), proposal)
    assert (reach.stamps, reach.packed_since, reach.unpacked_since) == (10, 7, 4)
    await approve(office, number)
    assert await list_recalled(office, batch) == [(0, 10)]


async def test_a_pallet_is_recalled_with_all_its_cartons(office: Office) -> None:
    batch = await office.activate_batch()
    await pack(office, "T-1", f"{batch}·0-9")
    await pack(office, "T-2", f"{batch}·10-19")
    await pack(office, "T-3", f"{batch}·30-39")
    await pack(office, "P-1", "T-1", "T-2")
    reach = await recalls.preview_recall(office.context("inspector"), carton="P-1")
    assert (reach.cartons, reach.stamps) == (2, 20)
    await approve(office, await propose(office, "P-1"))
    assert await list_recalled(office, batch) == [(0, 20)]


async def test_stamps_that_were_recalled_meanwhile_stay(office: Office) -> None:
    first, second = [await office.activate_batch(lot=lot) for lot in ("L1", "L2")]
    await pack(office, LABEL, f"{first}·0-9", f"{second}·0-9")
    number, same = await propose(office, LABEL), {"reason": "ordered", "key": new_key()}
    other = await recalls.propose_recall(office.context("inspector"), lot="L1", **same)
    await approve(office, other.id)
    await approve(office, number)
    assert await list_recalled(office, second) == [(0, 10)]
    assert (await office.ledger.audit.verify()).problems == ()
    again = await propose(office, LABEL)
    with pytest.raises(NothingToRecall):
        await approve(office, again)


async def test_a_recall_names_a_carton_that_has_stamps_and_is_in_scope(office: Office) -> None:
    batch = await office.activate_batch()
    with pytest.raises(UnknownCarton):
        await propose(office, LABEL)
    await pack(office, LABEL, f"{batch}·0-9")
    elsewhere = await of_province(office, "82")
    with pytest.raises(UnknownCarton):
        await recalls.preview_recall(elsewhere, carton=LABEL)
    with pytest.raises(InvalidInput):
        await recalls.preview_recall(office.context("inspector"), carton=LABEL, lot="L1")
    await cartons.unpack(office.context("packer"), LABEL, None, new_key())
    with pytest.raises(CartonEmpty):
        await propose(office, LABEL)
