"""The generation of a ledger: which future of it a process works with.

A restore goes back to an old state, and another future begins. Whatever is kept outside of the
ledger and follows from it (scan histories, used tokens and the scan stream in Redis) belongs to one
generation and must not be mixed with another's. Each restore appends a row to `generations`, with
the next number and a random id; a copy has the rows of its ledger. A ledger that was never restored
has number 0 and an empty id.
"""

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.storage.storage_errors import StorageFailed

RESTORE_MARK: Final = "veritem_restore"
"""The table that is in a PostgreSQL database from the beginning of a restore to its end."""
_ID: Final = re.compile(r"[0-9a-f]{8}")


class LedgerRestored(StorageFailed):
    """The ledger was restored while it is open; nothing was written."""

    code = "ledger-restored"
    message = "the ledger was restored from a copy while it is open; restart this process"


class RestoreUnfinished(StorageFailed):
    """A restore into a PostgreSQL database is under way, or was killed."""

    code = "restore-unfinished"
    message = (
        "a restore to {database} is under way or was killed; if none runs, repeat it into a new"
        " database"
    )


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation; `at` is the time of its restore in milliseconds, None for the first."""

    number: int = 0
    id: str = ""
    """Eight hexadecimal digits; empty for a ledger that was never restored."""
    at: int | None = None
    cause: str | None = None
    """`restore`, or the reason that a person gave."""


FIRST: Final = Generation()


def is_generation_id(text: str) -> bool:
    """Whether a text has the form of a generation's id; the first one's is empty."""
    return not text or _ID.fullmatch(text) is not None


async def read_generation(connection: AsyncConnection) -> Generation:
    """Return the present generation, inside the caller's transaction."""
    table = schema.generations
    query = select(table).order_by(table.c.number.desc()).limit(1)
    row = (await connection.execute(query)).mappings().one_or_none()
    return FIRST if row is None else Generation(**row)


async def is_restore_marked(connection: AsyncConnection) -> bool:
    """Whether a restore into this PostgreSQL database began and did not end."""
    found = await connection.scalar(text("SELECT to_regclass(:name)"), {"name": RESTORE_MARK})
    return found is not None
