"""Recorded acts of packing: written once, read by number or by idempotency key."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.cartons.carton_rows import RecordedPacking
from ledger.cartons.packing_plan import PackingChange
from ledger.chains.chained_rows import record_audit
from ledger.chains.hash_chain import digest_json
from ledger.errors import KeyReused
from ledger.stamps.carton_contents import PackedRange


async def write_act(
    connection: AsyncConnection,
    recorded: RecordedPacking,
    change: PackingChange,
    key: str,
    request: str,
) -> None:
    """Append an act with what it moved, and its entry in the audit log."""
    await connection.execute(
        insert(schema.carton_acts).values(
            seq=recorded.seq,
            carton=recorded.carton,
            action=recorded.action,
            stamps=recorded.stamps,
            skipped=recorded.skipped,
            at=recorded.at,
            actor=recorded.actor,
            key=key,
            request=request,
            event=recorded.event,
        )
    )
    nothing = {"batch": None, "lo": None, "hi": None, "lot": None, "child": None}
    parts = [
        {**nothing, "batch": one.batch, "lo": one.lo, "hi": one.hi, "lot": one.lot}
        for one in change.items
    ] + [{**nothing, "child": one.id} for one in change.cartons]
    await connection.execute(
        insert(schema.carton_items),
        [{"act": recorded.seq, "part": part, **one} for part, one in enumerate(parts)],
    )
    await record_audit(
        connection,
        at=recorded.at,
        actor=recorded.actor,
        action=f"carton.{recorded.action}",
        subject=f"cartons:{recorded.carton}",
        details={
            "act": recorded.seq,
            "stamps": recorded.stamps,
            "cartons": len(recorded.cartons),
            "event": recorded.event,
            "items_sha256": digest_json(parts),
        },
    )


async def find_act_by_key(
    connection: AsyncConnection, key: str, request: str
) -> RecordedPacking | None:
    """Return the act of an idempotency key; None for a new key. Raises `KeyReused`."""
    acts = schema.carton_acts
    row = (await connection.execute(select(acts).where(acts.c.key == key))).mappings().one_or_none()
    if row is None:
        return None
    if row["request"] != request:
        raise KeyReused(key=key)
    [recorded] = await load_acts(connection, [row["seq"]])
    return replace(recorded, repeated=True)


async def load_acts(connection: AsyncConnection, numbers: Sequence[int]) -> list[RecordedPacking]:
    """Return the acts of these numbers, in their order."""
    if not numbers:
        return []
    acts, items, cartons = schema.carton_acts, schema.carton_items, schema.cartons
    stamps: dict[int, list[PackedRange]] = {}
    labels: dict[int, list[str]] = {}
    query = (
        select(items, cartons.c.label)
        .outerjoin(cartons, cartons.c.id == items.c.child)
        .where(items.c.act.in_(numbers))
        .order_by(items.c.act, items.c.part)
    )
    parts = (await connection.execute(query)).mappings().all()
    found = await connection.execute(
        select(acts, cartons.c.label)
        .join(cartons, cartons.c.id == acts.c.carton)
        .where(acts.c.seq.in_(numbers))
    )
    rows = {row["seq"]: row for row in found.mappings()}
    for part in parts:
        if part["child"] is None:
            carton = rows[part["act"]]["carton"]
            stamps.setdefault(part["act"], []).append(
                PackedRange(part["batch"], part["lo"], part["hi"], carton, part["lot"])
            )
        else:
            labels.setdefault(part["act"], []).append(part["label"])
    return [
        RecordedPacking(
            seq=seq,
            carton=rows[seq]["carton"],
            label=rows[seq]["label"],
            action=rows[seq]["action"],
            at=rows[seq]["at"],
            actor=rows[seq]["actor"],
            stamps=rows[seq]["stamps"],
            skipped=rows[seq]["skipped"],
            items=tuple(stamps.get(seq, ())),
            cartons=tuple(labels.get(seq, ())),
            event=rows[seq]["event"],
        )
        for seq in numbers
        if seq in rows
    ]
