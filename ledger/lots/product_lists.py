"""Product lists of provinces and of the country: what is mandatory, OCOP, a speciality, exported.

An entry never changes. It is ended, with a reason, and another one is added, so the table is the
history of the lists. An entry that makes a record mandatory is added by the approval of a second
person (`carry_out_requirement`).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, get_args

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_row_change
from ledger.cursor_pages import Key, sort_descending
from ledger.errors import AlreadyExists, UnknownRow
from ledger.packer_provinces import find_provinces
from ledger.proposals.proposal import Proposal
from ledger.storage.store import Store, uncancellable
from stamps.errors import VeritemError

ListKind = Literal["mandatory", "ocop", "speciality", "export"]
LIST_KINDS: Final[tuple[ListKind, ...]] = get_args(ListKind)
COUNTRY: Final = ""
"""The province of entries of the whole country."""
REQUIREMENT: Final = "product.require"
"""The kind of the proposals that make a record mandatory."""
_MOST_IN_FORCE: Final = 500
_TABLE: Final = schema.product_list_entries


class EntryEnded(VeritemError):
    """The entry was ended already."""

    code = "list-entry-ended"
    message = "the entry {entry} was ended"


class RecordUnpublished(VeritemError):
    """A list makes the product mandatory, and the record of the lot is not published."""

    code = "record-unpublished"
    message = (
        "{product} is on a mandatory list since {since} ({basis}): the record of lot {lot} must be "
        "published before stamps are bound to it"
    )


@dataclass(frozen=True, slots=True)
class ListEntry:
    """A product on a list, by a decision of a legal basis, from a day on."""

    id: str
    province: str
    """Code of the province; empty: the whole country."""
    kind: ListKind
    product: str
    since: str
    """ISO day."""
    basis: str
    """Number of the decision."""
    basis_day: str
    added_by: str
    added_at: int
    organisation: str | None = None
    """Whose product; None: of every organisation of the province."""
    stars: int | None = None
    """OCOP class, 3 to 5."""
    until: str | None = None
    """Last day, ISO; None: without end."""
    note: str | None = None
    proposal: int | None = None
    """The proposal by which two people added it."""
    ended_by: str | None = None
    ended_at: int | None = None
    end_reason: str | None = None

    def is_in_force(self, day: str) -> bool:
        """Whether it holds on an ISO day."""
        within = self.since <= day and (self.until is None or day <= self.until)
        return within and self.ended_at is None


@dataclass(frozen=True, slots=True)
class ListEntryFilter:
    """Which entries; `provinces` None stands for all."""

    provinces: Sequence[str] | None = None
    kind: ListKind | None = None
    product: str | None = None
    is_ended: bool | None = None


class ProductLists:
    """The product lists of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def get(self, id_: str) -> ListEntry:
        """An entry. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            return await _get(connection, id_)

    async def find_page(
        self, wanted: ListEntryFilter, *, after: Key | None = None, limit: int
    ) -> list[ListEntry]:
        """Entries, the newest first."""
        columns = _TABLE.c
        query = select(_TABLE)
        if wanted.provinces is not None:
            query = query.where(columns.province.in_(wanted.provinces))
        for name in ("kind", "product"):
            value = getattr(wanted, name)
            if value is not None:
                query = query.where(columns[name] == value)
        if wanted.is_ended is not None:
            ended = columns.ended_at.is_not(None)
            query = query.where(ended if wanted.is_ended else ~ended)
        query = sort_descending(query, (columns.added_at, columns.id), after, limit)
        async with self._store.read() as connection:
            return [ListEntry(**row) for row in (await connection.execute(query)).mappings()]

    async def find_for_lot(
        self, product: str, organisation: str | None, kinds: Collection[ListKind] = LIST_KINDS
    ) -> list[ListEntry]:
        """Entries that concern a product of an organisation now or later, by their first day.

        Entries of the country, of the organisation's province, and of the organisation itself.
        """
        async with self._store.read() as connection:
            province = None
            if organisation is not None:
                province = (await find_provinces(connection, {organisation})).get(organisation)
            columns = _TABLE.c
            whose = columns.organisation.is_(None)
            query = (
                select(_TABLE)
                .where(
                    columns.product == product,
                    columns.kind.in_(sorted(kinds)),
                    columns.ended_at.is_(None),
                    columns.province.in_({COUNTRY, province or COUNTRY}),
                    or_(whose, columns.organisation == organisation) if organisation else whose,
                )
                .order_by(columns.since, columns.id)
                .limit(_MOST_IN_FORCE)
            )
            return [ListEntry(**row) for row in (await connection.execute(query)).mappings()]

    @uncancellable
    async def add(self, entry: ListEntry) -> ListEntry:
        """Add an entry; the same content again is the entry that is there.

        Raises `UnknownRow` for product and organisation, `AlreadyExists` for other content.
        """
        async with self._store.write() as connection:
            return await _add(connection, entry)

    @uncancellable
    async def add_all(self, entries: Sequence[ListEntry]) -> list[ListEntry]:
        """Add all entries or none. Raises as `add` does."""
        async with self._store.write() as connection:
            return [await _add(connection, entry) for entry in entries]

    @uncancellable
    async def end(self, id_: str, reason: str, *, actor: str, at: int) -> ListEntry:
        """End an entry. Raises `UnknownRow`, `EntryEnded`."""
        async with self._store.write() as connection:
            known = await _get(connection, id_)
            if known.ended_at is not None:
                if (known.ended_by, known.end_reason) == (actor, reason):
                    return known  # the same form, sent twice
                raise EntryEnded(entry=id_)
            cells = {"ended_by": actor, "ended_at": at, "end_reason": reason}
            await connection.execute(update(_TABLE).where(_TABLE.c.id == id_).values(cells))
            await record_row_change(
                connection,
                _TABLE,
                id_,
                at=at,
                actor=actor,
                action="product_list.end",
                details={"reason": reason},
            )
            return replace(known, ended_by=actor, ended_at=at, end_reason=reason)


async def carry_out_requirement(connection: AsyncConnection, proposal: Proposal) -> ListEntry:
    """The act of a proposal that makes a record mandatory. Raises as `ProductLists.add` does."""
    at = proposal.decided_at or 0
    entry = ListEntry(**proposal.document, added_by=proposal.requested_by, added_at=at)
    return await _add(connection, replace(entry, proposal=proposal.id), proposal.decided_by)


def describe_content(entry: ListEntry) -> dict[str, Any]:
    """What people say of an entry, without who added it and when."""
    told = asdict(entry)
    names = ("added_by", "added_at", "proposal", "ended_by", "ended_at", "end_reason")
    return {name: value for name, value in told.items() if name not in names}


async def _get(connection: AsyncConnection, id_: str) -> ListEntry:
    row = (await connection.execute(select(_TABLE).where(_TABLE.c.id == id_))).mappings().first()
    if row is None:
        raise UnknownRow(kind="list entry", id=id_)
    return ListEntry(**row)


async def _add(
    connection: AsyncConnection, entry: ListEntry, decided_by: str | None = None
) -> ListEntry:
    for kind, table, id_ in (
        ("product", schema.products, entry.product),
        ("organisation", schema.organisations, entry.organisation),
    ):
        query = select(func.count()).select_from(table).where(table.c.id == id_)
        if id_ is not None and not await connection.scalar(query):
            raise UnknownRow(kind=kind, id=id_)
    found = await connection.execute(select(_TABLE).where(_TABLE.c.id == entry.id))
    row = found.mappings().first()
    if row is not None:
        known = ListEntry(**row)
        if describe_content(known) != describe_content(entry):
            raise AlreadyExists(kind="list entry", id=entry.id)
        return known
    await connection.execute(insert(_TABLE).values(asdict(entry)))
    await record_row_change(
        connection,
        _TABLE,
        entry.id,
        at=entry.added_at,
        actor=decided_by or entry.added_by,
        action="product_list.add",
        details=describe_content(entry),
    )
    return entry
