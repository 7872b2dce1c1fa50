"""Sources of figures: what the chains and the alerts tell after a position, as facts.

The entry of a chain is written in the transaction of the act itself, and there is one writer at a
time (`Store.write`), so "after a position" misses nothing. `ledger.notices.notice_sources` reads
the same sources for webhooks.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.figures.facts import Fact
from stamps.lifecycle import Transition
from stamps.vietnam_time import to_day_number

SOURCES: Final = ("transitions", "audit", "alerts")
PAGE: Final = 1000
"""Rows of a source that are read in one transaction."""

_FIGURES: Final[Mapping[Transition, str]] = {
    Transition.PRINT: "printed",
    Transition.ACTIVATE: "activated",
    Transition.DEACTIVATE: "deactivated",
    Transition.REBIND: "rebound",
    Transition.CLAIM: "claimed",
    Transition.VOID: "void",
    Transition.SUSPEND: "suspended",
    Transition.RELEASE: "released",
    Transition.RECALL: "recalled",
}
_ORDERS: Final = {
    "order.request": "ordered",
    "order.approved": "approved",
    "order.refused": "refused",
}
_DECIDED: Final = ("confirmed", "dismissed")


class ProductAndPacker(NamedTuple):
    """Product and packer of a batch, lot, order or alert; empty where it names none."""

    product: str = ""
    packer: str = ""


@dataclass(frozen=True, slots=True)
class FactPage:
    """What a source tells after a position."""

    facts: Counter[Fact]
    position: int
    flows: Mapping[int, Counter[str]]
    """Stamps by figure of each batch that the page names."""
    is_last: bool
    """Whether the source ends here."""


async def read_facts(
    connection: AsyncConnection, source: str, position: int, until: int | None = None
) -> FactPage:
    """Return the facts of at most `PAGE` rows of a source after a position, `until` included."""
    table = schema.metadata.tables[source]
    key = table.c.id if source == "alerts" else table.c.seq
    query = select(table).where(key > position).order_by(key).limit(PAGE)
    if until is not None:
        query = query.where(key <= until)
    rows = (await connection.execute(query)).mappings().all()
    if not rows:
        return FactPage(Counter(), position, {}, is_last=True)
    flows: dict[int, Counter[str]] = {}
    if source == "transitions":
        facts, flows = await _read_transitions(connection, rows)
    elif source == "audit":
        facts, flows = await _read_audit(connection, rows)
    else:
        facts = Counter(_read_alert(row) for row in rows)
    return FactPage(facts, rows[-1][key.name], flows, is_last=len(rows) < PAGE)


async def read_first_time(connection: AsyncConnection, source: str, position: int) -> int | None:
    """Return when the first row of a source after a position happened; None if there is none."""
    table = schema.metadata.tables[source]
    is_alerts = source == "alerts"
    key, at = (table.c.id, table.c.opened_at) if is_alerts else (table.c.seq, table.c.at)
    found: int | None = await connection.scalar(
        select(at).where(key > position).order_by(key).limit(1)
    )
    return found


async def find_batch_parties(
    connection: AsyncConnection, batches: Collection[int]
) -> dict[int, ProductAndPacker]:
    """Product and packer of batches, by number."""
    table = schema.batch_parties.c
    query = select(table.number, table.product, table.packer).where(table.number.in_(batches))
    found = {
        row.number: ProductAndPacker(row.product or "", row.packer or "")
        for row in await connection.execute(query)
    }
    return {number: found.get(number, ProductAndPacker()) for number in batches}


async def _read_transitions(
    connection: AsyncConnection, rows: Sequence[RowMapping]
) -> tuple[Counter[Fact], dict[int, Counter[str]]]:
    parties = await find_batch_parties(connection, {row["batch"] for row in rows})
    facts: Counter[Fact] = Counter()
    flows: dict[int, Counter[str]] = {}
    for row in rows:
        figure = _FIGURES[Transition(row["transition"])]
        stamps = row["hi"] - row["lo"]
        detail = row["reason"] or "" if figure in ("void", "recalled") else ""
        facts[Fact(to_day_number(row["at"]), figure, detail, *parties[row["batch"]])] += stamps
        flows.setdefault(row["batch"], Counter())[figure] += stamps
    return facts, flows


async def _read_audit(
    connection: AsyncConnection, rows: Sequence[RowMapping]
) -> tuple[Counter[Fact], dict[int, Counter[str]]]:
    facts: Counter[Fact] = Counter()
    flows: dict[int, Counter[str]] = {}
    for row in rows:
        action, subject = row["action"], row["subject"].partition(":")[2]
        day = to_day_number(row["at"])
        if action in _ORDERS:
            stamps, party = await _find_order(connection, subject)
            facts[Fact(day, _ORDERS[action], "", *party)] += stamps
        elif action == "batch.issue":
            batch = int(subject)
            party = (await find_batch_parties(connection, {batch}))[batch]
            table = schema.batches.c
            stamps = await connection.scalar(select(table.count).where(table.number == batch)) or 0
            facts[Fact(day, "issued", "", *party)] += stamps
            flows.setdefault(batch, Counter())["issued"] += stamps
        elif action == "alert.decide":
            facts += await _read_decision(connection, row, int(subject), day)
        elif action == "proposal.approve":
            facts += await _read_recall(connection, int(subject), day)
    return facts, flows


async def _find_order(connection: AsyncConnection, id_: str) -> tuple[int, ProductAndPacker]:
    orders = schema.orders.c
    found = await connection.execute(
        select(orders.count.label("stamps"), orders.product, orders.packer).where(orders.id == id_)
    )
    row = found.one_or_none()
    return (
        (0, ProductAndPacker())
        if row is None
        else (row.stamps, ProductAndPacker(row.product or "", row.packer or ""))
    )


async def _read_decision(
    connection: AsyncConnection, row: RowMapping, alert: int, day: int
) -> Counter[Fact]:
    details = json.loads(row["details"])
    if details["state"] not in _DECIDED:
        return Counter()
    alerts = schema.alerts.c
    found = await connection.execute(
        select(alerts.kind, alerts.product, alerts.packer).where(alerts.id == alert)
    )
    decided = found.one()
    return Counter(
        [
            Fact(
                day,
                f"alerts_{details['state']}",
                decided.kind,
                decided.product or "",
                decided.packer or "",
            )
        ]
    )


async def _read_recall(connection: AsyncConnection, id_: int, day: int) -> Counter[Fact]:
    """A recall that two people decided, and the seconds from its proposal to its decision."""
    proposals = schema.proposals.c
    found = await connection.execute(
        select(
            proposals.kind, proposals.document, proposals.requested_at, proposals.decided_at
        ).where(proposals.id == id_)
    )
    row = found.one_or_none()
    if row is None or row.kind != "recall":
        return Counter()
    party = await _find_target(connection, json.loads(row.document))
    waited = max(0, ((row.decided_at or 0) - row.requested_at) // 1000)
    return Counter(
        {Fact(day, "recalls", "", *party): 1, Fact(day, "recall_seconds", "", *party): waited}
    )


async def _find_target(
    connection: AsyncConnection, document: Mapping[str, Any]
) -> ProductAndPacker:
    """The party of what is recalled; of several batches, that of the first."""
    if document.get("lot") is not None:
        lots = schema.lots.c
        found = await connection.execute(
            select(lots.product, lots.organisation).where(lots.code == document["lot"])
        )
        row = found.one_or_none()
        return (
            ProductAndPacker()
            if row is None
            else ProductAndPacker(row.product or "", row.organisation or "")
        )
    ranges = document.get("ranges") or [[document.get("batch")]]
    batch = ranges[0][0]
    if batch is None:
        return ProductAndPacker()
    return (await find_batch_parties(connection, {batch}))[batch]


def _read_alert(row: RowMapping) -> Fact:
    return Fact(
        to_day_number(row["opened_at"]),
        "alerts",
        row["kind"],
        row["product"] or "",
        row["packer"] or "",
    )
