"""Chained rows: append to `transitions` and `audit` with number and hash.

Both chains are written only inside `Store.write()`, so numbers have no gaps and the head is the
last row; triggers refuse anything else (`ledger.migrations.guards`). `record_audit` puts a decision
into the audit log. `record_row_change` adds the digest of the row that the decision made or
changed; `Audit.verify` compares it with the row.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import RowMapping, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.hash_chain import (
    ChainHead,
    Field,
    digest_json,
    genesis_hash,
    hash_row,
    to_canonical_json,
)
from ledger.storage.row_lists import split_parts
from ledger.storage.store import SYSTEM_USER

TRANSITION_FIELDS: Final = (
    "batch",
    "lo",
    "hi",
    "transition",
    "lot",
    "reason",
    "actor",
    "at",
    "key",
    "part",
    "request",
    "acted_at",
)
AUDIT_FIELDS: Final = ("at", "actor", "action", "subject", "details")

_LATER_FIELDS: Final = frozenset({"acted_at"})
"""Fields that older rows do not have: they are hashed where they are set, so older hashes hold."""

Values = Mapping[str, Field]
_PAGE: Final = 2000
_KEYS: Final = 500
"""Rows named in one statement."""


def list_hashed(fields: tuple[str, ...], row: Mapping[str, Any] | RowMapping) -> list[Any]:
    """The values of a chained row that its hash is over, after its number."""
    return [row[field] for field in fields if field not in _LATER_FIELDS or row[field] is not None]


async def iterate_chain(
    connection: AsyncConnection, table: Table, after: int = -1
) -> AsyncIterator[RowMapping]:
    """Iterate over the rows of a chain after a number, in their order, a page at a time."""
    while True:
        found = await connection.execute(
            select(table).where(table.c.seq > after).order_by(table.c.seq).limit(_PAGE)
        )
        page = found.mappings().all()
        for row in page:
            yield row
        if len(page) < _PAGE:
            return
        after = page[-1]["seq"]


async def read_head(connection: AsyncConnection, chain: str) -> ChainHead:
    """Return number and hash of the chain's last row; `(0, genesis)` before the first."""
    heads = schema.chain_heads
    found = await connection.execute(select(heads.c.seq, heads.c.hash).where(heads.c.name == chain))
    row = found.one_or_none()
    return (row.seq, row.hash) if row else (0, genesis_hash(chain))


async def append_row(
    connection: AsyncConnection, table: Table, fields: tuple[str, ...], values: Values
) -> tuple[int, str]:
    """Append one row to the chain of `table`; return its number and hash."""
    (appended,) = await append_rows(connection, table, fields, [values])
    return appended


async def append_rows(
    connection: AsyncConnection, table: Table, fields: tuple[str, ...], rows: Sequence[Values]
) -> list[tuple[int, str]]:
    """Append rows to the chain of `table`, in their order; return their numbers and hashes."""
    if not rows:
        return []
    heads, name = schema.chain_heads, table.name
    head = await read_head(connection, name)
    # A head that was set back must not stop a recall: the next row follows the last one there is.
    # One that is ahead stays: it shows that rows were removed.
    row = await _read_last_row(connection, table)
    last, row_hash = row if row and row[0] >= head[0] else head
    appended = []
    for seq, values in enumerate(rows, last + 1):
        row_hash = hash_row(row_hash, [seq, *list_hashed(fields, values)])
        appended.append((seq, row_hash))
    await connection.execute(
        insert(table),
        [
            {"seq": seq, "hash": row_hash, **values}
            for (seq, row_hash), values in zip(appended, rows, strict=True)
        ],
    )
    new = dict(zip(("seq", "hash"), appended[-1], strict=True))
    moved = await connection.execute(update(heads).where(heads.c.name == name).values(new))
    if not moved.rowcount:
        await connection.execute(insert(heads).values(name=name, **new))
    return appended


def get_system_user(connection: AsyncConnection) -> str | None:
    """The operating system's user of the writing command; None for a service."""
    options = (
        connection.sync_connection.get_execution_options() if connection.sync_connection else {}
    )
    user: str | None = options.get(SYSTEM_USER)
    return user


async def _read_last_row(connection: AsyncConnection, table: Table) -> tuple[int, str] | None:
    query = select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)
    found = (await connection.execute(query)).one_or_none()
    return (found.seq, found.hash) if found else None


async def record_audit(
    connection: AsyncConnection,
    *,
    at: int,
    actor: str,
    action: str,
    subject: str,
    details: Mapping[str, Any],
) -> int:
    """Append an audit entry inside the caller's transaction; return its number.

    Its details name the operating system's user where the store has one (the command line).
    """
    system_user = get_system_user(connection)
    if system_user is not None:
        details = {**details, "system_user": system_user}
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
    connection: AsyncConnection,
    table: Table,
    id_: Any,
    *,
    at: int,
    actor: str,
    action: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Record in the audit log that a row was made or changed, with its present digest.

    `details` are recorded beside the digest.
    """
    key = table.primary_key.columns[0]
    found = await connection.execute(select(table).where(key == id_))
    await record_audit(
        connection,
        at=at,
        actor=actor,
        action=action,
        subject=f"{table.name}:{id_}",
        details={**(details or {}), "sha256": digest_row(found.mappings().one())},
    )


async def record_row_changes(
    connection: AsyncConnection,
    table: Table,
    details: Mapping[str, Mapping[str, Any]],
    *,
    at: int,
    actor: str,
    action: str,
) -> None:
    """Record that rows were made or changed, as `record_row_change` does, many at a time.

    `details` are those of each row, by its key.
    """
    key, ids = table.primary_key.columns[0], list(details)
    system_user = get_system_user(connection)
    told = {} if system_user is None else {"system_user": system_user}
    entries: list[Values] = []
    for part in split_parts(ids, _KEYS):
        found = await connection.execute(select(table).where(key.in_(part)))
        digests = {row[key.name]: digest_row(row) for row in found.mappings()}
        entries += [
            {
                "at": at,
                "actor": actor,
                "action": action,
                "subject": f"{table.name}:{id_}",
                "details": to_canonical_json({**details[id_], "sha256": digests[id_], **told}),
            }
            for id_ in part
        ]
    await append_rows(connection, schema.audit, AUDIT_FIELDS, entries)


def digest_row(row: RowMapping | Mapping[str, Any]) -> str:
    """Return the digest of a row without its empty cells.

    A migration that adds a column leaves the digests of older rows as they were.
    """
    return digest_json(
        {
            name: cell.hex() if isinstance(cell, bytes) else cell
            for name, cell in row.items()
            if cell is not None
        }
    )
