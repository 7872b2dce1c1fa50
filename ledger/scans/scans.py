"""Scans: every scan accepted as evidence, stored once, with daily counts.

`append` writes many rows in one transaction and is idempotent: a repeated row (the same stamp, time
and scan id) is ignored, so a recorder that is unsure whether rows were written writes them again.
The same transaction counts scans by day, province and verdict; by batch, the days with scans
(`ledger.scans.scan_days`), the stamps that were first scanned and those that became anomalous;
first scans by product (`ledger.batches.product_days`); and scans by product and packer
(`ledger.figures`).

PostgreSQL receives rows by COPY into a table partitioned by day, SQLite by one INSERT. Days of the
counts are Vietnam's (UTC+7, without summer time).
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.batches.product_days import ALL_PRODUCTS
from ledger.figures.facts import FIRST_SCANS, SCANS, Grain
from ledger.scans.scan_days import fetch_in_order, list_scan_periods
from ledger.scans.scan_row import SCAN_COLUMNS, ScanRow, scan_from_row, scan_to_row, scan_to_tuple
from ledger.scans.stored_scans import StoredScan, count_stored_scans
from ledger.storage.store import Store, uncancellable
from stamps.vietnam_time import OFFSET_MS, to_day_start

_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class ScanCount:
    """Number of scans with one verdict on a day in Vietnam in a province."""

    day: date
    province: str | None
    verdict: str
    scans: int


@dataclass(frozen=True, slots=True)
class BatchDay:
    """Stamps of a batch that were first scanned, and became anomalous, on a day in Vietnam.

    `at` is when the day began: milliseconds, UTC.
    """

    at: int
    scanned: int
    anomalous: int


class _RepeatedRows(Exception):
    """Some of the rows were stored before; rolls the transaction back."""


class Scans:
    """The scans of one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._partitioned_days: set[int] = set()

    @uncancellable
    async def append(self, rows: Sequence[ScanRow]) -> int:
        """Store the rows that are new, in one transaction; return how many."""
        if not rows:
            return 0
        if self._store.is_sqlite:
            # Rows are nearly always new, and one executemany is cheaper than RETURNING for each.
            # When some exist already, that is rolled back and repeated row by row.
            try:
                async with self._store.append() as connection:
                    return await _insert_new(connection, rows)
            except _RepeatedRows:
                async with self._store.append() as connection:
                    return await _insert_missing(connection, rows)
        await self._create_partitions({row.at // schema.DAY_MS for row in rows})
        async with self._store.append() as connection:
            return await _copy(connection, rows)

    @uncancellable
    async def check_append(self, at: int) -> None:
        """Append a scan of no stamp at `at`, take it back and commit; raise as `append` does.

        Nothing is stored, but the pages that a scan changes are written and synced, so a full or
        failed disk is found. PostgreSQL gets the partition of that day, as with a scan.
        """
        row = ScanRow(bytes(16), 0, 0, at, "page", "authentic", 0.0, first=True, anomalous=True)
        if not self._store.is_sqlite:
            await self._create_partitions({at // schema.DAY_MS})
        async with self._store.append() as connection:
            taken_back = await connection.begin_nested()
            insert_rows = _insert_new if self._store.is_sqlite else _copy
            await insert_rows(connection, [row])
            await taken_back.rollback()
            if self._store.is_sqlite:
                # One page more than a scan: the version is rewritten as it is.
                version = await connection.scalar(text("PRAGMA user_version"))
                await connection.execute(text(f"PRAGMA user_version = {version}"))

    async def list_of_stamp(self, batch: int, index: int) -> list[ScanRow]:
        """Return all scans of a stamp in time order."""
        scans = schema.scans
        return await self._list(batch, scans.c.idx == index)

    async def has(self, batch: int, index: int, at: int, scan_id: bytes) -> bool:
        """Whether a scan is stored; these four values are its key."""
        async with self._store.read() as connection:
            return await _is_stored(connection, batch, index, at, scan_id)

    async def count_stored(self, rows: Sequence[ScanRow]) -> int:
        """Return how many of the rows are stored."""
        async with self._store.read() as connection:
            return sum(
                [await _is_stored(connection, row.batch, row.index, row.at, row.id) for row in rows]
            )

    async def list_of_range(self, batch: int, lo: int, hi: int) -> list[ScanRow]:
        """Return all scans of the stamps `[lo, hi)` of a batch, in time order."""
        scans = schema.scans
        return await self._list(batch, scans.c.idx >= lo, scans.c.idx < hi)

    async def _list(self, batch: int, *conditions: ColumnElement[bool]) -> list[ScanRow]:
        query = select(schema.scans).where(schema.scans.c.batch == batch, *conditions)
        async with self._store.read() as connection:
            periods = await list_scan_periods(connection, batch)
            found = await fetch_in_order(connection, query, periods)
        return [scan_from_row(row) for row in found]

    async def count_by_day(self, first: date, last: date) -> list[ScanCount]:
        """Return the counts of the days `first` to `last`, both included."""
        counts = schema.scan_counts
        query = (
            select(counts)
            .where(counts.c.day >= (first - _EPOCH).days, counts.c.day <= (last - _EPOCH).days)
            .order_by(counts.c.day, counts.c.province, counts.c.verdict)
        )
        async with self._store.read() as connection:
            found = (await connection.execute(query)).mappings()
            return [
                ScanCount(
                    _EPOCH + timedelta(days=row["day"]),
                    row["province"] or None,
                    row["verdict"],
                    row["scans"],
                )
                for row in found
            ]

    async def list_batch_days(self, batches: Collection[int]) -> dict[int, list[BatchDay]]:
        """Return the days on which a stamp of a batch was first scanned or became anomalous.

        They are by batch; a batch without such a day is left out.
        """
        days = schema.batch_days
        query = (
            select(days.c.batch, days.c.day, days.c.scanned, days.c.anomalous)
            .where(days.c.batch.in_(batches), or_(days.c.scanned > 0, days.c.anomalous > 0))
            .order_by(days.c.batch, days.c.day)
        )
        found: dict[int, list[BatchDay]] = defaultdict(list)
        async with self._store.read() as connection:
            for batch, day, scanned, anomalous in await connection.execute(query):
                found[batch].append(BatchDay(to_day_start(day), scanned, anomalous))
        return found

    async def count(self) -> int:
        """Return how many scans are stored."""
        async with self._store.read() as connection:
            return await connection.scalar(select(func.count()).select_from(schema.scans)) or 0

    async def get_last_at(self) -> int | None:
        """Return when the latest scan was made; None without scans. Reads the scans of its day."""
        days, scans = schema.scan_counts, schema.scans
        async with self._store.read() as connection:
            day = await connection.scalar(select(func.max(days.c.day)))
            if day is None:
                return None
            query = select(func.max(scans.c.at)).where(scans.c.at >= to_day_start(day))
            last: int | None = await connection.scalar(query)
            return last

    async def _create_partitions(self, days: set[int]) -> None:
        # In a separate transaction: creating a partition locks the table, so keep that short.
        for day in sorted(days - self._partitioned_days):
            async with self._store.append() as connection:
                await connection.execute(text("SELECT veritem_scan_day(:day)"), {"day": day})
            self._partitioned_days.add(day)


async def _is_stored(
    connection: AsyncConnection, batch: int, index: int, at: int, scan_id: bytes
) -> bool:
    scans = schema.scans
    query = select(scans.c.at).where(
        scans.c.batch == batch, scans.c.idx == index, scans.c.at == at, scans.c.id == scan_id
    )
    return await connection.scalar(query) is not None


_NAMES: Final = ", ".join(SCAN_COLUMNS)

# `incoming` belongs to the session; each commit empties it.
_INCOMING: Final = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS incoming (LIKE scans) ON COMMIT DELETE ROWS"
)
# Rows and counts are written in the order of their keys, so two recorders never deadlock.
_MERGE_INCOMING: Final = text(
    f"""
    WITH kept AS (
        INSERT INTO scans ({_NAMES})
        SELECT {_NAMES} FROM incoming ORDER BY batch, idx, at, id
        ON CONFLICT DO NOTHING
        RETURNING batch, at, province, verdict, first, anomalous
    ), counted AS (
        INSERT INTO scan_counts (day, province, verdict, scans)
        SELECT (at + {OFFSET_MS}) / {schema.DAY_MS}, coalesce(province, ''), verdict, count(*)
        FROM kept GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (day, province, verdict)
        DO UPDATE SET scans = scan_counts.scans + excluded.scans
    ), noted AS (
        INSERT INTO batch_days (batch, day, scanned, anomalous)
        SELECT batch, (at + {OFFSET_MS}) / {schema.DAY_MS},
               count(*) FILTER (WHERE first), count(*) FILTER (WHERE anomalous)
        FROM kept GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (batch, day)
        DO UPDATE SET scanned = batch_days.scanned + excluded.scanned,
                      anomalous = batch_days.anomalous + excluded.anomalous
        WHERE excluded.scanned > 0 OR excluded.anomalous > 0
    ), first_scans AS (
        SELECT (kept.at + {OFFSET_MS}) / {schema.DAY_MS} AS day, batches.product
        FROM kept LEFT JOIN batches ON batches.number = kept.batch WHERE kept.first
    ), counted_products AS (
        INSERT INTO product_days (product, day, activated, scanned)
        SELECT unit, day, 0, count(*) FROM (
            SELECT product AS unit, day FROM first_scans WHERE product IS NOT NULL
            UNION ALL SELECT '{ALL_PRODUCTS}', day FROM first_scans
        ) AS units GROUP BY unit, day ORDER BY unit COLLATE "C", day
        ON CONFLICT (product, day)
        DO UPDATE SET scanned = product_days.scanned + excluded.scanned
    ), told AS (
        SELECT ((kept.at + {OFFSET_MS}) / {schema.DAY_MS})::int AS day,
               coalesce(batch_parties.product, '') AS product,
               coalesce(batch_parties.packer, '') AS packer, verdict, first
        FROM kept LEFT JOIN batch_parties ON batch_parties.number = kept.batch
    ), facts AS (
        SELECT day, product, packer, '{SCANS}' AS figure, verdict AS detail, count(*) AS total
        FROM told GROUP BY day, product, packer, verdict
        UNION ALL SELECT day, product, packer, '{FIRST_SCANS}', '', count(*)
        FROM told WHERE first GROUP BY day, product, packer
    ), counted_facts AS (
        INSERT INTO figure_facts (grain, start, product, packer, figure, detail, total)
        SELECT grain, start, product, packer, figure, detail, sum(total)
        FROM (
            SELECT {Grain.DAY:d} AS grain, day AS start, product, packer, figure, detail, total
            FROM facts
            UNION ALL SELECT {Grain.MONTH:d},
                (extract(year FROM date '1970-01-01' + day) * 12
                 + extract(month FROM date '1970-01-01' + day) - 1)::int,
                product, packer, figure, detail, total
            FROM facts
            UNION ALL SELECT {Grain.TOTAL:d}, 0, product, packer, figure, detail, total FROM facts
        ) AS spread
        GROUP BY grain, start, product, packer, figure, detail
        ORDER BY grain, start, product COLLATE "C", packer COLLATE "C", figure COLLATE "C",
            detail COLLATE "C"
        ON CONFLICT (grain, start, product, packer, figure, detail)
        DO UPDATE SET total = figure_facts.total + excluded.total
    )
    SELECT count(*) FROM kept
    """  # noqa: S608 - names of our own columns
)


async def _copy(connection: AsyncConnection, rows: Sequence[ScanRow]) -> int:
    await connection.execute(text(_INCOMING))
    driver: Any = (await connection.get_raw_connection()).driver_connection
    async with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY incoming ({_NAMES}) FROM STDIN") as copy,
    ):
        for row in rows:
            await copy.write_row(scan_to_tuple(row))
    return await connection.scalar(_MERGE_INCOMING) or 0


# A trigger ignores rows that exist already.
_INSERT: Final = f"INSERT INTO scans ({_NAMES}) VALUES ({', '.join('?' * len(SCAN_COLUMNS))})"  # noqa: S608 - ours


async def _insert_new(connection: AsyncConnection, rows: Sequence[ScanRow]) -> int:
    values = [scan_to_tuple(row) for row in rows]
    done = await connection.exec_driver_sql(_INSERT, values)
    if done.rowcount != len(rows):
        raise _RepeatedRows
    stored = [
        StoredScan(
            batch=row.batch,
            at=row.at,
            province=row.province,
            verdict=row.verdict,
            first=row.first,
            anomalous=row.anomalous,
        )
        for row in rows
    ]
    return await count_stored_scans(connection, stored)


async def _insert_missing(connection: AsyncConnection, rows: Sequence[ScanRow]) -> int:
    scans = schema.scans
    kept = await connection.execute(
        insert(scans).returning(*(scans.c[name] for name in StoredScan._fields)),
        [scan_to_row(row) for row in rows],
    )
    return await count_stored_scans(connection, [StoredScan(**row) for row in kept.mappings()])
