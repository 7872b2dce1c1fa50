"""Numbered rows: how far a chain, or a table whose ids the one writer gives, reaches."""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import read_head

NUMBERED_TABLES: Final = ("alerts", "alert_levels", "mentions")
"""Tables that are no chains and whose ids grow in the order in which they become visible."""


async def read_end(connection: AsyncConnection, source: str) -> int:
    """Return the number of the last row of a chain or numbered table; 0 before the first."""
    if source in NUMBERED_TABLES:
        table = schema.metadata.tables[source]
        return await connection.scalar(select(func.max(table.c.id))) or 0
    return (await read_head(connection, source))[0]
