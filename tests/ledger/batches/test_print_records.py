"""Proofs and keys of print houses on both engines."""

import asyncio
from dataclasses import replace

import pytest

from ledger import Ledger, Organisation, PrintProof
from ledger.errors import LastPrintKey, UnknownBatch, UnknownRow
from tests.ledger.world import a_batch


async def test_a_proof_is_added_once_also_by_two_at_a_time(ledger: Ledger) -> None:
    batch = await a_batch(ledger)
    proof = PrintProof("p1", batch.number, "in", False, 3, "{}", b"\xff\xd8picture")
    first, second = await asyncio.gather(*(ledger.print_proofs.add(proof) for _ in range(2)))
    assert first == second == await ledger.print_proofs.find(batch.number, "p1")
    [listed] = await ledger.print_proofs.list_of_batch(batch.number)
    assert (listed.id, listed.is_good, listed.picture) == ("p1", False, b"")
    with pytest.raises(UnknownRow):
        await ledger.print_proofs.find(batch.number + 1, "p1")
    with pytest.raises(UnknownBatch):
        await ledger.print_proofs.add(replace(proof, id="p2", batch=batch.number + 1))


async def test_two_who_retire_the_last_two_keys_leave_one(ledger: Ledger) -> None:
    house = Organisation("press", "print_house", "Press", public_key="age1registered")
    await ledger.organisations.add(house)
    await ledger.print_keys.add("press", "age1new", "", actor="in")
    results = await asyncio.gather(
        *(
            ledger.print_keys.retire("press", key, actor="in")
            for key in ("age1registered", "age1new")
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, LastPrintKey) for one in results) == 1
    in_use = [one for one in await ledger.print_keys.list("press") if one.retired_at is None]
    assert len(in_use) == 1
    with pytest.raises(UnknownRow):
        await ledger.print_keys.list("nobody")
