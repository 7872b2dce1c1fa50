"""Notices of recalled lots for people: the reason, the time, and who decided.

A lot is recalled as a whole by an approved proposal. Stamps of it can also be recalled by batch or
by range; then the notice is of a part.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.proposals.proposal import ProposalState
from ledger.storage.store import Store
from stamps.lifecycle import State

_KIND: Final = "recall"


@dataclass(frozen=True, slots=True)
class RecallNotice:
    """The recall of a lot, or of stamps of it."""

    lot: str
    at: int
    """Milliseconds, UTC."""
    reason: str | None
    decided_by: str | None
    """The account that approved it; None where stamps were recalled by batch or range."""
    decider: str | None
    """Name of the person with this account."""
    is_whole: bool


class RecallNotices:
    """The recalls of one ledger, by lot."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, lots: Collection[str]) -> dict[str, RecallNotice]:
        """The notices of those of the lots that were recalled, wholly or in part."""
        if not lots:
            return {}
        codes = sorted(lots)
        async with self._store.read() as connection:
            parts = await _find_parts(connection, codes)
            whole = await _find_whole(connection, codes)
            unknown = [lot for lot, notice in whole.items() if notice.decided_by is None]
            by_code = await _find_by_code(connection, unknown)
            rest = [whole[lot] for lot in unknown if lot not in by_code]
            return parts | whole | by_code | await _find_by_trace(connection, rest)


async def _find_parts(connection: AsyncConnection, codes: list[str]) -> dict[str, RecallNotice]:
    """The first recall of stamps of each lot."""
    spans = schema.spans.c
    query = (
        select(spans.lot, spans.reason, func.min(spans.changed_at).label("at"))
        .where(spans.lot.in_(codes), spans.state == State.RECALLED)
        .group_by(spans.lot, spans.reason)
        .order_by(func.min(spans.changed_at).desc())
    )
    return {
        row["lot"]: RecallNotice(row["lot"], row["at"], row["reason"], None, None, is_whole=False)
        for row in (await connection.execute(query)).mappings()
    }


async def _find_whole(connection: AsyncConnection, codes: list[str]) -> dict[str, RecallNotice]:
    lots, proposals, staff = schema.lots.c, schema.proposals.c, schema.staff.c
    decided = schema.lots.outerjoin(
        schema.proposals,
        (proposals.kind == _KIND)
        & (proposals.subject == "lot:" + lots.code)
        & (proposals.state == ProposalState.APPROVED)
        & proposals.used_at.is_not(None),
    ).outerjoin(schema.staff, staff.id == proposals.decided_by)
    query = (
        select(lots.code, lots.recalled_at, proposals.reason, proposals.decided_by, staff.name)
        .select_from(decided)
        .where(lots.code.in_(codes), lots.recalled_at.is_not(None))
        .order_by(proposals.decided_at.desc())
    )
    return {
        row["code"]: RecallNotice(
            lot=row["code"],
            at=row["recalled_at"],
            reason=row["reason"],
            decided_by=row["decided_by"],
            decider=row["name"],
            is_whole=True,
        )
        for row in (await connection.execute(query)).mappings()
    }


async def _find_by_code(connection: AsyncConnection, lots: list[str]) -> dict[str, RecallNotice]:
    """The notices of lots that were recalled with others, by a registered code that they name."""
    if not lots:
        return {}
    rows, names = schema.lots.c, schema.lot_codes.c
    proposals, staff = schema.proposals.c, schema.staff.c
    query = (
        select(rows.code, rows.recalled_at, proposals.reason, proposals.decided_by, staff.name)
        .select_from(schema.lots)
        .join(schema.lot_codes, names.lot == rows.code)
        .join(
            schema.proposals,
            (proposals.kind == _KIND)
            & (proposals.subject == "code:" + names.code)
            & (proposals.decided_at == rows.recalled_at)
            & (proposals.state == ProposalState.APPROVED),
        )
        .outerjoin(schema.staff, staff.id == proposals.decided_by)
        .where(rows.code.in_(lots))
    )
    return {
        row["code"]: RecallNotice(
            lot=row["code"],
            at=row["recalled_at"],
            reason=row["reason"],
            decided_by=row["decided_by"],
            decider=row["name"],
            is_whole=True,
        )
        for row in (await connection.execute(query)).mappings()
    }


async def _find_by_trace(
    connection: AsyncConnection, unknown: Sequence[RecallNotice]
) -> dict[str, RecallNotice]:
    """The notices of lots that were recalled with all that a trace reached; recalls are few."""
    if not unknown:
        return {}
    proposals, staff = schema.proposals.c, schema.staff.c
    query = (
        select(proposals.document, proposals.reason, proposals.decided_by, proposals.decided_at)
        .add_columns(staff.name)
        .select_from(schema.proposals.outerjoin(schema.staff, staff.id == proposals.decided_by))
        .where(
            proposals.kind == _KIND,
            proposals.state == ProposalState.APPROVED,
            proposals.decided_at.in_({one.at for one in unknown}),
        )
    )
    found: dict[str, RecallNotice] = {}
    for row in await connection.execute(query):
        lots = json.loads(row.document).get("lots", ())
        for one in unknown:
            if one.at == row.decided_at and one.lot in lots:
                decided = {"decided_by": row.decided_by, "decider": row.name}
                found[one.lot] = replace(one, reason=row.reason, **decided)
    return found
