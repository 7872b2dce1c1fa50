"""Registry: organisations, products and places, each by a readable id.

`add` again with the same content changes nothing; with other content it is refused. `replace` gives
a known row other content. Both are in the audit log.
"""

import builtins
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Generic, Literal, TypeVar, get_args

from sqlalchemy import RowMapping, Table, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_row_change
from ledger.chains.hash_chain import to_canonical_json
from ledger.errors import AlreadyExists, RowChanged, UnknownRow
from ledger.organisations.organisation_states import disable_organisation
from ledger.packer_provinces import find_provinces
from ledger.search_words import put_search_words
from ledger.storage.row_lists import split_parts
from ledger.storage.store import Store, uncancellable
from ledger.trade_kinds import TradeKind

OrganisationKind = Literal["print_house", "packer", TradeKind, "authority", "issuer", "trader"]
ORGANISATION_KINDS: Final[tuple[OrganisationKind, ...]] = get_args(OrganisationKind)


@dataclass(frozen=True, slots=True)
class Organisation:
    """A party: a print house, a packer, a grower household, an authority …"""

    id: str
    kind: OrganisationKind
    name: str
    public_key: str | None = None
    address: str | None = None
    disabled_at: int | None = None
    """Since when its people and tokens are refused; None while it is enabled."""
    province: str | None = None
    """Where a packer works; of an authority, the province that it answers for."""


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product as consumers know it; `name` by language: vi, en, zh."""

    id: str
    name: Mapping[str, str] = field(default_factory=dict)
    gtin: str | None = None
    shelf_life_days: int | None = None
    yield_t_per_ha: float | None = None
    """Usual yield of a season, in tonnes a hectare, for growing areas that name no other."""
    fruit_kg: float | None = None
    """Usual weight of what carries one stamp, in kilograms."""
    kind: str | None = None
    """The kind of produce, a profile of `traceability`; None: crops."""


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A growing area, packing house, market …; `code` as on its certificate (VN-ĐLOR-0123)."""

    id: str
    kind: str
    name: str
    code: str | None = None
    province: str | None = None
    ward: str | None = None
    lat: float | None = None
    lon: float | None = None
    organisation: str | None = None
    gln: str | None = None
    """Its GS1 location number, 13 digits."""


_PART: Final = 500
"""Ids or codes named in one statement."""

Row = TypeVar("Row", bound=Organisation | ProductRow | PlaceRow)
Clock = Callable[[], int]


class Registry(Generic[Row]):
    """The rows of one kind."""

    def __init__(
        self, store: Store, clock: Clock, table: Table, kind: type[Row], *, name: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._table = table
        self._kind = kind
        self._name = name

    @uncancellable
    async def add(self, row: Row, *, actor: str = "system", at: int | None = None) -> Row:
        """Add a row. Raises `AlreadyExists` when its id has other content."""
        async with self._store.write() as connection:
            known = await self._find(connection, row.id)
            if known is None:
                at = self._clock() if at is None else at
                await _insert(connection, self._table, self._name, row, actor, at)
            elif known != row:
                raise AlreadyExists(kind=self._name, id=row.id)
        return row

    @uncancellable
    async def replace(
        self,
        row: Row,
        *,
        seen: Row | None = None,
        actor: str = "system",
        at: int | None = None,
    ) -> Row:
        """Replace the content of a row, which must still be `seen` if that is given.

        Raises `UnknownRow`, `RowChanged`.
        """
        async with self._store.write() as connection:
            known = await self._find(connection, row.id)
            if known is None:
                raise UnknownRow(kind=self._name, id=row.id)
            if known != row:
                if seen is not None and known != seen:
                    raise RowChanged(kind=self._name, id=row.id)
                await connection.execute(
                    update(self._table).where(self._table.c.id == row.id).values(_to_row(row))
                )
                await _put_words(connection, row)
                await self._record(connection, row.id, "replace", actor, at)
        return row

    async def get(self, id_: str) -> Row:
        """Return the row of this id. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            known = await self._find(connection, id_)
        if known is None:
            raise UnknownRow(kind=self._name, id=id_)
        return known

    async def get_many(self, ids: Collection[str]) -> dict[str, Row]:
        """Return the rows of these ids that exist, by id."""
        ordered, found = sorted(ids), {}
        async with self._store.read() as connection:
            for part in split_parts(ordered, _PART):
                query = select(self._table).where(self._table.c.id.in_(part))
                for row in (await connection.execute(query)).mappings():
                    found[row["id"]] = self._row(row)
        return found

    async def list(self) -> "list[Row]":
        """Return all rows by id."""
        async with self._store.read() as connection:
            found = await connection.execute(select(self._table).order_by(self._table.c.id))
            return [self._row(row) for row in found.mappings()]

    async def find_page(
        self,
        *,
        ids: Collection[str] | None,
        cells: Mapping[str, str],
        after: str | None,
        limit: int,
    ) -> "builtins.list[Row]":
        """Return the rows of these ids and with these cells, by id, after an id."""
        columns = self._table.c
        query = select(self._table).order_by(columns.id).limit(limit)
        if ids is not None:
            query = query.where(columns.id.in_(sorted(ids)))
        for name, value in cells.items():
            query = query.where(columns[name] == value)
        if after is not None:
            query = query.where(columns.id > after)
        async with self._store.read() as connection:
            return [self._row(row) for row in (await connection.execute(query)).mappings()]

    async def _find(self, connection: AsyncConnection, id_: str) -> Row | None:
        found = await connection.execute(select(self._table).where(self._table.c.id == id_))
        row = found.mappings().one_or_none()
        return None if row is None else self._row(row)

    async def _record(
        self, connection: AsyncConnection, id_: str, verb: str, actor: str, at: int | None
    ) -> None:
        await record_row_change(
            connection,
            self._table,
            id_,
            at=self._clock() if at is None else at,
            actor=actor,
            action=f"{self._name}.{verb}",
        )

    def _row(self, row: RowMapping) -> Row:
        values = dict(row)
        if self._kind is ProductRow:
            values["name"] = json.loads(values["name"])
        return self._kind(**values)


async def insert_organisation(
    connection: AsyncConnection, row: Organisation, *, actor: str, at: int
) -> None:
    """Insert an organisation whose id is free, inside the caller's transaction."""
    await _insert(connection, schema.organisations, "organisation", row, actor, at)


async def _insert(
    connection: AsyncConnection,
    table: Table,
    name: str,
    row: Organisation | ProductRow | PlaceRow,
    actor: str,
    at: int,
) -> None:
    await connection.execute(insert(table).values(_to_row(row)))
    await _put_words(connection, row)
    await record_row_change(connection, table, row.id, at=at, actor=actor, action=f"{name}.add")


def _to_row(row: Organisation | ProductRow | PlaceRow) -> dict[str, Any]:
    values = asdict(row)
    if isinstance(row, ProductRow):
        values["name"] = to_canonical_json(dict(row.name))
    return values


async def _put_words(
    connection: AsyncConnection, row: Organisation | ProductRow | PlaceRow
) -> None:
    """Keep the words by which lists find what refers to the row."""
    if isinstance(row, ProductRow):
        await put_search_words(connection, "product", row.id, row.id, row.gtin, *row.name.values())
    elif isinstance(row, Organisation):
        await put_search_words(connection, "organisation", row.id, row.id, row.name)
    else:
        await put_search_words(connection, "place", row.id, row.id, row.name, row.code, row.gln)


class Organisations(Registry[Organisation]):
    """The organisations."""

    @uncancellable
    async def disable(
        self, id_: str, *, actor: str, reason: str | None = None, at: int | None = None
    ) -> Organisation:
        """Disable an organisation: its people, sessions and tokens are refused from now on.

        Devices of its people are revoked for good. Again changes nothing. Raises `UnknownRow`,
        `TooFewAdministrators`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            await disable_organisation(connection, id_, reason=reason, actor=actor, at=at)
        return await self.get(id_)

    async def find_province(self, id_: str) -> str | None:
        """The province of a packer; None for another organisation and for a packer without one."""
        async with self._store.read() as connection:
            return (await find_provinces(connection, [id_])).get(id_)

    async def count_of_province(self, province: str, kind: OrganisationKind, most: int) -> int:
        """Count the organisations of a kind that name a province, `most` of them at most."""
        columns = schema.organisations.c
        rows = (
            select(columns.id)
            .where(columns.province == province, columns.kind == kind)
            .limit(most)
            .subquery()
        )
        async with self._store.read() as connection:
            return await connection.scalar(select(func.count()).select_from(rows)) or 0


class Places(Registry[PlaceRow]):
    """The places."""

    async def list_by_code(self, codes: Collection[str]) -> "list[PlaceRow]":
        """Return the places that were registered with one of these codes, by id."""
        places, ordered, found = schema.places, sorted(codes), []
        async with self._store.read() as connection:
            for part in split_parts(ordered, _PART):
                rows = await connection.execute(select(places).where(places.c.code.in_(part)))
                found += [PlaceRow(**row) for row in rows.mappings()]
        return sorted(found, key=lambda place: place.id)

    async def list_of_organisation(self, organisation: str, limit: int) -> "list[PlaceRow]":
        """Return the first places of an organisation, by id."""
        places = schema.places
        query = select(places).where(places.c.organisation == organisation)
        async with self._store.read() as connection:
            rows = await connection.execute(query.order_by(places.c.id).limit(limit))
            return [PlaceRow(**row) for row in rows.mappings()]


def open_organisations(store: Store, clock: Clock) -> Organisations:
    """Return the registry of organisations."""
    return Organisations(store, clock, schema.organisations, Organisation, name="organisation")


def open_products(store: Store, clock: Clock) -> Registry[ProductRow]:
    """Return the registry of products."""
    return Registry(store, clock, schema.products, ProductRow, name="product")


def open_places(store: Store, clock: Clock) -> Places:
    """Return the registry of places."""
    return Places(store, clock, schema.places, PlaceRow, name="place")
