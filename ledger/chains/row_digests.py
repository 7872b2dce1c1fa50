"""Digests of rows that people decide on, as `record_row_change` notes them in the audit log.

A role that may not read all columns of a table (ops/postgres/roles.sql: the auditor sees no
secrets) is given the digests by the database, over the same canonical JSON.
"""

from collections.abc import AsyncIterator

from sqlalchemy import Table, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.chains.chained_rows import digest_row


async def iterate_digests(
    connection: AsyncConnection, table: Table
) -> AsyncIterator[tuple[object, str]]:
    """Iterate over key and digest of each row of a table."""
    (key,) = table.primary_key.columns
    if await _is_readable(connection, table):
        rows = await connection.stream(select(table).order_by(key))
        async for row in rows.mappings():
            yield row[key.name], digest_row(row)
        return
    query = text("SELECT id, sha256 FROM veritem_row_digests(:name) ORDER BY id")
    async for id_, sha256 in await connection.stream(query, {"name": table.name}):
        yield id_, sha256


async def _is_readable(connection: AsyncConnection, table: Table) -> bool:
    if connection.dialect.name == "sqlite":
        return True
    allowed = text("SELECT has_table_privilege(:name, 'SELECT')")
    return bool(await connection.scalar(allowed, {"name": table.name}))
