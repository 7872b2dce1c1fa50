"""Activity under registered codes: how many stamps were bound, by code, lot and day of Vietnam.

The watch follows both chains. A page of a chain, what follows from it and the position behind it
are written in one transaction, so a killed process repeats nothing and leaves nothing out. A lot
that is corrected takes its stamps with it to the codes that it names then.

A code whose activity or registration changed is due to be judged (`ledger.code_watch.code_watch`).
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import RowMapping, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.codes.lot_codes import SITE_FIELDS
from ledger.stamps.reversals import subtract_range
from ledger.stamps.transition_rows import RecordedTransition, read_transition
from stamps.lifecycle import Transition
from stamps.vietnam_time import to_day_number

PAGE: Final = 200
"""Rows of a chain that are followed in one transaction."""
CHAINS: Final = ("transitions", "audit")
DUE: Final = 0
"""`watched_codes.judged_at` of a code that is due now."""

_BINDING: Final = (Transition.ACTIVATE, Transition.REBIND)
_FOLLOWED: Final = (*_BINDING, Transition.DEACTIVATE)
_CODES: Final = "registered_codes:"
_LOTS: Final = "lots:"
_ORIGINS: Final = ("growing_area", "farming_area")


@dataclass(frozen=True, slots=True)
class LotSites:
    """Codes, owner and product that a lot names."""

    growing_area: str | None
    packing_house: str | None
    organisation: str | None
    product: str | None

    @property
    def codes(self) -> list[str]:
        """The codes under which its stamps are bound."""
        return sorted({code for code in (self.growing_area, self.packing_house) if code})


@dataclass(frozen=True, slots=True)
class _Bound:
    """Stamps that were bound to a lot, or taken from it (a negative number)."""

    lot: str
    day: int
    stamps: int
    at: int
    """When it was recorded."""


async def follow_page(connection: AsyncConnection, chain: str) -> bool:
    """Follow one page of a chain inside the caller's transaction; False at its end."""
    positions = schema.watch_positions
    await connection.execute(_START, {"chain": chain})
    position = await connection.scalar(
        select(positions.c.position).where(positions.c.chain == chain).with_for_update()
    )
    table = schema.metadata.tables[chain]
    rows = (
        await connection.execute(
            select(table).where(table.c.seq > (position or 0)).order_by(table.c.seq).limit(PAGE)
        )
    ).mappings()
    found = rows.all()
    if not found:
        return False
    if chain == "transitions":
        await _follow_transitions(connection, [read_transition(row) for row in found])
    else:
        await _follow_audit(connection, found)
    await connection.execute(
        update(positions).where(positions.c.chain == chain).values(position=found[-1]["seq"])
    )
    return True


async def mark_due(connection: AsyncConnection, codes: Collection[str]) -> None:
    """Have codes judged at the next turn."""
    if codes:
        await connection.execute(_MARK, [{"code": code} for code in sorted(codes)])


_START: Final = text(
    "INSERT INTO watch_positions (chain, position) VALUES (:chain, 0) ON CONFLICT DO NOTHING"
)
_MARK: Final = text(
    f"INSERT INTO watched_codes (code, judged_at) VALUES (:code, {DUE})"  # noqa: S608 - a constant
    f" ON CONFLICT (code) DO UPDATE SET judged_at = {DUE}"
)
_ADD: Final = text(
    "INSERT INTO code_activity (code, lot, day, stamps, late_stamps, growing_area, packing_house,"
    " organisation, product, last_at) VALUES (:code, :lot, :day, :stamps, :late, :growing_area,"
    " :packing_house, :organisation, :product, :at) ON CONFLICT (code, lot, day) DO UPDATE SET"
    " stamps = code_activity.stamps + excluded.stamps,"
    " late_stamps = CASE WHEN code_activity.late_stamps + excluded.late_stamps > 0"
    " THEN code_activity.late_stamps + excluded.late_stamps ELSE 0 END,"
    " last_at = excluded.last_at"
)


async def _follow_transitions(
    connection: AsyncConnection, rows: Sequence[RecordedTransition]
) -> None:
    bound: list[_Bound] = []
    for row in rows:
        if row.transition not in _FOLLOWED:
            continue
        if row.transition is not Transition.ACTIVATE:
            bound += await _find_bound_before(connection, row)
        if row.lot is not None:
            day = to_day_number(row.at if row.acted_at is None else row.acted_at)
            bound.append(_Bound(row.lot, day, row.hi - row.lo, row.at))
    await _add(connection, bound)


async def _find_bound_before(
    connection: AsyncConnection, row: RecordedTransition
) -> Iterable[_Bound]:
    """Return the lots that the stamps of a deactivation or rebinding were bound to before."""
    transitions = schema.transitions
    found = await connection.execute(
        select(transitions)
        .where(transitions.c.batch == row.batch, transitions.c.seq < row.seq)
        .where(transitions.c.lo < row.hi, transitions.c.hi > row.lo)
        .where(transitions.c.transition.in_(_BINDING))
        .order_by(transitions.c.seq.desc())
    )
    uncovered, taken = [(row.lo, row.hi)], []
    for one in map(read_transition, found.mappings()):
        stamps = sum(
            min(hi, one.hi) - max(lo, one.lo) for lo, hi in uncovered if lo < one.hi and one.lo < hi
        )
        if stamps and one.lot is not None:
            day = to_day_number(one.at if one.acted_at is None else one.acted_at)
            taken.append(_Bound(one.lot, day, -stamps, row.at))
        uncovered = list(subtract_range(uncovered, one.lo, one.hi))
        if not uncovered:
            break
    return taken


async def _add(connection: AsyncConnection, bound: Sequence[_Bound]) -> None:
    """Add stamps to the codes of their lots, and have these judged."""
    if not bound:
        return
    sites = await select_sites(connection, {one.lot for one in bound})
    withdrawn = await _select_withdrawn(
        connection, {code for site in sites.values() for code in site.codes}
    )
    rows: list[dict[str, Any]] = [
        {
            "code": code,
            "lot": one.lot,
            "day": one.day,
            "stamps": one.stamps,
            "late": one.stamps if one.at >= withdrawn.get(code, one.at + 1) else 0,
            "at": one.at,
            **_describe(site),
        }
        for one in bound
        for site in [sites[one.lot]]
        for code in site.codes
    ]
    if rows:
        await connection.execute(_ADD, rows)
    await mark_due(connection, {row["code"] for row in rows})


def _describe(site: LotSites) -> dict[str, str | None]:
    return {
        "growing_area": site.growing_area,
        "packing_house": site.packing_house,
        "organisation": site.organisation,
        "product": site.product,
    }


async def select_sites(connection: AsyncConnection, lots: Collection[str]) -> dict[str, LotSites]:
    """Return the codes, owner and product that each of these lots names."""
    table = schema.lots.c
    rows = await connection.execute(
        select(table.code, table.document, table.organisation, table.product).where(
            table.code.in_(sorted(lots))
        )
    )
    return {
        row.code: _read_sites(json.loads(row.document), row.organisation, row.product)
        for row in rows
    }


def _read_sites(
    document: Mapping[str, Any], organisation: str | None, product: str | None
) -> LotSites:
    codes = {name: (document.get(name) or {}).get("code") for name in SITE_FIELDS}
    origin = next((codes[name] for name in _ORIGINS if codes[name]), None)
    return LotSites(origin, codes["packing_house"], organisation, product)


async def _select_withdrawn(connection: AsyncConnection, codes: Collection[str]) -> dict[str, int]:
    """When each of these codes that is suspended or revoked was so."""
    table = schema.registered_codes.c
    rows = await connection.execute(
        select(table.code, table.status_at).where(
            table.code.in_(sorted(codes)), table.status != "active"
        )
    )
    return {row.code: row.status_at for row in rows}


async def _follow_audit(connection: AsyncConnection, rows: Sequence[RowMapping]) -> None:
    """Judge registered codes that changed, and take the stamps of corrected lots to their codes."""
    subjects = [str(row["subject"]) for row in rows]
    codes = {one.removeprefix(_CODES) for one in subjects if one.startswith(_CODES)}
    lots = {
        str(row["subject"]).removeprefix(_LOTS) for row in rows if row["action"] == "lot.correct"
    }
    for lot in sorted(lots):
        codes |= await _move_lot(connection, lot)
    await mark_due(connection, codes)


async def _move_lot(connection: AsyncConnection, lot: str) -> set[str]:
    """Count the stamps of a corrected lot under the codes that it names now; return all codes."""
    table = schema.code_activity
    known = (
        await connection.execute(
            select(
                table.c.day,
                func.max(table.c.stamps).label("stamps"),
                func.max(table.c.last_at).label("at"),
            )
            .where(table.c.lot == lot)
            .group_by(table.c.day)
        )
    ).all()
    before = set(
        await connection.scalars(select(table.c.code).where(table.c.lot == lot).distinct())
    )
    sites = (await select_sites(connection, [lot])).get(lot)
    if sites is None or not known:
        return before
    late = {
        (row.code, row.day): row.late_stamps
        for row in await connection.execute(
            select(table.c.code, table.c.day, table.c.late_stamps).where(table.c.lot == lot)
        )
    }
    await connection.execute(delete(table).where(table.c.lot == lot))
    rows = [
        {
            "code": code,
            "lot": lot,
            "day": row.day,
            "stamps": row.stamps,
            "late_stamps": late.get((code, row.day), 0),
            "last_at": row.at,
            **_describe(sites),
        }
        for row in known
        for code in sites.codes
    ]
    if rows:
        await connection.execute(insert(table), rows)
    return before | set(sites.codes)
