"""A small world for tests: an approved order, an issued batch, a complete lot."""

from itertools import count
from typing import Any

from ledger import Batch, Ledger, LotRow, Order, RecallTarget, VersionNote
from stamps.lifecycle import Transition
from tests.accounts import add_accounts

_numbers = count(1)


def a_key() -> str:
    return f"key-{next(_numbers)}"


async def allow_recall(ledger: Ledger, **target: Any) -> str:
    """The key of a recall that two people decided on: of a `lot`, a `batch` or `ranges`."""
    await add_accounts(ledger, "an", "binh")
    document = RecallTarget(**target).to_document()
    proposal = await ledger.proposals.add(
        "recall", a_key(), document=document, reason="ordered", actor="an", key=a_key()
    )
    return (await ledger.proposals.approve(proposal.id, "binh", act=None)).proposal.act_key


async def an_order(ledger: Ledger, count: int = 100) -> Order:
    await add_accounts(ledger, "an", "binh")
    order = await ledger.orders.add(Order(a_key(), count, "sealed", requested_by="an"))
    return await ledger.orders.approve(order.id, actor="binh")


async def a_batch(ledger: Ledger, count: int = 100) -> Batch:
    order = await an_order(ledger, count)
    return await ledger.batches.add(
        order=order.id,
        count=count,
        grade="sealed",
        epoch=0,
        host="tem.example",
        actor="issuer",
        key=a_key(),
    )


async def a_lot(ledger: Ledger, code: str = "L1", missing: tuple[str, ...] = ()) -> LotRow:
    return await ledger.lots.save(
        LotRow(code, {"name": "Sầu riêng Ri6", "lot": code}, missing, product=None)
    )


async def correct(
    ledger: Ledger, document: dict[str, str], *, actor: str = "system", **note: Any
) -> LotRow:
    """A new version of the lot L1, to which stamps may be bound."""
    noted = VersionNote(**{"reason": "typing-error", "changed": ("brand",), **note})
    return await ledger.lots.save(LotRow("L1", document, (), actor=actor), lambda _: noted)


async def printed(ledger: Ledger, count: int = 100) -> int:
    batch = (await a_batch(ledger, count)).number
    await ledger.transitions.apply(batch, 0, count, Transition.PRINT, actor="press", key=a_key())
    return batch


async def activated(ledger: Ledger, count: int = 100, lot: str = "L1") -> int:
    batch = await printed(ledger, count)
    await a_lot(ledger, lot)
    await ledger.transitions.apply(
        batch, 0, count, Transition.ACTIVATE, actor="packer", key=a_key(), lot=lot
    )
    return batch
