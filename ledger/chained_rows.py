"""Writing history: rows that get the next number and the hash over the row before.

Both chains (`transitions` and `audit`) are written only inside `Store.write()`, so numbers have no gaps
and the head is always the last row. `record_audit` is how every decision gets into the audit log; the
digest of the row that it made or changed lets `audit.verify` notice rows edited behind our back.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import RowMapping, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.hash_chain import Field, digest_json, genesis_hash, hash_row, to_canonical_json

TRANSITION_FIELDS: Final = (
    *("batch", "lo", "hi", "transition", "lot", "reason"),
    *("actor", "at", "key", "part", "request"),
)
AUDIT_FIELDS: Final = ("at", "actor", "action", "subject", "details")

Values = Mapping[str, Field]


async def read_head(connection: AsyncConnection, chain: str) -> tuple[int, str]:
    """The number and hash of the chain's last row; `(0, genesis)` before the first."""
    heads = schema.chain_heads
    found = await connection.execute(select(heads.c.seq, heads.c.hash).where(heads.c.name == chain))
    row = found.one_or_none()
    return (row.seq, row.hash) if row else (0, genesis_hash(chain))


async def append_row(
    connection: AsyncConnection, table: Table, fields: tuple[str, ...], values: Values
) -> tuple[int, str]:
    """Append one row to the chain of `table`; answers its number and hash."""
    heads, name = schema.chain_heads, table.name
    last, previous = await read_head(connection, name)
    seq = last + 1
    sealed = hash_row(previous, [seq, *(values[field] for field in fields)])
    await connection.execute(insert(table).values(seq=seq, hash=sealed, **values))
    if last:
        await connection.execute(
            update(heads).where(heads.c.name == name).values(seq=seq, hash=sealed)
        )
    else:
        await connection.execute(insert(heads).values(name=name, seq=seq, hash=sealed))
    return seq, sealed


async def record_audit(
    connection: AsyncConnection,
    *,
    at: int,
    actor: str,
    action: str,
    subject: str,
    details: Mapping[str, Any],
) -> int:
    """Write one line of the audit log inside the caller's transaction; answers its number."""
    values: dict[str, Field] = {
        "at": at,
        "actor": actor,
        "action": action,
        "subject": subject,
        "details": to_canonical_json(details),
    }
    seq, _ = await append_row(connection, schema.audit, AUDIT_FIELDS, values)
    return seq


async def record_row_change(
    connection: AsyncConnection, table: Table, id_: Any, *, at: int, actor: str, action: str
) -> None:
    """Record that a row was made or changed, with the digest of how it stands now."""
    key = table.primary_key.columns[0]
    found = await connection.execute(select(table).where(key == id_))
    await record_audit(
        connection,
        at=at,
        actor=actor,
        action=action,
        subject=f"{table.name}:{id_}",
        details={"sha256": digest_row(found.mappings().one())},
    )


def digest_row(row: RowMapping) -> str:
    """The digest of what a row says: empty cells are left out.

    So a step of the schema that adds a column does not make every older row look edited.
    """
    return digest_json(
        {
            name: cell.hex() if isinstance(cell, bytes) else cell
            for name, cell in row.items()
            if cell is not None
        }
    )
