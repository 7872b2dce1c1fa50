"""Entries of a migration in the audit log, so that a ledger that was upgraded still verifies."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ledger.chains.hash_chain import genesis_hash, hash_row, to_canonical_json

_FIELDS = ("at", "actor", "action", "subject", "details")


def read_head(bind: sa.Connection, chain: str) -> tuple[int, str]:
    """Return number and hash of the last row of a chain; `(0, genesis)` before the first."""
    query = sa.text("SELECT seq, hash FROM chain_heads WHERE name = :name")
    row = bind.execute(query, {"name": chain}).one_or_none()
    return (row.seq, row.hash) if row else (0, genesis_hash(chain))


def append_entries(
    bind: sa.Connection, actor: str, action: str, details: Sequence[tuple[str, Mapping[str, Any]]]
) -> None:
    """Append an entry for each pair of subject and details."""
    if not details:
        return
    now, (first, head), entries = time.time_ns() // 1_000_000, read_head(bind, "audit"), []
    for seq, (subject, told) in enumerate(details, first + 1):
        entry: dict[str, Any] = {
            "at": now,
            "actor": actor,
            "action": action,
            "subject": subject,
            "details": to_canonical_json(told),
        }
        head = hash_row(head, [seq, *(entry[name] for name in _FIELDS)])
        entries.append({"seq": seq, "hash": head, **entry})
    audit = sa.table("audit", *(sa.column(name) for name in ("seq", "hash", *_FIELDS)))
    bind.execute(sa.insert(audit), entries)
    heads = sa.table("chain_heads", *(sa.column(name) for name in ("name", "seq", "hash")))
    values = {"seq": entries[-1]["seq"], "hash": head}
    if first:
        bind.execute(sa.update(heads).where(heads.c.name == "audit").values(values))
    else:
        bind.execute(sa.insert(heads).values(name="audit", **values))
