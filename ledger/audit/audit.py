"""The audit log: a hash chain of who decided what, and the verification of all history."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, select

from ledger import schema
from ledger.audit.audit_verification import AuditReport, NotedHeads, verify_history
from ledger.audit.head_statement import HeadStatement
from ledger.chains.chained_rows import read_head, record_audit
from ledger.chains.hash_chain import ChainHead
from ledger.errors import UnknownRow
from ledger.storage.store import Store, uncancellable
from stamps.timestamps import format_rfc3339


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of the log. `subject` is `table:key` for an entry about a row of the ledger."""

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
        """Append one entry (a key was rotated, an inspector looked a stamp up …)."""
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
        """Return the entries after number `seq`, in order."""
        audit = schema.audit
        query = select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(limit)
        async with self._store.read() as connection:
            return [_entry(row) for row in (await connection.execute(query)).mappings()]

    async def list_of_subject(
        self, subject: str, *, action: str | None = None, before: int | None = None, limit: int
    ) -> list[AuditEntry]:
        """Return at most `limit` entries about a subject, the newest first, below `before`."""
        audit = schema.audit
        query = select(audit).where(audit.c.subject == subject)
        if action is not None:
            query = query.where(audit.c.action == action)
        if before is not None:
            query = query.where(audit.c.seq < before)
        query = query.order_by(audit.c.seq.desc()).limit(limit)
        async with self._store.read() as connection:
            return [_entry(row) for row in (await connection.execute(query)).mappings()]

    async def get(self, seq: int) -> AuditEntry:
        """Return the entry of this number. Raises `UnknownRow`."""
        query = select(schema.audit).where(schema.audit.c.seq == seq)
        async with self._store.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise UnknownRow(kind="audit entry", id=str(seq))
        return _entry(row)

    async def find_last(self, action: str) -> AuditEntry | None:
        """Return the last entry of an action; None if there is none."""
        audit = schema.audit
        query = select(audit).where(audit.c.action == action).order_by(audit.c.seq.desc()).limit(1)
        async with self._store.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            return None if row is None else _entry(row)

    async def get_head(self) -> ChainHead:
        """Return the number and hash of the last entry, for a note outside of the ledger."""
        async with self._store.read() as connection:
            return await read_head(connection, schema.audit.name)

    async def verify(
        self,
        head: ChainHead | None = None,
        *,
        audit_head: ChainHead | None = None,
        signed: Sequence[HeadStatement] = (),
    ) -> AuditReport:
        """Recompute both chains, fold all transitions again, and report each row that differs.

        `head` is an earlier result of `Transitions.get_head`, `audit_head` one of `get_head` here,
        and `signed` are verified statements in force: whoever rewrites the whole database cannot
        rewrite what is kept outside of it.
        """
        noted = NotedHeads()
        for chain, known in ((schema.transitions.name, head), (schema.audit.name, audit_head)):
            if known:
                noted.add(chain, known, "noted elsewhere")
        for statement in signed:
            for chain, known in statement.heads.items():
                noted.add(chain, known, f"signed at {format_rfc3339(statement.at)}")
        async with self._store.read() as connection:
            return await verify_history(connection, noted)


def _entry(row: RowMapping) -> AuditEntry:
    return AuditEntry(**{**row, "details": json.loads(row["details"])})
