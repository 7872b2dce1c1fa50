"""The proof: history is as it was written, and the present follows from it.

Four things are looked at, in one reading transaction:

1. each chain (`transitions`, `audit`): numbers without gaps, each hash over its row and the one before,
   and the last row is the head that was noted when it was written;
2. heads that somebody wrote down elsewhere, if they are handed in;
3. spans: all transitions folded again, batch by batch, give the spans that are stored;
4. rows that people decided on (orders, batches, lots, organisations …) are those of which the
   audit log noted the digest.

What this finds: any row of transitions or audit that was edited, removed, added or put elsewhere, by
whoever it was, unless every later hash was rewritten too; then a head from outside finds it.
Scans are not chained: they are append-only, and their loss shows in no proof.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import RowMapping, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chained_rows import AUDIT_FIELDS, TRANSITION_FIELDS, digest_row, read_head
from ledger.hash_chain import genesis_hash, hash_row
from ledger.transitions import span_from_row
from stamps.lifecycle import Transition
from stamps.spans import (
    RangeTransition,
    Span,
    TransitionConflict,
    find_flaw,
    fold_transition,
    issue_spans,
)

ChainHead = tuple[int, str]
_PAGE: Final = 2000
_MOST_PROBLEMS: Final = 200

_DIGESTED: Final = {
    table.name: table
    for table in (
        schema.organisations,
        schema.products,
        schema.places,
        schema.orders,
        schema.batches,
        schema.lots,
        schema.staff,
        schema.staff_tokens,
    )
}


@dataclass(frozen=True, slots=True)
class AuditProblem:
    """One row that is not as it was written: which table, which row, and what is wrong."""

    table: str
    row: str
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.what}"


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What `verify_history` looked at and found; the heads are worth writing down elsewhere."""

    transitions: int
    audits: int
    batches: int
    head: ChainHead
    audit_head: ChainHead
    problems: tuple[AuditProblem, ...]

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return not self.problems


async def verify_history(
    connection: AsyncConnection, noted: ChainHead | None, audit_noted: ChainHead | None
) -> AuditReport:
    """Look at everything inside the caller's transaction; see the module."""
    problems: list[AuditProblem] = []
    transitions = await _chain(connection, schema.transitions, TRANSITION_FIELDS, noted, problems)
    audits = await _chain(connection, schema.audit, AUDIT_FIELDS, audit_noted, problems)
    batches = await _batches(connection, problems)
    await _digests(connection, problems)
    return AuditReport(
        transitions,
        audits,
        batches,
        await read_head(connection, schema.transitions.name),
        await read_head(connection, schema.audit.name),
        tuple(problems[:_MOST_PROBLEMS]),
    )


async def _chain(
    connection: AsyncConnection,
    table: Table,
    fields: tuple[str, ...],
    noted: ChainHead | None,
    problems: list[AuditProblem],
) -> int:
    seq, before, rows = 0, genesis_hash(table.name), 0

    def wrong(row: object, what: str) -> None:
        problems.append(AuditProblem(table.name, str(row), what))

    async for cells in _rows(connection, table):
        rows += 1
        if cells["seq"] != seq + 1:
            missing = f"{seq + 1}" if cells["seq"] == seq + 2 else f"{seq + 1}-{cells['seq'] - 1}"
            wrong(missing, "was removed")
        elif cells["hash"] != hash_row(before, [cells["seq"], *(cells[field] for field in fields)]):
            wrong(
                cells["seq"],
                "does not follow from the row before: it was edited, put here from elsewhere, "
                f"or row {seq} was rewritten",
            )
        seq, before = cells["seq"], cells["hash"]
        if noted and noted[0] == seq and noted[1] != before:
            wrong(seq, "is another one than the head that was noted elsewhere")
    last = await read_head(connection, table.name)
    if (seq, before) != last:
        wrong(
            last[0],
            "was the last row when it was written and is not now: rows after "
            f"{min(seq, last[0])} were removed, or the last was rewritten",
        )
    if noted and noted[0] > seq:
        wrong(noted[0], "was noted elsewhere as the head, and was removed")
    return rows


async def _batches(connection: AsyncConnection, problems: list[AuditProblem]) -> int:
    batches = schema.batches
    found = await connection.execute(
        select(batches.c.number, batches.c.count, batches.c.at).order_by(batches.c.number)
    )
    known = found.mappings().all()
    for cells in known:
        await _refold(connection, cells, problems)
    for table in (schema.transitions, schema.spans):
        strays = await connection.execute(
            select(table.c.batch).where(table.c.batch.not_in(select(batches.c.number))).distinct()
        )
        problems += [
            AuditProblem("batches", str(batch), f"was removed, its {table.name} are still here")
            for (batch,) in strays
        ]
    return len(known)


async def _refold(
    connection: AsyncConnection, batch: RowMapping, problems: list[AuditProblem]
) -> None:
    number, count = batch["number"], batch["count"]
    spans = issue_spans(number, count, batch["at"])
    transitions = schema.transitions
    happened = await connection.stream(
        select(transitions).where(transitions.c.batch == number).order_by(transitions.c.seq)
    )
    async for cells in happened.mappings():
        lo, hi = cells["lo"], cells["hi"]
        if not 0 <= lo < hi <= count:
            what = f"transitions the stamps {lo}-{hi - 1}, batch {number} has {count}"
            problems.append(AuditProblem("transitions", str(cells["seq"]), what))
            continue
        # Only the spans that touch the run, as the ledger itself did when the transition was made.
        first = bisect_left(spans, lo, key=lambda span: span.hi)
        last = bisect_right(spans, hi, key=lambda span: span.lo)
        recorded = RangeTransition(
            batch=number,
            lo=lo,
            hi=hi,
            transition=Transition(cells["transition"]),
            reason=cells["reason"],
            lot=cells["lot"],
        )
        try:
            spans[first:last] = fold_transition(spans[first:last], recorded, at=cells["at"])
        except TransitionConflict as refusal:
            what = f"could not have been made: {refusal}"
            problems.append(AuditProblem("transitions", str(cells["seq"]), what))
    found = await connection.execute(
        select(schema.spans).where(schema.spans.c.batch == number).order_by(schema.spans.c.lo)
    )
    stored = [span_from_row(cells) for cells in found.mappings()]
    problems += _differences(number, count, stored, spans)


def _differences(
    number: int, count: int, stored: list[Span], due: list[Span]
) -> list[AuditProblem]:
    if stored == due:
        return []
    amiss = find_flaw(stored, count)
    if amiss:
        return [AuditProblem("spans", f"of batch {number}", amiss)]
    expected = set(due)
    return [
        AuditProblem(
            "spans",
            f"{number}·{span.lo}-{span.hi - 1}",
            f"does not follow from the transitions: {span.state}, lot {span.lot}",
        )
        for span in stored
        if span not in expected
    ]


async def _digests(connection: AsyncConnection, problems: list[AuditProblem]) -> None:
    noted: dict[str, str] = {}
    async for cells in _rows(connection, schema.audit):
        if cells["subject"].partition(":")[0] in _DIGESTED:
            digest = _noted_digest(cells["details"])
            if digest is not None:
                noted[cells["subject"]] = digest
    for name, table in _DIGESTED.items():
        key = table.primary_key.columns[0]
        rows = await connection.stream(select(table).order_by(key))
        async for cells in rows.mappings():
            was = noted.pop(f"{name}:{cells[key.name]}", None)
            if was is None:
                problems.append(
                    AuditProblem(name, str(cells[key.name]), "was never in the audit log")
                )
            elif was != digest_row(cells):
                problems.append(AuditProblem(name, str(cells[key.name]), "was edited"))
    for subject in noted:
        name, _, row = subject.partition(":")
        problems.append(AuditProblem(name, row, "was removed"))


def _noted_digest(details: str) -> str | None:
    try:
        digest: Any = json.loads(details).get("sha256")
    except (ValueError, AttributeError):
        return None  # an edited line; the chain names it
    return digest if isinstance(digest, str) else None


async def _rows(connection: AsyncConnection, table: Table) -> AsyncIterator[RowMapping]:
    seq = -1
    while True:
        found = await connection.execute(
            select(table).where(table.c.seq > seq).order_by(table.c.seq).limit(_PAGE)
        )
        page = found.mappings().all()
        for cells in page:
            yield cells
        if len(page) < _PAGE:
            return
        seq = page[-1]["seq"]
