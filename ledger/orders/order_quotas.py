"""Quotas: how many stamps a packer may be given in a calendar year, and how many it was."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.errors import UnknownRow
from ledger.orders.order_limits import LimitedOrder, OrderLimits, compute_order_limits, sum_ordered
from ledger.packer_provinces import is_of_province
from ledger.storage.store import Store, uncancellable
from stamps.vietnam_time import to_iso_day


@dataclass(frozen=True, slots=True)
class OrderQuota:
    """The quota of one packer and year, and what its approved orders have used of it."""

    organisation: str
    name: str
    year: int
    stamps: int | None
    """None: no quota."""
    used: int
    set_by: str | None = None
    set_at: int | None = None

    @property
    def left(self) -> int | None:
        """Stamps that are left; never less than 0, None without a quota."""
        return None if self.stamps is None else max(0, self.stamps - self.used)


class OrderQuotas:
    """The quotas of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def compare(self, order: LimitedOrder, at: int) -> OrderLimits:
        """Compare an order with its limits, as they are at a time."""
        async with self._store.read() as connection:
            return await compute_order_limits(connection, order, to_iso_day(at))

    async def get(self, organisation: str, year: int) -> OrderQuota:
        """The quota of a packer in a year. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            return await _find(connection, organisation, year)

    async def find_page(
        self, year: int, *, province: str | None = None, after: str | None = None, limit: int
    ) -> list[OrderQuota]:
        """At most `limit` packers with their quotas of a year, by id; `after` is the last id.

        `province` limits them to its packers.
        """
        organisations = schema.organisations.c
        query = select(organisations.id).where(organisations.kind == "packer")
        if province is not None:
            query = query.where(is_of_province(organisations.id, province))
        if after is not None:
            query = query.where(organisations.id > after)
        async with self._store.read() as connection:
            ids = await connection.scalars(query.order_by(organisations.id).limit(limit))
            return [await _find(connection, id_, year) for id_ in ids.all()]

    @uncancellable
    async def put(
        self, organisation: str, year: int, stamps: int | None, *, actor: str, at: int | None = None
    ) -> OrderQuota:
        """Set the quota of a packer in a year, None for none. Raises `UnknownRow`."""
        at = self._clock() if at is None else at
        quotas = schema.order_quotas
        this = (quotas.c.organisation == organisation) & (quotas.c.year == year)
        async with self._store.write() as connection:
            known = await _find(connection, organisation, year)
            if known.set_by is not None and known.stamps == stamps:
                return known
            cells = {"stamps": stamps, "set_by": actor, "set_at": at}
            if known.set_by is None:
                row = {"organisation": organisation, "year": year, **cells}
                await connection.execute(insert(quotas).values(row))
            else:
                await connection.execute(update(quotas).where(this).values(cells))
            await record_audit(
                connection,
                at=at,
                actor=actor,
                action="quota.set",
                subject=f"organisations:{organisation}",
                details={"year": year, "before": known.stamps, "stamps": stamps},
            )
            return await _find(connection, organisation, year)


async def _find(connection: AsyncConnection, organisation: str, year: int) -> OrderQuota:
    organisations, quotas = schema.organisations, schema.order_quotas
    of_year = (quotas.c.organisation == organisations.c.id) & (quotas.c.year == year)
    query = (
        select(organisations.c.name, quotas.c.stamps, quotas.c.set_by, quotas.c.set_at)
        .select_from(organisations.outerjoin(quotas, of_year))
        .where(organisations.c.id == organisation, organisations.c.kind == "packer")
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise UnknownRow(kind="packer", id=organisation)
    used = await sum_ordered(connection, organisation, year)
    return OrderQuota(organisation, row.name, year, row.stamps, used, row.set_by, row.set_at)
