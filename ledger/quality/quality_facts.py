"""Facts about the quality of data, kept for each organisation, its province and the country.

`fold` reads both chains after the stored positions and adds what they tell, in one transaction with
the new positions: a killed process loses and repeats nothing. A report reads at most a row of each
figure and month of its scope, whatever is stored. The province is that of the organisation when the
fact is folded.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.numbered_rows import read_end
from ledger.cursor_pages import Key
from ledger.organisations.registry import Organisation
from ledger.packer_provinces import STATING, select_packers
from ledger.quality.quality_sources import QualityFact, read_quality_facts
from ledger.storage.store import Store, uncancellable

COUNTRY: Final = "country"
QUALITY_SOURCES: Final = ("audit", "transitions")
KINDS: Final = (*STATING, "print_house")
"""The kinds of organisations that reports list."""
QualityTotals = Counter[tuple[str, str]]
"""Totals by figure and detail."""

_FACTS: Final = schema.quality_facts
_ADD: Final = text(
    "INSERT INTO quality_facts (scope, month, figure, detail, total)"
    " VALUES (:scope, :month, :figure, :detail, :total)"
    " ON CONFLICT (scope, month, figure, detail)"
    " DO UPDATE SET total = quality_facts.total + excluded.total"
)
_PUT_POSITION: Final = text(
    "INSERT INTO quality_sources (name, position) VALUES (:name, :position)"
    " ON CONFLICT (name) DO UPDATE SET position = excluded.position"
)


def name_organisation(id_: str) -> str:
    """The scope of an organisation."""
    return f"organisation:{id_}"


def name_province(code: str) -> str:
    """The scope of a province."""
    return f"province:{code}"


class QualityFacts:
    """The facts of one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def fold(self) -> int:
        """Fold all that has happened until now; return how many transactions it took."""
        taken = 0
        async with self._store.read() as connection:
            ends = {source: await read_end(connection, source) for source in QUALITY_SOURCES}
            positions: Mapping[str, int] = await _read_positions(connection)
        while any(positions[source] < ends[source] for source in QUALITY_SOURCES):
            positions = await self.fold_page()
            taken += 1
        return taken

    @uncancellable
    async def fold_page(self) -> Mapping[str, int]:
        """Fold a bounded part of what happened; return the new positions."""
        async with self._store.write() as connection:
            positions = await _read_positions(connection)
            facts: Counter[QualityFact] = Counter()
            for source in QUALITY_SOURCES:
                page = await read_quality_facts(connection, source, positions[source])
                for fact, count in page.facts.items():
                    facts[fact] += count
                positions[source] = page.position
                await connection.execute(_PUT_POSITION, {"name": source, "position": page.position})
            await _add_facts(connection, facts)
            return positions

    async def sum_scopes(
        self, scopes: Collection[str], first: int, last: int
    ) -> dict[str, QualityTotals]:
        """The totals of each scope over months, `first` and `last` included."""
        facts = _FACTS.c
        query = (
            select(facts.scope, facts.figure, facts.detail, func.sum(facts.total))
            .where(facts.scope.in_(list(scopes)), facts.month.between(first, last))
            .group_by(facts.scope, facts.figure, facts.detail)
        )
        found: dict[str, QualityTotals] = defaultdict(Counter)
        async with self._store.read() as connection:
            for scope, figure, detail, total in await connection.execute(query):
                found[scope][figure, detail] = int(total)
        return found

    async def find_organisations(
        self,
        province: str | None,
        *,
        id_: str | None = None,
        after: Key | None = None,
        limit: int,
    ) -> Sequence[Organisation]:
        """Organisations that reports list, by name, or one by its id; `after` is `(name, id)`."""
        table = schema.organisations
        query = select(table).where(table.c.kind.in_(KINDS))
        if id_ is not None:
            query = query.where(table.c.id == id_)
        if province is not None:
            only = select_packers(KINDS).subquery()
            query = query.where(
                or_(
                    table.c.province == province,
                    table.c.id.in_(select(only.c.id).where(only.c.province == province)),
                )
            )
        if after is not None:
            query = query.where(tuple_(table.c.name, table.c.id) > tuple_(*after))
        query = query.order_by(table.c.name, table.c.id).limit(limit)
        async with self._store.read() as connection:
            rows = (await connection.execute(query)).mappings()
            return [Organisation(**row) for row in rows]

    async def count_registered(self, organisation: str, today: str) -> Mapping[str, int]:
        """What is registered for an organisation, and what lacks in it, as it is now.

        It reads the codes and places of this organisation alone.
        """
        codes, places = schema.registered_codes.c, schema.places.c
        counts: dict[str, Any] = {
            "codes": (codes.organisation, None),
            "codes_expired": (codes.organisation, codes.valid_until < today),
            "areas": (codes.organisation, codes.kind == "growing_area"),
            "areas_without_hectares": (
                codes.organisation,
                (codes.kind == "growing_area") & codes.hectares.is_(None),
            ),
            "places": (places.organisation, None),
            "places_without_ward": (places.organisation, places.ward.is_(None)),
            "places_without_gln": (places.organisation, places.gln.is_(None)),
        }
        found = {}
        async with self._store.read() as connection:
            for name, (owner, condition) in counts.items():
                query = select(func.count()).where(owner == organisation)
                query = query if condition is None else query.where(condition)
                found[name] = await connection.scalar(query) or 0
        return found


async def _read_positions(connection: AsyncConnection) -> dict[str, int]:
    rows = await connection.execute(select(schema.quality_sources))
    known = {row.name: int(row.position) for row in rows}
    return {source: known.get(source, 0) for source in QUALITY_SOURCES}


async def _add_facts(connection: AsyncConnection, facts: Mapping[QualityFact, int]) -> None:
    provinces = await _find_provinces(connection, {fact.organisation for fact in facts})
    rows: Counter[tuple[str, int, str, str]] = Counter()
    for fact, count in facts.items():
        scopes = [COUNTRY, name_organisation(fact.organisation)]
        if province := provinces.get(fact.organisation):
            scopes.append(name_province(province))
        for scope in scopes:
            rows[scope, fact.month, fact.figure, fact.detail] += count
    names = ("scope", "month", "figure", "detail")
    added = [
        {**dict(zip(names, key, strict=True)), "total": rows[key]}
        for key in sorted(rows)
        if rows[key]
    ]
    if added:
        await connection.execute(_ADD, added)


async def _find_provinces(
    connection: AsyncConnection, organisations: Collection[str]
) -> dict[str, str | None]:
    if not organisations:
        return {}
    listed = select_packers(KINDS).subquery()
    query = select(listed.c.id, listed.c.province).where(listed.c.id.in_(sorted(organisations)))
    return {row.id: row.province for row in await connection.execute(query)}
