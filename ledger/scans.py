"""The journal: every scan that was accepted as evidence, kept once.

`append` takes many rows in one transaction and is idempotent: a row that comes again (the same
stamp, time and scan id) is left out, so whoever is unsure whether a batch of scans was written
writes it again. Scans of a day are counted by province and verdict in the same transaction, and
by batch the stamps that were scanned for the first time and those that became anomalous; the
former by product too (`ledger.product_days`).

On PostgreSQL rows come in by COPY and the table is partitioned by day; on SQLite by one INSERT.
Days of the counts are Vietnam's (UTC+7, without summer time).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import RowMapping, func, select, text
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.product_days import (
    ALL_PRODUCTS,
    VIETNAM_MS,
    count_scanned,
    get_day_start,
    to_vietnam_day,
)
from ledger.slug_list import join_slugs, split_slugs
from ledger.store import Store, uncancellable
from ledger.unsigned64 import to_signed64, to_unsigned64

_EPOCH: Final = date(1970, 1, 1)
_NOWHERE: Final = ""
"""How the counts write a scan whose province is not known; `ScanCount.province` is None then."""


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
    """With this scan the stamp became anomalous by its own scans (`detection.batch_anomaly`)."""


@dataclass(frozen=True, slots=True)
class ScanCount:
    """How many scans of one day (Vietnam's) and province had one verdict."""

    day: date
    province: str | None
    verdict: str
    scans: int


@dataclass(frozen=True, slots=True)
class BatchDay:
    """How many stamps of a batch were scanned first, and became anomalous, on a day (Vietnam's).

    `at` is when the day began: milliseconds, UTC.
    """

    at: int
    scanned: int
    anomalous: int


class _SomeAreKnown(Exception):
    """Some of the rows were kept before; rolls the transaction back."""


class Scans:
    """The journal of one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._days: set[int] = set()

    @uncancellable
    async def append(self, rows: Sequence[ScanRow]) -> int:
        """Keep the rows that are not kept yet, all in one transaction; answers how many."""
        if not rows:
            return 0
        if self._store.is_sqlite:
            # Nearly always all rows are new, and one plain executemany is cheaper than asking for
            # each row whether it was. When some were not, that is rolled back and asked.
            try:
                async with self._store.append() as connection:
                    return await _insert_new(connection, rows)
            except _SomeAreKnown:
                async with self._store.append() as connection:
                    return await _insert_some(connection, rows)
        await self._make_days({row.at // schema.DAY_MS for row in rows})
        async with self._store.append() as connection:
            return await _copy(connection, rows)

    async def list_of_stamp(self, batch: int, index: int) -> list[ScanRow]:
        """All scans of a stamp in time order."""
        scans = schema.scans
        asked = (
            select(scans)
            .where(scans.c.batch == batch, scans.c.idx == index)
            .order_by(scans.c.at, scans.c.id)
        )
        async with self._store.read() as connection:
            return [_scan(cells) for cells in (await connection.execute(asked)).mappings()]

    async def list_of_range(self, batch: int, lo: int, hi: int) -> list[ScanRow]:
        """All scans of the stamps `[lo, hi)` of a batch, in time order."""
        scans = schema.scans
        asked = (
            select(scans)
            .where(scans.c.batch == batch, scans.c.idx >= lo, scans.c.idx < hi)
            .order_by(scans.c.at, scans.c.id)
        )
        async with self._store.read() as connection:
            return [_scan(cells) for cells in (await connection.execute(asked)).mappings()]

    async def count_by_day(self, first: date, last: date) -> list[ScanCount]:
        """The counts of the days `first` to `last`, both included, by day and province."""
        counts = schema.scan_counts
        asked = (
            select(counts)
            .where(counts.c.day >= (first - _EPOCH).days, counts.c.day <= (last - _EPOCH).days)
            .order_by(counts.c.day, counts.c.province, counts.c.verdict)
        )
        async with self._store.read() as connection:
            found = (await connection.execute(asked)).mappings()
            return [
                ScanCount(
                    _EPOCH + timedelta(days=cells["day"]),
                    cells["province"] or None,
                    cells["verdict"],
                    cells["scans"],
                )
                for cells in found
            ]

    async def list_batch_days(self, batches: Collection[int]) -> dict[int, list[BatchDay]]:
        """Days on which a stamp of a batch was first scanned or became anomalous, by batch.

        A batch without such a day is left out.
        """
        days = schema.batch_days
        query = select(days).where(days.c.batch.in_(batches)).order_by(days.c.batch, days.c.day)
        found: dict[int, list[BatchDay]] = defaultdict(list)
        async with self._store.read() as connection:
            for batch, day, scanned, anomalous in await connection.execute(query):
                found[batch].append(BatchDay(get_day_start(day), scanned, anomalous))
        return found

    async def count(self) -> int:
        """How many scans are kept in all."""
        async with self._store.read() as connection:
            return await connection.scalar(select(func.count()).select_from(schema.scans)) or 0

    async def _make_days(self, days: set[int]) -> None:
        # In a transaction of its own: making a partition locks the table, and only for a moment.
        for day in sorted(days - self._days):
            async with self._store.append() as connection:
                await connection.execute(text("SELECT veritem_scan_day(:day)"), {"day": day})
            self._days.add(day)


_COLUMNS: Final = tuple("idx" if name == "index" else name for name in ScanRow._fields)
_NAMES: Final = ", ".join(_COLUMNS)

# `incoming` belongs to the session and is emptied at each commit.
_INCOMING: Final = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS incoming (LIKE scans) ON COMMIT DELETE ROWS"
)
# Rows and counts are taken in the order of their keys, so two recorders never deadlock.
_TAKE_IN: Final = text(
    f"""
    WITH kept AS (
        INSERT INTO scans ({_NAMES})
        SELECT {_NAMES} FROM incoming ORDER BY batch, idx, at, id
        ON CONFLICT DO NOTHING
        RETURNING batch, at, province, verdict, first, anomalous
    ), counted AS (
        INSERT INTO scan_counts (day, province, verdict, scans)
        SELECT (at + {VIETNAM_MS}) / {schema.DAY_MS}, coalesce(province, ''), verdict, count(*)
        FROM kept GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (day, province, verdict)
        DO UPDATE SET scans = scan_counts.scans + excluded.scans
    ), noted AS (
        INSERT INTO batch_days (batch, day, scanned, anomalous)
        SELECT batch, (at + {VIETNAM_MS}) / {schema.DAY_MS},
               count(*) FILTER (WHERE first), count(*) FILTER (WHERE anomalous)
        FROM kept WHERE first OR anomalous GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (batch, day)
        DO UPDATE SET scanned = batch_days.scanned + excluded.scanned,
                      anomalous = batch_days.anomalous + excluded.anomalous
    ), met AS (
        SELECT (kept.at + {VIETNAM_MS}) / {schema.DAY_MS} AS day, batches.product
        FROM kept LEFT JOIN batches ON batches.number = kept.batch WHERE kept.first
    ), told AS (
        INSERT INTO product_days (product, day, activated, scanned)
        SELECT unit, day, 0, count(*) FROM (
            SELECT product AS unit, day FROM met WHERE product IS NOT NULL
            UNION ALL SELECT '{ALL_PRODUCTS}', day FROM met
        ) AS units GROUP BY unit, day ORDER BY unit COLLATE "C", day
        ON CONFLICT (product, day)
        DO UPDATE SET scanned = product_days.scanned + excluded.scanned
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
            await copy.write_row(list(_cells(row).values()))
    return await connection.scalar(_TAKE_IN) or 0


class _Kept(NamedTuple):
    """What is counted of a scan that was kept."""

    batch: int
    at: int
    province: str | None
    verdict: str
    first: bool
    anomalous: bool

    @property
    def day(self) -> int:
        return to_vietnam_day(self.at)


# A trigger leaves out rows that are there already.
_INSERT: Final = f"INSERT INTO scans ({_NAMES}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - ours


async def _insert_new(connection: AsyncConnection, rows: Sequence[ScanRow]) -> int:
    values = [tuple(_cells(row).values()) for row in rows]
    done = await connection.exec_driver_sql(_INSERT, values)
    if done.rowcount != len(rows):
        raise _SomeAreKnown
    return await _count(
        connection, [_Kept(*(getattr(row, f) for f in _Kept._fields)) for row in rows]
    )


async def _insert_some(connection: AsyncConnection, rows: Sequence[ScanRow]) -> int:
    scans = schema.scans
    kept = await connection.execute(
        insert(scans).returning(*(scans.c[name] for name in _Kept._fields)),
        [_cells(row) for row in rows],
    )
    return await _count(connection, [_Kept(*cells) for cells in kept])


async def _count(connection: AsyncConnection, kept: Sequence[_Kept]) -> int:
    """Add scans that were kept to their days; answers how many they were."""
    await _note(connection, kept)
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


async def _note(connection: AsyncConnection, kept: Sequence[_Kept]) -> None:
    """Add what scans that were kept say of their batches."""
    days = schema.batch_days
    first = Counter((scan.batch, scan.day) for scan in kept if scan.first)
    anomalous = Counter((scan.batch, scan.day) for scan in kept if scan.anomalous)
    if not first and not anomalous:
        return
    more = insert(days)
    await connection.execute(
        more.on_conflict_do_update(
            index_elements=[days.c.batch, days.c.day],
            set_={
                "scanned": days.c.scanned + more.excluded.scanned,
                "anomalous": days.c.anomalous + more.excluded.anomalous,
            },
        ),
        [
            {
                "batch": batch,
                "day": day,
                "scanned": first[batch, day],
                "anomalous": anomalous[batch, day],
            }
            for batch, day in sorted(first.keys() | anomalous.keys())
        ],
    )
    await count_scanned(connection, first)


def _cells(row: ScanRow) -> dict[str, Any]:
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
    }


def _scan(cells: RowMapping) -> ScanRow:
    values = dict(cells)
    values["index"] = values.pop("idx")
    values["reasons"] = split_slugs(values["reasons"])
    values["device"] = to_unsigned64(values["device"])
    values["net"] = to_unsigned64(values["net"])
    return ScanRow(**values)
