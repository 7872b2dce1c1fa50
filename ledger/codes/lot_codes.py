"""Which registration codes a lot names: an index of its document, by code and by lot.

The index follows each save of the lot, in its transaction. It answers two questions: which lots
name a code, and whether a code that a lot names forbids to bind stamps to it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema

SITE_FIELDS: Final = ("growing_area", "farming_area", "packing_house")
"""The parts of a lot's document that are places with a code."""


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


def is_of_grower(lot: ColumnElement[str], organisation: str) -> ColumnElement[bool]:
    """The condition that the lot in a column names a registered code of an organisation.

    The rows read are those of the organisation's own codes, by the indexes of both tables.
    """
    names, codes = schema.lot_codes.c, schema.registered_codes.c
    own = (
        select(names.lot)
        .join(schema.registered_codes, codes.code == names.code)
        .where(codes.organisation == organisation)
    )
    return lot.in_(own)


async def index_codes(
    connection: AsyncConnection, lot: str, document: Mapping[str, Any], at: int
) -> None:
    """Replace the codes that a lot names, inside the caller's transaction."""
    names = schema.lot_codes
    await connection.execute(delete(names).where(names.c.lot == lot))
    await index_new_codes(connection, {lot: document}, at)


async def index_new_codes(
    connection: AsyncConnection, documents: Mapping[str, Mapping[str, Any]], at: int
) -> None:
    """Index the codes that new lots name, inside the caller's transaction."""
    rows = [
        {"lot": lot, "code": code, "at": at}
        for lot, document in documents.items()
        for code in list_codes(document)
    ]
    if rows:
        await connection.execute(insert(schema.lot_codes), rows)
