"""Contents of cartons against the acts of packing: what is in a carton follows from its acts.

An act is as the audit log recorded it, with all that it moved. The acts of a carton, folded in
their order, give the serial ranges that are stored as its contents; the last act that moved a
carton says on which pallet it is. A row that somebody added, edited or removed beside the acts is
named with its carton.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.audit.audit_problem import AuditProblem, parse_details
from ledger.cartons.packing import fold_contents
from ledger.chains.hash_chain import digest_json
from ledger.stamps.carton_contents import PackedRange, select_contents

_ACTIONS: Final = {"carton.pack": "pack", "carton.unpack": "unpack"}
_PART: Final = ("batch", "lo", "hi", "lot", "child")
_AT_ONCE: Final = 500
"""Cartons whose contents are compared at once."""


async def verify_cartons(connection: AsyncConnection) -> list[AuditProblem]:
    """Compare acts with the audit log, and contents and pallets with the acts."""
    problems: list[AuditProblem] = []
    noted = await _list_noted(connection)
    folded: dict[str, list[PackedRange]] = {}
    pallets: dict[str, tuple[int, str | None]] = {}
    async for act, parts in _iterate_acts(connection):
        carton, number = act["carton"], act["seq"]
        if carton not in folded and len(folded) >= _AT_ONCE:
            problems += await _compare_contents(connection, folded)
            folded = {}
        if noted.pop(number, None) != _describe_act(act, parts):
            what = "is not as the audit log recorded it"
            problems.append(AuditProblem("carton_acts", str(number), what))
        is_packing = act["action"] == "pack"
        moved = [
            PackedRange(one["batch"], one["lo"], one["hi"], carton, one["lot"])
            for one in parts
            if one["child"] is None
        ]
        before = folded.setdefault(carton, [])
        if moved:
            folded[carton] = fold_contents(before, moved, is_packing=is_packing)
        for one in parts:
            if one["child"] is not None and pallets.get(one["child"], (0, None))[0] < number:
                pallets[one["child"]] = number, carton if is_packing else None
    problems += await _compare_contents(connection, folded)
    problems += [
        AuditProblem("carton_acts", str(number), "was removed") for number in sorted(noted)
    ]
    problems += await _find_unpacked(connection)
    return problems + await _compare_pallets(connection, pallets)


async def _list_noted(connection: AsyncConnection) -> dict[int, tuple[Any, ...]]:
    """What the audit log says of each act, by its number."""
    audit, noted = schema.audit, dict[int, tuple[Any, ...]]()
    entries = await connection.stream(
        select(audit).where(audit.c.action.in_(_ACTIONS)).order_by(audit.c.seq)
    )
    async for entry in entries.mappings():
        details = parse_details(entry["details"])
        noted[details.get("act", 0)] = (
            entry["subject"],
            _ACTIONS[entry["action"]],
            entry["actor"],
            details.get("stamps"),
            details.get("event"),
            details.get("items_sha256"),
        )
    return noted


def _describe_act(act: RowMapping, parts: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    named = f"{schema.cartons.name}:{act['carton']}"
    items = digest_json([dict(one) for one in parts])
    return named, act["action"], act["actor"], act["stamps"], act["event"], items


async def _iterate_acts(
    connection: AsyncConnection,
) -> AsyncIterator[tuple[RowMapping, list[Mapping[str, Any]]]]:
    """Each act with what it moved, by carton and number."""
    acts, items = schema.carton_acts, schema.carton_items
    query = (
        select(acts, items.c.part, *(items.c[name] for name in _PART))
        .outerjoin(items, items.c.act == acts.c.seq)
        .order_by(acts.c.carton, acts.c.seq, items.c.part)
    )
    act: RowMapping | None = None
    parts: list[Mapping[str, Any]] = []
    async for row in (await connection.stream(query)).mappings():
        if act is not None and act["seq"] != row["seq"]:
            yield act, parts
            parts = []
        act = row
        if row["part"] is not None:
            parts.append({name: row[name] for name in _PART})
    if act is not None:
        yield act, parts


async def _compare_contents(
    connection: AsyncConnection, folded: Mapping[str, Sequence[PackedRange]]
) -> list[AuditProblem]:
    if not folded:
        return []
    table = schema.carton_contents.c
    stored = await select_contents(connection, table.carton.in_(list(folded)))
    due = {one for some in folded.values() for one in some}
    found = set(stored)
    return [
        *_name(found - due, "does not follow from the acts of packing"),
        *_name(due - found, "was removed: the acts of packing put it there"),
    ]


async def _find_unpacked(connection: AsyncConnection) -> list[AuditProblem]:
    """Contents of cartons that no act names."""
    table, acts = schema.carton_contents.c, schema.carton_acts.c
    stray = table.carton.not_in(select(acts.carton))
    return _name(await select_contents(connection, stray), "was packed by no act")


async def _compare_pallets(
    connection: AsyncConnection, pallets: Mapping[str, tuple[int, str | None]]
) -> list[AuditProblem]:
    table, problems = schema.cartons.c, list[AuditProblem]()
    rows = await connection.stream(select(table.id, table.pallet).where(table.pallet.is_not(None)))
    on_pallets = {row.id: row.pallet async for row in rows}
    for carton in sorted({*on_pallets, *pallets}):
        due = pallets.get(carton, (0, None))[1]
        if on_pallets.get(carton) != due:
            what = f"is not on the pallet that the acts of packing say: {due or 'none'}"
            problems.append(AuditProblem("cartons", carton, what))
    return problems


def _name(rows: Iterable[PackedRange], what: str) -> list[AuditProblem]:
    ordered = sorted(rows, key=lambda one: one.carton)
    return [
        AuditProblem(
            "carton_contents",
            carton,
            f"{what}: {', '.join(sorted(f'{one.range.text} of {one.lot}' for one in some))}",
        )
        for carton, some in groupby(ordered, key=lambda one: one.carton)
    ]
