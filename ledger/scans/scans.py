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

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, RowMapping, func, or_, select, text
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.batches.product_days import ALL_PRODUCTS, count_scanned
from ledger.figures.facts import FIRST_SCANS, SCANS, Fact, Grain, add_facts
from ledger.figures.sources import find_batch_parties
from ledger.scans.scan_days import fetch_in_order, list_scan_periods
from ledger.storage.slug_list import join_slugs, split_slugs
from ledger.storage.store import Store, uncancellable
from ledger.storage.unsigned64 import to_signed64, to_unsigned64
from stamps.vietnam_time import OFFSET_MS, to_day_number, to_day_start

_EPOCH: Final = date(1970, 1, 1)
_NOWHERE: Final = ""
"""The value of the column `province` for an unknown one; `ScanCount.province` is None then."""


class ScanRow(NamedTuple):
    """One accepted scan. `id` has 16 bytes, `at` is milliseconds, UTC; a place is rounded."""

    id: bytes
    batch: int
    index: int  # type: ignore[assignment]  # a stamp's index; tuple.index is not used on it
    at: int
    via: str
    verdict: str
    score: float
    reasons: tuple[str, ...] = ()
    device: int | None = None
    """Keyed hash of the device, 64 bits, unsigned."""
    net: int | None = None
    """Keyed hash of the network, 64 bits, unsigned."""
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None
    province: str | None = None
    ward: str | None = None
    country: str | None = None
    agent_class: str | None = None
    first: bool = False
    """The stamp had not been scanned before."""
    anomalous: bool = False
    """With this scan the stamp became anomalous (`detection.batch_anomaly`)."""
    weight: str | None = None
    """Why the scan weighs nothing (`detection.scan_weight`); None for one that does."""
    signed: str | None = None
    """The scan as its enrolled device signed it (`stamps.signed_scan`); None for a page's scan."""


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
            select(days)
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


_COLUMNS: Final = tuple("idx" if name == "index" else name for name in ScanRow._fields)
_NAMES: Final = ", ".join(_COLUMNS)

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
            await copy.write_row(_to_tuple(row))
    return await connection.scalar(_MERGE_INCOMING) or 0


class _StoredScan(NamedTuple):
    """The columns of a stored scan that are counted."""

    batch: int
    at: int
    province: str | None
    verdict: str
    first: bool
    anomalous: bool

    @property
    def day(self) -> int:
        return to_day_number(self.at)


# A trigger ignores rows that exist already.
_INSERT: Final = f"INSERT INTO scans ({_NAMES}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - ours


async def _insert_new(connection: AsyncConnection, rows: Sequence[ScanRow]) -> int:
    values = [_to_tuple(row) for row in rows]
    done = await connection.exec_driver_sql(_INSERT, values)
    if done.rowcount != len(rows):
        raise _RepeatedRows
    stored = [
        _StoredScan(
            batch=row.batch,
            at=row.at,
            province=row.province,
            verdict=row.verdict,
            first=row.first,
            anomalous=row.anomalous,
        )
        for row in rows
    ]
    return await _count_scans(connection, stored)


async def _insert_missing(connection: AsyncConnection, rows: Sequence[ScanRow]) -> int:
    scans = schema.scans
    kept = await connection.execute(
        insert(scans).returning(*(scans.c[name] for name in _StoredScan._fields)),
        [_to_row(row) for row in rows],
    )
    return await _count_scans(connection, [_StoredScan(**row) for row in kept.mappings()])


async def _count_scans(connection: AsyncConnection, kept: Sequence[_StoredScan]) -> int:
    """Count stored scans; return how many they are."""
    await _count_batch_days(connection, kept)
    await _count_facts(connection, kept)
    counts = schema.scan_counts
    by_day = Counter((scan.day, scan.province or _NOWHERE, scan.verdict) for scan in kept)
    if by_day:
        more = insert(counts)
        await connection.execute(
            more.on_conflict_do_update(
                index_elements=[counts.c.day, counts.c.province, counts.c.verdict],
                set_={"scans": counts.c.scans + more.excluded.scans},
            ),
            [
                {"day": day, "province": province, "verdict": verdict, "scans": n}
                for (day, province, verdict), n in by_day.items()
            ],
        )
    return by_day.total()


async def _count_batch_days(connection: AsyncConnection, kept: Sequence[_StoredScan]) -> None:
    """Note the days with scans by batch, and count the first and anomalous scans on them."""
    if not kept:
        return
    days = schema.batch_days
    first = Counter((scan.batch, scan.day) for scan in kept if scan.first)
    anomalous = Counter((scan.batch, scan.day) for scan in kept if scan.anomalous)
    more = insert(days)
    await connection.execute(
        more.on_conflict_do_update(
            index_elements=[days.c.batch, days.c.day],
            set_={
                "scanned": days.c.scanned + more.excluded.scanned,
                "anomalous": days.c.anomalous + more.excluded.anomalous,
            },
            where=or_(more.excluded.scanned > 0, more.excluded.anomalous > 0),
        ),
        [
            {
                "batch": batch,
                "day": day,
                "scanned": first[batch, day],
                "anomalous": anomalous[batch, day],
            }
            for batch, day in sorted({(scan.batch, scan.day) for scan in kept})
        ],
    )
    await count_scanned(connection, first)


async def _count_facts(connection: AsyncConnection, kept: Sequence[_StoredScan]) -> None:
    """Count scans by verdict, and first scans, as figures of authorities."""
    parties = await find_batch_parties(connection, {scan.batch for scan in kept})
    facts: Counter[Fact] = Counter()
    for scan in kept:
        party = parties[scan.batch]
        facts[Fact(scan.day, SCANS, scan.verdict, *party)] += 1
        if scan.first:
            facts[Fact(scan.day, FIRST_SCANS, "", *party)] += 1
    await add_facts(connection, facts)


def _to_tuple(row: ScanRow) -> tuple[Any, ...]:
    """Return the values of a row in the order of `_COLUMNS`."""
    values = _to_row(row)
    return tuple(values[name] for name in _COLUMNS)


def _to_row(row: ScanRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "batch": row.batch,
        "idx": row.index,
        "at": row.at,
        "via": row.via,
        "verdict": row.verdict,
        "score": row.score,
        "reasons": join_slugs(row.reasons),
        "device": to_signed64(row.device),
        "net": to_signed64(row.net),
        "lat": row.lat,
        "lon": row.lon,
        "accuracy_m": row.accuracy_m,
        "province": row.province,
        "ward": row.ward,
        "country": row.country,
        "agent_class": row.agent_class,
        "first": row.first,
        "anomalous": row.anomalous,
        "signed": row.signed,
        "weight": row.weight,
    }


def scan_from_row(row: RowMapping) -> ScanRow:
    """Return the scan in a row of the table `scans`."""
    values = dict(row)
    values["index"] = values.pop("idx")
    values["reasons"] = split_slugs(values["reasons"])
    values["device"] = to_unsigned64(values["device"])
    values["net"] = to_unsigned64(values["net"])
    return ScanRow(**values)
