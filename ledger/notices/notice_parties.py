"""Parties of an event: the packer and the print house that may be told of it."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema

Pair = tuple[frozenset[str], frozenset[str]]
"""Packers and print houses."""


Parties = Mapping[int, Pair]


async def find_parties(connection: AsyncConnection, batches: set[int]) -> Parties:
    """Packer and print house of the order of each batch."""
    table, found = schema.batch_parties.c, dict[int, Pair]()
    query = select(table.number, table.packer, table.print_house).where(table.number.in_(batches))
    for row in await connection.execute(query):
        found[row.number] = pair_parties(row.packer, row.print_house)
    return {number: found.get(number, pair_parties(None, None)) for number in batches}


def pair_parties(packer: str | None, print_house: str | None) -> Pair:
    """Return the parties of an event with at most one packer and one print house."""
    return frozenset(filter(None, [packer])), frozenset(filter(None, [print_house]))
