"""Rows of transitions: applied to the spans and appended to the chain in the writer's transaction.

`ledger.stamps.transitions` and `ledger.stamps.recalls` open the transaction and say what is planned
in it.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.batches.product_days import count_activated
from ledger.chains.chained_rows import TRANSITION_FIELDS, append_rows, get_system_user, record_audit
from ledger.chains.hash_chain import digest_json
from ledger.errors import KeyReused
from ledger.stamps.span_changes import fold_into_spans
from stamps.lifecycle import Transition
from stamps.spans import RangeTransition


@dataclass(frozen=True, slots=True)
class RecordedTransition:
    """One recorded transition of the stamps `[lo, hi)` of a batch. `at` is milliseconds, UTC."""

    seq: int
    batch: int
    lo: int
    hi: int
    transition: Transition
    at: int
    actor: str
    reason: str | None
    lot: str | None
    key: str
    hash: str
    """SHA-256 over this row and the hash of the one before, 64 hexadecimal digits."""
    acted_at: int | None = None
    """When an activation was done, if it was recorded later."""
    repeated: bool = False
    """True when the idempotency key was used before; this is the first result again."""


Plan = Callable[[AsyncConnection], Awaitable[Sequence[RangeTransition]]]
"""Reads what it must inside the writer's transaction and returns the transitions to apply."""


async def apply_plan(
    connection: AsyncConnection,
    plan: Plan,
    request: Mapping[str, Any],
    *,
    actor: str,
    key: str,
    at: int,
) -> list[RecordedTransition]:
    """Apply what `plan` returns, inside the writer's transaction; `key` as in `apply`."""
    request_digest = digest_json({**request, "actor": actor})
    before = await _select_by_key(connection, key, request_digest)
    if before is not None:
        return before
    requested = await plan(connection)
    await fold_into_spans(connection, requested, at)
    rows = [
        {
            **asdict(one),
            "transition": str(one.transition),
            "actor": actor,
            "at": at,
            "key": key,
            "part": part,
            "request": request_digest,
        }
        for part, one in enumerate(requested)
    ]
    chained = await append_rows(connection, schema.transitions, TRANSITION_FIELDS, rows)
    recorded = [
        RecordedTransition(seq=seq, **asdict(one), actor=actor, at=at, key=key, hash=row_hash)
        for one, (seq, row_hash) in zip(requested, chained, strict=True)
    ]
    activated = [
        (one.batch, one.hi - one.lo) for one in requested if one.transition is Transition.ACTIVATE
    ]
    if not recorded:
        await _record_empty_request(connection, key, request_digest, actor, at)
    elif get_system_user(connection) is not None:
        # The row of a transition has no place for the operating system's user.
        subject = f"transitions:{recorded[0].seq}"
        await record_audit(
            connection, at=at, actor=actor, action="transition", subject=subject, details={}
        )
    await count_activated(connection, activated, at)
    return recorded


async def _select_by_key(
    connection: AsyncConnection, key: str, request_digest: str
) -> list[RecordedTransition] | None:
    """Return what this idempotency key recorded before; None for a new key. Raises `KeyReused`."""
    transitions = schema.transitions
    query = select(transitions).where(transitions.c.key == key).order_by(transitions.c.part)
    rows = (await connection.execute(query)).mappings().all()
    known = {row["request"] for row in rows} or await _select_empty_request(connection, key)
    if not known:
        return None
    if known != {request_digest}:
        raise KeyReused(key=key)
    return [read_transition(row, repeated=True) for row in rows]


async def _record_empty_request(
    connection: AsyncConnection, key: str, request_digest: str, actor: str, at: int
) -> None:
    """Note the key of an accepted request without transitions, so that a repetition finds it."""
    await record_audit(
        connection,
        at=at,
        actor=actor,
        action="transitions.none",
        subject=_request_subject(key),
        details={"request": request_digest},
    )


async def _select_empty_request(connection: AsyncConnection, key: str) -> set[str]:
    """Return the digest of the request without transitions that used this key; empty for none."""
    audit = schema.audit
    # Two queries: the resolver's role may read `seq` and `subject` alone.
    seq = await connection.scalar(
        select(audit.c.seq).where(audit.c.subject == _request_subject(key)).limit(1)
    )
    if seq is None:
        return set()
    details = await connection.scalar(select(audit.c.details).where(audit.c.seq == seq))
    return {json.loads(details or "{}")["request"]}


def _request_subject(key: str) -> str:
    return f"requests:{key}"


def read_transition(row: RowMapping, *, repeated: bool = False) -> RecordedTransition:
    """Return the transition in a row of the table `transitions`."""
    return RecordedTransition(
        seq=row["seq"],
        batch=row["batch"],
        lo=row["lo"],
        hi=row["hi"],
        transition=Transition(row["transition"]),
        at=row["at"],
        actor=row["actor"],
        reason=row["reason"],
        lot=row["lot"],
        key=row["key"],
        hash=row["hash"],
        acted_at=row["acted_at"],
        repeated=repeated,
    )
