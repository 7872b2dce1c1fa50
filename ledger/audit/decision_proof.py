"""Acts of proposals: each recall and material correction is what two accounts decided, whole.

The content is compared, not only the subject: a recall of fewer stamps than were decided is named
as one of more is. `ledger.audit.decision_log` says which proposals count.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.audit.audit_problem import AuditProblem
from ledger.audit.decision_log import DecisionLog
from ledger.lots.lot_changes import LOT_CHANGE
from ledger.lots.lot_versions import LOT_CONTENT
from ledger.proposals.proposal import Proposal
from ledger.stamps.recalls import RecallTarget, plan_recall
from stamps.lifecycle import Transition
from stamps.spans import Span, plan_transition

_RECALL: Final = "recall"
_KEY: Final = re.compile(r"proposal:([0-9]{1,18})")
_VOUCHED_COLUMNS: Final = ("product", "packing_house", "packed_at", "expires_at")
_VOUCHED_PARTS: Final = ("producer", "growing_area", "farming_area", "details", "shelf_life_days")
"""Parts of a lot that stamps vouch for; their change is material (`ledger.migrations.guards`)."""
_CLOCK_DIFFERENCE_MS: Final = 600_000
"""Two services' clocks may differ by as much."""


class RecallProof:
    """Compares recalls with the proposals that they name, batch by batch."""

    def __init__(self, log: DecisionLog) -> None:
        self._log = log
        self._due: dict[tuple[int, int], list[tuple[int, int]]] = {}
        """Ranges that a proposal recalls and no transition has yet, by proposal and batch."""
        self._lots = {
            lot
            for proposal in log.list_approved(_RECALL)
            if proposal.used_at is not None
            for lot in RecallTarget.from_document(proposal.document).list_lots()
        }

    def check(self, row: RowMapping, spans: Sequence[Span]) -> str | None:
        """Return what is wrong with a recall; `spans` are those of its batch before it."""
        if row["transition"] != Transition.RECALL or row["seq"] <= self._log.transitions_before:
            return None
        named = _KEY.fullmatch(row["key"])
        proposal = self._log.find_approved(int(named[1]), _RECALL) if named else None
        if proposal is None:
            return "is a recall that no two accounts decided"
        key = proposal.id, row["batch"]
        if key not in self._due:
            self._due[key] = _plan(proposal, row["batch"], spans)
        if (row["lo"], row["hi"]) not in self._due[key]:
            return f"recalls other stamps than proposal {proposal.id} names"
        self._due[key].remove((row["lo"], row["hi"]))
        return None

    def finish_batch(self, batch: int, spans: Sequence[Span]) -> list[AuditProblem]:
        """Report stamps of a batch that should have been recalled and were not."""
        missing = [
            (f"proposal {proposal}", lo, hi)
            for (proposal, number), due in self._due.items()
            if number == batch
            for lo, hi in due
        ] + [
            ("the recall of their lot", one.lo, one.hi)
            for one in plan_transition((s for s in spans if s.lot in self._lots), Transition.RECALL)
        ]
        return [
            AuditProblem("spans", f"{batch}·{lo}-{hi - 1}", f"were not recalled by {what}")
            for what, lo, hi in missing
        ]

    async def finish(self, connection: AsyncConnection) -> list[AuditProblem]:
        """Report decided recalls of which nothing is left."""
        lots = schema.lots
        found = await connection.scalars(select(lots.c.code).where(lots.c.recalled_at.is_not(None)))
        recalled = set(found)
        gone = []
        for proposal in self._log.list_approved(_RECALL):
            target = RecallTarget.from_document(proposal.document)
            batches = {batch for batch, _, _ in target.ranges}
            if target.batch is not None:
                batches.add(target.batch)
            # Of a carton or a trace, stamps that were recalled before stay: some of its batches
            # have no act, and if its lots have stamps left, all.
            is_gone = any if target.is_exact or target.batch is not None else all
            if target.traced is not None and target.lots:
                batches = set()
            if proposal.used_at is not None and (
                (batches and is_gone((proposal.id, batch) not in self._due for batch in batches))
                or not recalled.issuperset(target.list_lots())
            ):
                gone.append(AuditProblem("proposals", str(proposal.id), "its recall was removed"))
        return gone


def _plan(proposal: Proposal, batch: int, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """The ranges of a batch that a proposal recalls, as `ledger.stamps.recalls` plans them."""
    target = RecallTarget.from_document(proposal.document)
    if target.is_exact:
        return [(lo, hi) for number, lo, hi in target.ranges if number == batch]
    if target.batch not in (None, batch):
        return []
    own = replace(target, ranges=tuple(one for one in target.ranges if one[0] == batch))
    return [(one.lo, one.hi) for one in plan_recall(own, spans)]


class CorrectionProof:
    """Compares versions of lots with the proposals that two accounts decided."""

    def __init__(self, log: DecisionLog, bound_at: Mapping[str, int]) -> None:
        self._changes: dict[str, list[Proposal]] = {}
        for proposal in log.list_approved(LOT_CHANGE):
            self._changes.setdefault(str(proposal.document.get("lot")), []).append(proposal)
        self._bound_at = bound_at

    def check(self, row: RowMapping, before: RowMapping | None) -> str | None:
        """Return what is wrong with a version that follows another."""
        if not row["is_correction"]:
            bound_at = self._bound_at.get(row["lot"])
            if before is None or bound_at is None:
                return None
            is_late = row["at"] > bound_at + _CLOCK_DIFFERENCE_MS
            return "was saved as if no stamps were bound to the lot" if is_late else None
        if not row["is_material"] and (before is None or not _changes_vouched(before, row)):
            return None
        if any(_is_decided(proposal, row) for proposal in self._changes.get(row["lot"], ())):
            return None
        return "is a material correction that no two accounts decided"


async def make_correction_proof(connection: AsyncConnection, log: DecisionLog) -> CorrectionProof:
    """Make the proof, with the time at which stamps were first bound to each lot."""
    table = schema.transitions
    query = select(table.c.lot, func.min(table.c.at).label("at")).group_by(table.c.lot)
    rows = await connection.execute(query.where(table.c.lot.is_not(None)))
    return CorrectionProof(log, {row.lot: row.at for row in rows})


def _changes_vouched(before: RowMapping, row: RowMapping) -> bool:
    old, new = json.loads(before["document"]), json.loads(row["document"])
    return any(before[name] != row[name] for name in _VOUCHED_COLUMNS) or any(
        old.get(name) != new.get(name) for name in _VOUCHED_PARTS
    )


def _is_decided(proposal: Proposal, row: RowMapping) -> bool:
    """Whether a proposal is about exactly this version."""
    asked = proposal.document
    content: Mapping[str, Any] = asked.get("content", {})
    return (
        (asked.get("lot"), asked.get("base"), asked.get("note"), asked.get("changed"))
        == (row["lot"], row["version"] - 1, row["note"], json.loads(row["changed"]))
        and (proposal.reason, proposal.requested_by, proposal.decided_by)
        == (row["reason"], row["actor"], row["confirmed_by"])
        and all(
            content.get(name) == (json.loads(row[name]) if name in _JSON else row[name])
            for name in LOT_CONTENT
            if name != "organisation"  # a lot keeps its first owner whatever is proposed
        )
    )


_JSON: Final = ("document", "missing")
