"""The audit log: who decided what, chained, and the proof that history is as it was written."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, select

from ledger import schema
from ledger.chained_rows import read_head, record_audit
from ledger.store import Store, uncancellable
from ledger.verify import AuditReport, ChainHead, verify_history


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the log. `subject` is `table:name` where it is about a row of the ledger."""

    seq: int
    at: int
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any]
    hash: str


class Audit:
    """The audit log of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def append(
        self,
        *,
        actor: str,
        action: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
        at: int | None = None,
    ) -> int:
        """Write one line (a key was rotated, an inspector looked somebody up …)."""
        async with self._store.write() as connection:
            return await record_audit(
                connection,
                at=self._clock() if at is None else at,
                actor=actor,
                action=action,
                subject=subject,
                details=details or {},
            )

    async def list_after(self, seq: int = 0, limit: int = 1000) -> list[AuditEntry]:
        """The lines after number `seq`, in order."""
        audit = schema.audit
        asked = select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(limit)
        async with self._store.read() as connection:
            return [_entry(cells) for cells in (await connection.execute(asked)).mappings()]

    async def get_head(self) -> ChainHead:
        """The number and hash of the last line; write it down elsewhere."""
        async with self._store.read() as connection:
            return await read_head(connection, schema.audit.name)

    async def verify(
        self, head: ChainHead | None = None, *, audit_head: ChainHead | None = None
    ) -> AuditReport:
        """Recompute both chains, fold all transitions again, and name every row that does not agree.

        `head` is an earlier answer of `Ledger.transitions.head()`, `audit_head` one of `head()` here:
        who can rewrite the whole database can not rewrite what was written down elsewhere.
        """
        async with self._store.read() as connection:
            return await verify_history(connection, head, audit_head)


def _entry(cells: RowMapping) -> AuditEntry:
    return AuditEntry(**{**cells, "details": json.loads(cells["details"])})
