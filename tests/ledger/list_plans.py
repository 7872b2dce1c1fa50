"""What a database does to answer a query: whether it reads or sorts a whole table."""

import re
from typing import Any

from sqlalchemy import Select, text
from sqlalchemy.ext.asyncio import AsyncConnection

_WHOLE = re.compile(r"SCAN (?!anon_)\w+$|Seq Scan")
"""A table that is read whole; `anon_…` is the list of values that the query itself gives."""
_FILTER = re.compile(r"SCAN \w+ USING (?!INDEX ix_lots_(incomplete|recalled))|Filter:")
"""An index that is read from its begin, with rows left out."""
_SORT = re.compile(r"USE TEMP B-TREE FOR (LAST \w+ OF |LAST TERM OF )?ORDER BY|Sort Key")


async def find_costs(
    connection: AsyncConnection, query: Select[Any], *, is_filtered: bool
) -> list[str]:
    """The steps of the plan that read or sort a whole table, or filter a whole index."""
    compiled = query.compile(
        dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
    )
    is_sqlite = connection.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
    if not is_sqlite:
        # On tables of a few rows PostgreSQL reads them all if it may.
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        await connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        await connection.execute(text("SET LOCAL enable_sort = off"))
        await connection.execute(text("SET LOCAL enable_incremental_sort = off"))
    values: Any = compiled.params
    if compiled.positiontup is not None:
        values = tuple(compiled.params[name] for name in compiled.positiontup)
    # With parameters, as it runs: some indexes serve only a condition that is written out.
    rows = await connection.exec_driver_sql(explain + str(compiled), values)
    steps = [str(row[-1]).strip() for row in rows]
    wrong = [_WHOLE, _SORT, *([_FILTER] if is_filtered else [])]
    return [step for step in steps if any(pattern.search(step) for pattern in wrong)]
