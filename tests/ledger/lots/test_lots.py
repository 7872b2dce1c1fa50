"""Lots: one owner, every version kept, and what can change once stamps are bound."""

# ruff: noqa: S608 - the insider writes SQL by hand

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ledger import (
    Ledger,
    LotRow,
    Order,
    Organisation,
    ProductRow,
    Proposal,
    ProposalState,
    open_ledger,
    schema,
)
from ledger.errors import (
    LotChanged,
    LotCodeTaken,
    LotConfirmationRequired,
    LotOwnerMismatch,
    LotProductMismatch,
    LotReasonRequired,
    LotRecalled,
    SecondPersonRequired,
)
from ledger.lots.lot_changes import LOT_CHANGE, LotChange, carry_out_lot_change
from ledger.lots.lot_versions import Correction, first_hash, hash_version
from ledger.storage.storage_errors import GuardRefused, StorageFailed
from stamps.errors import VeritemError
from stamps.lifecycle import Transition
from tests.accounts import add_accounts
from tests.ledger.audit.test_audit import Sql, behind_our_back, insider, named
from tests.ledger.audit.test_guards import run
from tests.ledger.conftest import NOW, Clock
from tests.ledger.world import a_key, a_lot, activated, allow_recall, correct

ROOT = Path(__file__).parents[3]
__all__ = ["insider"]


async def test_every_version_stays_with_author_time_and_reason(
    ledger: Ledger, clock: Clock
) -> None:
    await a_lot(ledger, missing=("image",))
    await a_lot(ledger)
    clock.now += 1000
    await activated(ledger)
    await correct(ledger, {"name": "Ri6"}, note="as on the paper", actor="lan")
    newest, second, first = await ledger.lots.list_versions("L1", limit=9)
    assert [v.version for v in (first, second, newest)] == [1, 2, 3]
    assert (first.document, first.missing) == ({"name": "Sầu riêng Ri6", "lot": "L1"}, ["image"])
    assert (newest.actor, newest.at, newest.reason) == ("lan", clock.now, "typing-error")
    assert (newest.note, newest.changed) == ("as on the paper", ["brand"])
    assert (second.is_correction, newest.is_correction) == (False, True)
    assert await ledger.lots.list_versions("L1", before=3, limit=1) == [second]
    assert await ledger.lots.list_corrections("L1", limit=5) == [
        Correction(3, clock.now, "typing-error", ("brand",))
    ]
    assert (await ledger.audit.verify()).ok


async def test_the_same_content_is_no_new_version(ledger: Ledger) -> None:
    await activated(ledger)
    assert (await a_lot(ledger)).version == 1
    assert len(await ledger.lots.list_versions("L1", limit=9)) == 1


BOUND: list[tuple[dict[str, Any], type[VeritemError]]] = [
    ({"reason": None}, LotReasonRequired),
    ({"is_material": True}, LotConfirmationRequired),
    ({"is_material": True, "confirmed_by": "system"}, LotConfirmationRequired),
]


@pytest.mark.parametrize(("note", "refusal"), BOUND)
async def test_a_bound_lot_changes_with_a_reason_and_materially_with_a_second_person(
    ledger: Ledger, note: dict[str, Any], refusal: type[VeritemError]
) -> None:
    await activated(ledger)
    with pytest.raises(refusal, match="brand"):
        await correct(ledger, {"name": "Ri6"}, **note)
    assert (await ledger.lots.get("L1")).version == 1


async def propose_change(ledger: Ledger, base: int = 1, **content: Any) -> Proposal:
    """lan proposes that L1 expires later."""
    await add_accounts(ledger, "lan", "minh")
    row = LotRow("L1", {"name": "Ri6"}, (), **{"expires_at": NOW + 1, **content})
    change = LotChange(row, base, ("expiry",), "as on the paper")
    return await ledger.proposals.add(
        LOT_CHANGE, change.subject, document=change.to_document(), reason="typing-error",
        actor="lan", key=a_key(),
    )  # fmt: skip


async def test_a_material_change_is_saved_when_a_second_person_confirms_it(ledger: Ledger) -> None:
    await activated(ledger)
    proposal = await propose_change(ledger)
    with pytest.raises(SecondPersonRequired):
        await ledger.proposals.approve(proposal.id, "lan", act=carry_out_lot_change)
    assert (await ledger.lots.get("L1")).version == 1
    await ledger.proposals.approve(proposal.id, "minh", act=carry_out_lot_change)
    again = await ledger.proposals.approve(proposal.id, "minh", act=carry_out_lot_change)
    assert again.result is None
    version = (await ledger.lots.list_versions("L1", limit=1))[0]
    assert (version.version, version.actor, version.confirmed_by) == (2, "lan", "minh")
    assert (version.reason, version.note, version.is_material) == (
        "typing-error", "as on the paper", True,
    )  # fmt: skip
    assert (await ledger.lots.get("L1")).expires_at == NOW + 1
    assert (await ledger.audit.verify()).ok


async def test_a_change_of_an_earlier_version_or_a_recalled_lot_stays_open(ledger: Ledger) -> None:
    await activated(ledger)
    proposal = await propose_change(ledger)
    await correct(ledger, {"name": "Monthong"})
    with pytest.raises(LotChanged, match="version 2 now"):
        await ledger.proposals.approve(proposal.id, "minh", act=carry_out_lot_change)
    await ledger.proposals.withdraw(proposal.id, "lan")
    proposal = await propose_change(ledger, base=2)
    key = await allow_recall(ledger, lot="L1")
    await ledger.transitions.recall_lot("L1", actor="minh", reason="ordered", key=key)
    with pytest.raises(LotRecalled):
        await ledger.proposals.approve(proposal.id, "minh", act=carry_out_lot_change)
    assert (await ledger.proposals.get(proposal.id)).state is ProposalState.OPEN


VERSION = (
    "INSERT INTO lot_versions SELECT lot, version + 1, {document}, missing, organisation, product,"
    " packing_house, packed_at, {expires}, actor, at, {correction}, {material}, changed, {reason},"
    " note, {confirmed}, hash FROM lot_versions"
)
PLAIN = {
    "expires": "expires_at", "correction": "true", "material": "false", "reason": "'x'",
    "confirmed": "NULL", "document": "document",
}  # fmt: skip
GUARDED = [
    ({"correction": "false"}, "is a correction"),
    ({"expires": "5"}, "is material"),
    ({"document": """'{"details":{"feed":"x"},' || substr(document, 2)"""}, "is material"),
    ({"document": """'{"farming_area":{"code":"x"},' || substr(document, 2)"""}, "is material"),
    ({"expires": "5", "material": "true", "confirmed": "'minh'"}, "a second person"),
    ({"reason": "NULL"}, "ck_lot_versions_reason|CHECK"),
]


@pytest.mark.parametrize(("changes", "why"), GUARDED)
async def test_the_database_refuses_what_no_service_writes(
    ledger: Ledger, url: str, changes: dict[str, str], why: str
) -> None:
    await activated(ledger)
    with pytest.raises(StorageFailed, match=why):
        await run(url, VERSION.format(**PLAIN | changes))


OVERWRITES = [
    ("UPDATE lots SET expires_at = 5", "as its last version"),
    ("UPDATE lots SET organisation = 'tan-phuoc'", "as its last version"),
    ("DELETE FROM lots", "never removed"),
]


async def test_a_lot_is_not_overwritten_in_the_database(ledger: Ledger, url: str) -> None:
    await activated(ledger)
    for sql, why in OVERWRITES:
        with pytest.raises(GuardRefused, match=why):
            await run(url, sql)


async def test_without_stamps_a_lot_changes_freely(ledger: Ledger) -> None:
    await a_lot(ledger)
    assert (await correct(ledger, {"name": "Ri6"}, reason=None, is_material=True)).version == 2


@pytest.mark.parametrize("by", ["lot", "batch", "range"])
async def test_after_a_recall_nothing_changes(ledger: Ledger, by: str) -> None:
    batch = await activated(ledger)
    target = {
        "lot": {"lot": "L1"},
        "batch": {"batch": batch},
        "range": {"ranges": ((batch, 3, 4),)},
    }
    key = await allow_recall(ledger, **target[by])
    if by == "lot":
        await ledger.transitions.recall_lot("L1", actor="i", reason="ordered", key=key)
    elif by == "batch":
        await ledger.transitions.recall_batch(batch, actor="i", reason="ordered", key=key)
    else:
        await ledger.transitions.apply(
            batch, 3, 4, Transition.RECALL, actor="i", key=key, reason="ordered"
        )
    with pytest.raises(LotRecalled, match="cannot be changed"):
        await correct(ledger, {"name": "Ri6"})
    assert len(await ledger.lots.list_versions("L1", limit=9)) == 1


async def test_a_lot_belongs_to_one_organisation_for_good(ledger: Ledger) -> None:
    own = LotRow("L1", {"name": "Ri6"}, (), organisation="krong-pac")
    await ledger.lots.save(LotRow("L1", {}, ()))
    assert (await ledger.lots.save(own)).organisation == "krong-pac"
    with pytest.raises(LotCodeTaken, match="L1 is taken"):
        await ledger.lots.save(LotRow("L1", {}, (), organisation="tan-phuoc"))
    assert (await ledger.lots.save(LotRow("L1", {"a": 1}, ()))).organisation == "krong-pac"


@pytest.mark.parametrize(
    ("ordered", "refusal"),
    [
        ({"product": "ri6"}, LotProductMismatch),
        ({"packer": "tan-phuoc"}, LotOwnerMismatch),
        ({}, None),
    ],
)
async def test_stamps_bind_to_lots_of_their_product_and_packer(
    ledger: Ledger, ordered: dict[str, str], refusal: type[VeritemError] | None
) -> None:
    for id_ in ("krong-pac", "tan-phuoc"):
        await ledger.organisations.add(Organisation(id_, "packer", id_))
    for id_ in ("ri6", "monthong"):
        await ledger.products.add(ProductRow(id_, {"vi": id_}))
    order = await ledger.orders.add(Order("O1", 10, "sealed", requested_by="an", **ordered))
    await add_accounts(ledger, "an", "binh")
    await ledger.orders.approve(order.id, actor="binh")
    batch = await ledger.batches.add(
        order="O1", count=10, grade="sealed", epoch=0, host="h", actor="i", key=a_key(),
        product=ordered.get("product"),
    )  # fmt: skip
    await ledger.transitions.apply(batch.number, 0, 10, Transition.PRINT, actor="p", key=a_key())
    await ledger.lots.save(LotRow("L1", {}, (), product="monthong", organisation="krong-pac"))

    async def activate() -> None:
        await ledger.transitions.apply(
            batch.number, 0, 10, Transition.ACTIVATE, actor="p", key=a_key(), lot="L1"
        )

    if refusal is None:
        await activate()
        return
    with pytest.raises(refusal) as refused:
        await activate()
    with pytest.raises(refusal) as checked:
        await ledger.lots.check_binding("L1", batch.number)
    assert refused.value.evidence == checked.value.evidence
    assert (await ledger.transitions.compute_balance(batch.number)).activated == 0


TAMPERED = [
    ("lot_versions", "UPDATE lot_versions SET document = '{}' WHERE version = 1", "L1 1"),
    ("lot_versions", "UPDATE lot_versions SET reason = 'x' WHERE version = 2", "L1 2"),
    ("lot_versions", "UPDATE lot_versions SET confirmed_by = 'x' WHERE version = 2", "L1 2"),
    ("lot_versions", "DELETE FROM lot_versions WHERE version = 1", "L1 1"),
    ("lot_versions", "DELETE FROM lot_versions WHERE version = 2", "L1 2"),
    ("lots", "UPDATE lots SET expires_at = 1", "L1"),
    ("lots", "UPDATE lots SET organisation = 'tan-phuoc'", "L1"),
]


async def test_an_altered_version_is_found(ledger: Ledger, insider: Sql) -> None:
    await activated(ledger)
    await correct(ledger, {"name": "Ri6"})
    for table, sql, row in TAMPERED:
        with behind_our_back(insider, table, sql):
            assert (table, row) in named(await ledger.audit.verify()), sql
    assert (await ledger.audit.verify()).ok


async def test_a_resealed_version_differs_from_the_audit_log(ledger: Ledger, insider: Sql) -> None:
    """The insider rewrites a version, its hash, and the row of the lot, all of them fitting."""
    await activated(ledger)
    async with ledger._store.read() as connection:
        found = await connection.execute(select(schema.lot_versions))
        row = {**found.mappings().one(), "expires_at": 5}
    sealed = hash_version(first_hash("L1"), row)
    insider(f"UPDATE lot_versions SET expires_at = 5, hash = '{sealed}'")
    insider("UPDATE lots SET expires_at = 5")
    assert {("lots", "L1"), ("lot_versions", "L1 1")} <= named(await ledger.audit.verify())


# A writer that corrects one lot as fast as it can and prints each version; the test kills it.
WRITER = """
import asyncio, sys
from ledger import LotRow, VersionNote, open_ledger

async def main(url):
    async with await open_ledger(url) as ledger:
        for n in range(10_000):
            note = VersionNote(("brand",), reason="typing-error")
            row = await ledger.lots.save(LotRow("L1", {"n": n}, ()), lambda _: note)
            print(row.version, flush=True)

asyncio.run(main(sys.argv[1]))
"""


def writer(url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


async def test_a_killed_writer_leaves_version_and_lot_together(url: str) -> None:
    async with await open_ledger(url) as ledger:
        await activated(ledger)
    process = writer(url)
    assert process.stdout is not None
    answered = [int(process.stdout.readline()) for _ in range(9)]
    os.kill(process.pid, signal.SIGKILL)
    answered += [int(line) for line in process.stdout.read().split()]
    process.communicate()
    async with await open_ledger(url) as ledger:
        lot = await ledger.lots.get("L1")
        versions = await ledger.lots.list_versions("L1", limit=20_000)
        assert answered == list(range(2, 2 + len(answered)))
        assert lot.version - answered[-1] in (0, 1)
        assert [v.version for v in versions] == list(range(lot.version, 0, -1))
        assert versions[0].document == lot.document
        report = await ledger.audit.verify()
        assert report.ok, report.problems
