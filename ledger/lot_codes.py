"""Which registration codes a lot names: an index of its document, by code and by lot.

The index follows each save of the lot, in its transaction. It answers two questions: which lots
name a code, and whether a code that a lot names forbids to bind stamps to it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.filters import Key
from ledger.store import Store

SITE_FIELDS: Final = ("growing_area", "packing_house")
"""The parts of a lot's document that are places with a code."""


class LotCodes:
    """The codes that the lots of one ledger name."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find_lots(
        self, code: str, *, organisation: str | None = None, after: Key | None = None, limit: int
    ) -> list[tuple[int, str]]:
        """Return when each lot that names a code was last saved, and its code; newest first.

        `organisation` limits the result to its lots. `after` is the last pair of the page before.
        """
        names, lots = schema.lot_codes, schema.lots
        query = select(names.c.at, names.c.lot).where(names.c.code == code)
        if organisation is not None:
            query = query.join(lots, lots.c.code == names.c.lot)
            query = query.where(lots.c.organisation == organisation)
        if after is not None:
            at, lot = after
            query = query.where(
                (names.c.at < at) | ((names.c.at == at) & (names.c.lot < lot)), names.c.at <= at
            )
        query = query.order_by(names.c.at.desc(), names.c.lot.desc()).limit(limit)
        async with self._store.read() as connection:
            return [(row.at, row.lot) for row in await connection.execute(query)]


def list_codes(document: Mapping[str, Any]) -> list[str]:
    """The codes of the places that a lot's document names, sorted.

    >>> list_codes({"growing_area": {"code": "A"}, "stages": [{"location": "B"}, {}]})
    ['A', 'B']
    """
    sites = [document.get(field) for field in SITE_FIELDS]
    codes = {site.get("code") for site in sites if isinstance(site, Mapping)}
    stages: Sequence[Any] = document.get("stages") or ()
    codes |= {stage.get("location") for stage in stages if isinstance(stage, Mapping)}
    return sorted(code for code in codes if isinstance(code, str))


async def index_codes(
    connection: AsyncConnection, lot: str, document: Mapping[str, Any], at: int
) -> None:
    """Replace the codes that a lot names, inside the caller's transaction."""
    names = schema.lot_codes
    await connection.execute(delete(names).where(names.c.lot == lot))
    rows = [{"lot": lot, "code": code, "at": at} for code in list_codes(document)]
    if rows:
        await connection.execute(insert(names), rows)
