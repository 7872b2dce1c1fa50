"""Verification of the ledger: its hash chains are intact, and spans follow from transitions.

Eight checks run in one reading transaction:

1. Each chain (`transitions`, `audit`) has numbers without gaps, each hash follows from its row and
   the hash before, and the last row is the stored head.
2. Heads that were noted or signed outside of the ledger are in the chains, if they are given.
3. All transitions, folded again batch by batch, give the stored spans.
4. Rows that people decide on (orders, batches, lots, organisations …) have the digest that the
   audit log recorded last.
5. Each lot's versions are chained, each as the audit log recorded it, and the lot is as its last
   version says.
6. The decisions in force on alerts are those that the audit log recorded last.
7. Each recall, material correction, role and order is what two accounts decided, in its content.
8. Acts of packing are as the audit log recorded them, and what is in cartons follows from them.

Any row of transitions or audit that was edited, removed, added or reordered is found, unless every
later hash was rewritten too; then only a head kept outside finds it. Scans are not chained: they
are append-only, and a lost scan is not found.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Final

from sqlalchemy import RowMapping, Table, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.alerts.decisions import DECIDE, DecisionRow, decision_from_row, parse_decision
from ledger.audit.audit_problem import AuditProblem, parse_details
from ledger.audit.carton_proof import verify_cartons
from ledger.audit.decision_log import DecisionLog, read_decision_log
from ledger.audit.decision_proof import RecallProof, make_correction_proof
from ledger.chains.chained_rows import (
    AUDIT_FIELDS,
    TRANSITION_FIELDS,
    iterate_chain,
    list_hashed,
    read_head,
)
from ledger.chains.hash_chain import ChainHead, genesis_hash, hash_row
from ledger.chains.row_digests import iterate_digests
from ledger.lots.lot_versions import SAVED_FIELDS, first_hash, hash_version
from ledger.stamps.span_changes import span_from_row
from stamps.lifecycle import Transition
from stamps.spans import (
    RangeTransition,
    Span,
    TransitionConflict,
    find_flaw,
    fold_transition,
    issue_spans,
)

_MOST_PROBLEMS: Final = 200

_DIGESTED: Final = {
    table.name: table
    for table in (
        schema.organisations,
        schema.products,
        schema.places,
        schema.registered_codes,
        schema.code_rules,
        schema.code_evidence,
        schema.orders,
        schema.batches,
        schema.lots,
        schema.lot_submissions,
        schema.lot_publications,
        schema.review_rules,
        schema.product_list_entries,
        schema.staff,
        schema.staff_tokens,
        schema.devices,
        schema.proposals,
    )
}


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Findings of `verify_history`, the counts of checked rows, and the heads to note outside."""

    transitions: int
    audits: int
    batches: int
    head: ChainHead
    audit_head: ChainHead
    problems: tuple[AuditProblem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


class NotedHeads:
    """Heads that are known from outside of the ledger, by chain and number."""

    def __init__(self) -> None:
        self._heads: dict[str, dict[int, dict[str, str]]] = {}

    def add(self, chain: str, head: ChainHead, source: str) -> None:
        """Add a head of a chain; `source` completes "the head that was …"."""
        self._heads.setdefault(chain, {}).setdefault(head[0], {}).setdefault(head[1], source)

    def list_wrong(self, chain: str, head: ChainHead) -> list[str]:
        """Return the sources that say that the row of this number has another hash."""
        noted = self._heads.get(chain, {}).get(head[0], {})
        return [source for row_hash, source in noted.items() if row_hash != head[1]]

    def find_beyond(self, chain: str, seq: int) -> tuple[int, str] | None:
        """Return number and source of the last head after `seq`; None if there is none."""
        last = max(self._heads.get(chain, {}), default=0)
        return (last, next(iter(self._heads[chain][last].values()))) if last > seq else None


async def verify_history(connection: AsyncConnection, noted: NotedHeads) -> AuditReport:
    """Check everything inside the caller's transaction; see the module."""
    problems = await _verify_engine(connection)
    transitions = await _verify_chain(
        connection, schema.transitions, TRANSITION_FIELDS, noted, problems
    )
    audits = await _verify_chain(connection, schema.audit, AUDIT_FIELDS, noted, problems)
    log = await read_decision_log(connection)
    problems += log.problems
    batches = await _verify_batches(connection, log, problems)
    await _verify_digests(connection, problems)
    await _verify_lot_versions(connection, log, problems)
    await _verify_decisions(connection, problems)
    problems += await verify_cartons(connection)
    return AuditReport(
        transitions=transitions,
        audits=audits,
        batches=batches,
        head=await read_head(connection, schema.transitions.name),
        audit_head=await read_head(connection, schema.audit.name),
        problems=tuple(problems[:_MOST_PROBLEMS]),
    )


async def _verify_engine(connection: AsyncConnection) -> list[AuditProblem]:
    """Ask SQLite whether its file is whole; on PostgreSQL that is the task of `pg_amcheck`."""
    if connection.dialect.name != "sqlite":
        return []
    found = await connection.execute(text(f"PRAGMA integrity_check({_MOST_PROBLEMS})"))
    said = [row for (row,) in found if row != "ok"]
    return [AuditProblem("database", "file", f"is damaged: {row}") for row in said]


async def _verify_chain(
    connection: AsyncConnection,
    table: Table,
    fields: tuple[str, ...],
    noted: NotedHeads,
    problems: list[AuditProblem],
) -> int:
    seq, before, rows = 0, genesis_hash(table.name), 0

    def report(row: object, what: str) -> None:
        problems.append(AuditProblem(table.name, str(row), what))

    async for row in iterate_chain(connection, table):
        rows += 1
        if row["seq"] != seq + 1:
            missing = f"{seq + 1}" if row["seq"] == seq + 2 else f"{seq + 1}-{row['seq'] - 1}"
            report(missing, "was removed")
        elif row["hash"] != hash_row(before, [row["seq"], *list_hashed(fields, row)]):
            report(
                row["seq"],
                "does not follow from the row before: it was edited or reordered, "
                f"or row {seq} was rewritten",
            )
        seq, before = row["seq"], row["hash"]
        for source in noted.list_wrong(table.name, (seq, before)):
            report(seq, f"is not the head that was {source}")
    last = await read_head(connection, table.name)
    if (seq, before) != last:
        report(
            last[0],
            "was the last row when it was written and is not now: rows after "
            f"{min(seq, last[0])} were removed, or the last was rewritten",
        )
    beyond = noted.find_beyond(table.name, seq)
    if beyond is not None:
        report(beyond[0], f"was {beyond[1]} as the head, and was removed")
    return rows


async def _verify_batches(
    connection: AsyncConnection, log: DecisionLog, problems: list[AuditProblem]
) -> int:
    batches, recalls = schema.batches, RecallProof(log)
    found = await connection.execute(
        select(batches.c.number, batches.c.count, batches.c.at).order_by(batches.c.number)
    )
    known = found.mappings().all()
    for row in known:
        await _verify_spans(connection, row, recalls, problems)
    problems += await recalls.finish(connection)
    for table in (schema.transitions, schema.spans):
        strays = await connection.execute(
            select(table.c.batch).where(table.c.batch.not_in(select(batches.c.number))).distinct()
        )
        problems += [
            AuditProblem("batches", str(batch), f"was removed, its {table.name} are still here")
            for (batch,) in strays
        ]
    return len(known)


async def _verify_spans(
    connection: AsyncConnection,
    batch: RowMapping,
    recalls: RecallProof,
    problems: list[AuditProblem],
) -> None:
    number, count = batch["number"], batch["count"]
    spans = issue_spans(number, count, batch["at"])
    transitions = schema.transitions
    recorded_rows = await connection.stream(
        select(transitions).where(transitions.c.batch == number).order_by(transitions.c.seq)
    )
    async for row in recorded_rows.mappings():
        lo, hi = row["lo"], row["hi"]
        if not 0 <= lo < hi <= count:
            what = f"changes the stamps {lo}-{hi - 1}, batch {number} has {count}"
            problems.append(AuditProblem("transitions", str(row["seq"]), what))
            continue
        undecided = recalls.check(row, spans)
        if undecided is not None:
            problems.append(AuditProblem("transitions", str(row["seq"]), undecided))
        # Only the spans that touch the range, as when the transition was recorded.
        first = bisect_left(spans, lo, key=lambda span: span.hi)
        last = bisect_right(spans, hi, key=lambda span: span.lo)
        recorded = RangeTransition(
            batch=number,
            lo=lo,
            hi=hi,
            transition=Transition(row["transition"]),
            reason=row["reason"],
            lot=row["lot"],
            acted_at=row["acted_at"],
        )
        try:
            spans[first:last] = fold_transition(spans[first:last], recorded, at=row["at"])
        except TransitionConflict as refusal:
            what = f"could not have been made: {refusal}"
            problems.append(AuditProblem("transitions", str(row["seq"]), what))
    found = await connection.execute(
        select(schema.spans).where(schema.spans.c.batch == number).order_by(schema.spans.c.lo)
    )
    stored = [span_from_row(row) for row in found.mappings()]
    problems += _compare_spans(number, count, stored, spans)
    problems += recalls.finish_batch(number, spans)


def _compare_spans(
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


async def _verify_digests(connection: AsyncConnection, problems: list[AuditProblem]) -> None:
    noted: dict[str, str] = {}
    async for row in iterate_chain(connection, schema.audit):
        if row["subject"].partition(":")[0] in _DIGESTED:
            digest = _parse_digest(row["details"])
            if digest is not None:
                noted[row["subject"]] = digest
    for name, table in _DIGESTED.items():
        async for key, digest in iterate_digests(connection, table):
            was = noted.pop(f"{name}:{key}", None)
            if was is None:
                problems.append(AuditProblem(name, str(key), "was never in the audit log"))
            elif was != digest:
                problems.append(AuditProblem(name, str(key), "was edited"))
    for subject in noted:
        name, _, key_text = subject.partition(":")
        problems.append(AuditProblem(name, key_text, "was removed"))


def _parse_digest(details: str) -> str | None:
    digest = parse_details(details).get("sha256")
    return digest if isinstance(digest, str) else None


async def _verify_lot_versions(
    connection: AsyncConnection, log: DecisionLog, problems: list[AuditProblem]
) -> None:
    """Compare each version with the version before, the audit entry of its save, and the lot.

    A material correction is also compared with what two people decided.
    """
    corrections = await make_correction_proof(connection, log)
    noted = await _list_noted_versions(connection)
    versions, lots = schema.lot_versions, schema.lots
    current = [lots.c[field].label(f"lot_{field}") for field in ("version", *SAVED_FIELDS)]
    rows = await connection.stream(
        select(versions, lots.c.code, *current)
        .join_from(versions, lots, lots.c.code == versions.c.lot, isouter=True)
        .order_by(versions.c.lot, versions.c.version)
    )
    before: RowMapping | None = None
    async for row in rows.mappings():
        code, number = row["lot"], row["version"]
        is_next = before is not None and before["lot"] == code
        previous = before["hash"] if before is not None and is_next else first_hash(code)
        expected = before["version"] + 1 if before is not None and is_next else number
        if number != expected or row["hash"] != hash_version(previous, dict(row)):
            what = "does not follow from the version before: it was edited, or one was removed"
            problems.append(AuditProblem("lot_versions", f"{code} {number}", what))
        if noted.pop((code, number), None) != row["hash"]:
            what = "is not as the audit log recorded it"
            problems.append(AuditProblem("lot_versions", f"{code} {number}", what))
        undecided = corrections.check(row, before if is_next else None)
        if undecided is not None:
            problems.append(AuditProblem("lot_versions", f"{code} {number}", undecided))
        if number == row["lot_version"] and any(
            row[field] != row[f"lot_{field}"] for field in SAVED_FIELDS
        ):
            problems.append(AuditProblem("lots", code, "is not as its last version says"))
        before = row
    for code, number in noted:
        problems.append(AuditProblem("lot_versions", f"{code} {number}", "was removed"))


async def _list_noted_versions(connection: AsyncConnection) -> dict[tuple[str, int], str]:
    """The hash of each version, by lot and number, as the audit log recorded it."""
    noted = {}
    audit, prefix = schema.audit, f"{schema.lots.name}:"
    entries = await connection.stream(
        select(audit).where(audit.c.subject.startswith(prefix, autoescape=True)).order_by("seq")
    )
    async for entry in entries.mappings():
        details = parse_details(entry["details"])
        if "version_hash" in details:
            code = entry["subject"].removeprefix(prefix)
            noted[code, details["version"]] = details["version_hash"]
    return noted


async def _verify_decisions(connection: AsyncConnection, problems: list[AuditProblem]) -> None:
    """Compare each decision in force with the last audit entry about its subject."""
    due: dict[str, DecisionRow] = {}
    rows = await connection.stream(
        select(schema.audit).where(schema.audit.c.action == DECIDE).order_by(schema.audit.c.seq)
    )
    async for row in rows.mappings():
        decision = parse_decision(row)
        if decision is not None:
            due[repr(decision.key)] = decision
    stored = await connection.stream(select(schema.decisions))
    async for row in stored.mappings():
        decision = decision_from_row(row)
        was = due.pop(repr(decision.key), None)
        if was is None:
            what = "was never in the audit log"
        elif was != decision:
            what = "was edited"
        else:
            continue
        problems.append(AuditProblem("decisions", f"on alert {decision.alert}", what))
    problems += [
        AuditProblem("decisions", f"on alert {decision.alert}", "was removed")
        for decision in due.values()
    ]
