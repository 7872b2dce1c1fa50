"""A ledger of years for `benchmarks.desk`: rows are written in bulk, not by the ledger.

The triggers that guard single decisions are removed first: this world is measured, not used.
"""

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from sqlalchemy import Table

from ledger import schema
from ledger.figures.facts import Fact, Grain, StoredFact, date_to_month, spread_over_periods
from ledger.quality.quality_facts import COUNTRY, name_organisation, name_province
from ledger.schema import DAY_MS
from ledger.search_words import list_search_words
from services.quality.quality_measures import QUALITY_MEASURES
from stamps.vietnam_time import OFFSET_MS, to_date, to_day_number

NOW: Final = 1_790_000_000_000
_YEARS_MS: Final = 3 * 365 * 86_400_000
_PRODUCTS, _PACKERS, _PRINT_HOUSES = 40, 300, 12
_AT_ONCE: Final = 5_000
_SCAN: Final = "batch, idx, at, id, via, device, net, province, country, verdict, score, reasons"
_FRUITS: Final = ("Sầu riêng", "Bưởi", "Xoài", "Thanh long", "Nhãn", "Vải", "Chuối", "Chanh leo")
_PROVINCES: Final = ("66", "68", "82", "79")
_PLACES: Final = ("Krông Pắc", "Cái Bè", "Lục Ngạn", "Tân Phước", "Cao Lãnh", "Di Linh")

Row = Sequence[Any]


@dataclass(frozen=True)
class Size:
    """Numbers of rows of a world."""

    orders: int
    """Batches and lots are as many."""
    alerts: int
    fact_days: int
    """Days with facts of three figures for each packer."""
    scans: int
    """Those of all stamps but the viral one."""

    @property
    def viral_batch(self) -> int:
        """The batch of the viral stamp, issued some weeks ago."""
        return self.orders * 97 // 100


FULL: Final = Size(100_000, 1_000_000, 1_095, 1_000_000)
QUICK: Final = Size(5_000, 50_000, 60, 50_000)
VIRAL_INDEX: Final = 4_999
"""Index of the stamp that a photo made known."""
VIRAL_SCANS: Final = 20_000
STEADY_BATCH: Final = 2
"""An early batch whose stamps are scanned again and again."""
STEADY_INDEX: Final = 4_998
STEADY_DAYS: Final = 4
"""A stamp of that batch is scanned each so many days, for the whole time."""


def fill_sqlite(path: str, size: Size) -> None:
    """Fill the tables of a migrated SQLite ledger."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for table, names, rows in _make_world(size):
            marks = ", ".join("?" * len(names))
            statement = f"INSERT INTO {table.name} ({_quote(names)}) VALUES ({marks})"  # noqa: S608
            connection.executemany(statement, rows)
            connection.commit()
        for statement in list_scan_statements(size, is_sqlite=True):
            connection.execute(statement)
            connection.commit()


def fill_postgresql(url: str, size: Size) -> None:
    """Fill the tables of a migrated PostgreSQL ledger, as its owner."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for table, names, rows in _make_world(size):
            with connection.cursor().copy(
                f"COPY {table.name} ({_quote(names)}) FROM STDIN"
            ) as copy:
                for row in rows:
                    copy.write_row(row)
        first = (NOW - _YEARS_MS) // DAY_MS
        connection.execute(
            "SELECT veritem_scan_day(day) FROM generate_series(%s::int, %s::int) AS day",
            (first, NOW // DAY_MS + 1),
        )
        for statement in list_scan_statements(size, is_sqlite=False):
            connection.execute(statement.encode())
        connection.commit()
        connection.execute("ANALYZE")


def _quote(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _make_world(size: Size) -> Iterator[tuple[Table, tuple[str, ...], Iterable[Row]]]:
    """Each table with the names of its columns and its rows."""
    chance = random.Random(17)
    products = [f"p{n}" for n in range(_PRODUCTS)]
    packers = [f"packer-{n}" for n in range(_PACKERS)]
    print_houses = [f"print-{n}" for n in range(_PRINT_HOUSES)]
    names = {
        **{name: f"{_FRUITS[n % 8]} số {n}" for n, name in enumerate(products)},
        **{name: f"HTX {_PLACES[n % 6]} {n}" for n, name in enumerate(packers)},
        **{name: f"Nhà in số {n}" for n, name in enumerate(print_houses)},
    }
    yield (
        schema.products,
        ("id", "name"),
        [(name, json.dumps({"vi": names[name]})) for name in products],
    )
    yield (
        schema.organisations,
        ("id", "kind", "name", "province"),
        [
            *((name, "packer", names[name], _PROVINCES[n % 4]) for n, name in enumerate(packers)),
            *((name, "print_house", names[name], None) for name in print_houses),
        ],
    )
    yield (
        schema.staff,
        ("id", "name", "role", "password_hash", "disabled", "added_at"),
        [("mai", "Nguyễn Thị Mai", "issuer", "x", False, 0)],
    )
    orders = list(_make_orders(chance, size.orders, products, packers, print_houses))
    yield schema.orders, _ORDER, orders
    yield (
        schema.order_numbers,
        ("order_id", "year", "serial"),
        [(order[0], 2023 + n * 3 // len(orders), n) for n, order in enumerate(orders, 1)],
    )
    yield schema.batches, _BATCH, _make_batches(orders)
    yield (
        schema.batch_parties,
        _PARTIES,
        [(n, row[0], row[4], row[5], row[6], row[8]) for n, row in enumerate(orders, 1)],
    )
    yield schema.spans, ("batch", "lo", "hi", "state", "changed_at"), _make_spans(chance, orders)
    yield schema.lots, _LOT, _make_lots(chance, size.orders, products, packers)
    yield schema.search_words, ("kind", "word", "row"), _make_words(names, orders)
    yield schema.alerts, _ALERT, _make_alerts(chance, size, orders)
    yield schema.figure_facts, (*StoredFact._fields, "total"), _make_facts(size, products, packers)
    yield schema.quality_facts, _QUALITY, _make_quality_facts(size, packers)


_ORDER: Final = (
    *("id", "count", "grade", "has_pin", "product", "packer", "print_house", "requested_by"),
    *("requested_at", "state", "note"),
)
_BATCH: Final = (
    *("number", "order_id", "count", "grade", "epoch", "host", "product", "has_pin", "actor"),
    *("at", "key", "request"),
)
_PARTIES: Final = ("number", "order_id", "product", "packer", "print_house", "at")
_LOT: Final = (
    *("code", "version", "document", "missing", "product", "packed_at", "actor", "at"),
    *("recalled_at", "organisation"),
)
_ALERT: Final = (
    *("id", "kind", "batch", "idx", "subject", "state", "owner", "score", "reasons", "scans"),
    *("stamps", "expected_loss", "opened_at", "updated_at", "product", "packer"),
    *("cause", "decided_at"),
)


_QUALITY: Final = ("scope", "month", "figure", "detail", "total")
_MISSING: Final = 10
"""Items that lots of a packer lack in a month."""


def _make_quality_facts(size: Size, packers: Sequence[str]) -> Iterator[Row]:
    """Facts about the quality of data: all figures of each packer and of the country by month."""
    last = date_to_month(to_date(NOW))
    figures = {one.part for one in QUALITY_MEASURES.values()}
    figures |= {name for one in QUALITY_MEASURES.values() for name in one.whole}
    details = [(name, "") for name in sorted(figures)]
    details += [("lots_missing", f"item-{n}") for n in range(_MISSING)]
    scopes = [COUNTRY, name_province("66"), *(name_organisation(one) for one in packers)]
    for month in range(last - size.fact_days // 30, last + 1):
        for scope in scopes:
            for figure, detail in details:
                yield scope, month, figure, detail, 7


def _make_facts(size: Size, products: Sequence[str], packers: Sequence[str]) -> Iterator[Row]:
    """The facts of the last days: three figures of each packer a day, with months and totals."""
    today, totals = to_day_number(NOW), Counter[StoredFact]()
    for day in range(today - size.fact_days, today):
        facts = {
            Fact(day, figure, detail, products[n % len(products)], packer): 100 + n
            for n, packer in enumerate(packers)
            for figure, detail in (("issued", ""), ("activated", ""), ("scans", "authentic"))
        }
        for key, count in spread_over_periods(facts).items():
            if key.grain == Grain.DAY:
                yield *key, count
            else:
                totals[key] += count
    for key, count in totals.items():
        yield *key, count


def _make_orders(
    chance: random.Random,
    count: int,
    products: Sequence[str],
    packers: Sequence[str],
    print_houses: Sequence[str],
) -> Iterator[Row]:
    for n in range(count):
        (state,) = chance.choices(
            ("fulfilled", "refused", "approved", "requested"), weights=(90, 5, 3, 2)
        )
        at = NOW - _YEARS_MS + n * (_YEARS_MS // count)
        note = f"vụ {chance.choice(('Tết', 'hè', 'thu'))} {n}"
        yield (
            f"o-{chance.getrandbits(64):016x}",
            chance.choice((5_000, 20_000, 100_000)),
            "sealed",
            False,
            chance.choice(products),
            None if chance.random() < 0.02 else chance.choice(packers),
            chance.choice(print_houses),
            "mai",
            at,
            state,
            note,
        )


def _make_batches(orders: Sequence[Row]) -> Iterator[Row]:
    for n, row in enumerate(orders, 1):
        host = "VERITEM.VN"
        yield (n, row[0], row[1], "sealed", 0, host, row[4], False, "mai", row[8], f"k{n}", "")


def _make_spans(chance: random.Random, orders: Sequence[Row]) -> Iterator[Row]:
    for n, row in enumerate(orders, 1):
        (state,) = chance.choices(("activated", "printed", "issued"), weights=(92, 5, 3))
        middle = row[1] // 2
        yield n, 0, middle, "activated" if state == "activated" else state, row[8]
        yield n, middle, row[1], state, row[8]


def _make_lots(
    chance: random.Random, count: int, products: Sequence[str], packers: Sequence[str]
) -> Iterator[Row]:
    for n in range(count):
        at, product = NOW - _YEARS_MS + n * (_YEARS_MS // count), chance.choice(products)
        document = json.dumps({"code": f"DL-{n}", "product": {"code": product}})
        missing = '["images"]' if chance.random() < 0.03 else "[]"
        recalled = at if chance.random() < 0.002 else None
        packer = chance.choice(packers)
        yield f"DL-{n}", 1, document, missing, product, at, "mai", at, recalled, packer


def _make_words(names: Mapping[str, str], orders: Sequence[Row]) -> Iterator[Row]:
    kinds = {"p": "product", "packer": "organisation", "print": "organisation"}
    for id_, name in names.items():
        kind = kinds.get(id_.partition("-")[0], "product")
        yield from ((kind, word, id_) for word in list_search_words(id_, name))
    for row in orders:
        yield from (("order", word, row[0]) for word in list_search_words(row[0], row[10]))
    for n in range(len(orders)):
        words = list_search_words(f"DL-{n}", f"Hộ ông Nguyễn Văn {n % 5000}")
        yield from (("lot", word, f"DL-{n}") for word in words)


_DAYS_TO_DECIDE: Final = 3
_CAUSES: Final = {"confirmed": "copied", "dismissed": "gift", "closed": "sample-on-show"}


def _make_alerts(chance: random.Random, size: Size, orders: Sequence[Row]) -> Iterator[Row]:
    count = size.alerts
    states = ("closed", "dismissed", "confirmed", "open", "investigating")
    for first in range(1, count + 1, _AT_ONCE):
        chunk = range(first, min(first + _AT_ONCE, count + 1))
        drawn = chance.choices(states, weights=(80, 12, 5, 2, 1), k=len(chunk))
        for n, state in zip(chunk, drawn, strict=True):
            # Stamps are scanned within weeks of their batch.
            batch = max(0, n * len(orders) // count - 1 - chance.randrange(len(orders) // 40 + 1))
            order = orders[batch]
            at = NOW - _YEARS_MS + n * (_YEARS_MS // count)
            yield (
                n,
                "stamp",
                batch + 1,
                n % 5,
                f"c{n}" if state in ("open", "investigating", "confirmed") else "",
                state,
                "mai" if state == "investigating" else None,
                5.0,
                "far-apart",
                2,
                0,
                chance.random() * 1000,
                at,
                at,
                order[4],
                order[5],
                _CAUSES.get(state),
                at + _DAYS_TO_DECIDE * DAY_MS if state in _CAUSES else None,
            )
    viral, steady = (size.viral_batch, VIRAL_INDEX), (STEADY_BATCH, STEADY_INDEX)
    for n, (batch, index) in enumerate((viral, steady), count + 1):
        known = (n, "stamp", batch, index, "", "open", None, 7.0, "many-devices", 1, 0, 7.0)
        yield (*known, NOW, NOW, orders[0][4], orders[0][5], None, None)


def list_scan_statements(size: Size, *, is_sqlite: bool) -> list[str]:
    """The statements that insert scans: made in the database, which is ten times as fast as rows.

    Each batch has as many, two a stamp, one a minute from the day of the batch on, in the order of
    the key. The viral stamp has its own in its last days, the steady one on days of all years.
    """
    each = max(1, size.scans // size.orders)
    if is_sqlite:
        id_ = "CAST(printf('%016d', {n}) AS BLOB)"
        numbers = (
            "WITH RECURSIVE k(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM k WHERE n + 1 < {most})"
        )
    else:
        id_ = "convert_to(lpad(({n})::text, 16, '0'), 'UTF8')"
        numbers = "WITH k(n) AS (SELECT generate_series(0, {most} - 1)::bigint)"
    stamps = (
        f"INSERT INTO scans ({_SCAN}) {numbers.format(most=each)}"  # noqa: S608 - our own names
        f" SELECT p.number, k.n / 2, p.at + k.n * 60000, {id_.format(n='k.n')}, 'page', k.n + 1,"
        " k.n % 7, '79', 'VN', 'authentic', 0.0, '' FROM batch_parties p CROSS JOIN k"
        " ORDER BY p.number, k.n"
    )
    viral = (
        f"INSERT INTO scans ({_SCAN}) {numbers.format(most=VIRAL_SCANS)}"  # noqa: S608 - the same
        f" SELECT {size.viral_batch}, {VIRAL_INDEX}, {NOW} - {VIRAL_SCANS} * 60000 + k.n * 60000,"
        f" {id_.format(n='k.n')}, 'page', k.n + 1, k.n % 900, '01', 'VN', 'caution', 6.5, ''"
        f" FROM k ORDER BY k.n"
    )
    each_ms = STEADY_DAYS * DAY_MS
    steady = (
        f"INSERT INTO scans ({_SCAN}) {numbers.format(most=_YEARS_MS // each_ms)}"  # noqa: S608 - the same
        f" SELECT {STEADY_BATCH}, {STEADY_INDEX}, {NOW} - {_YEARS_MS} + k.n * {each_ms},"
        f" {id_.format(n='k.n')}, 'page', k.n + 1, k.n % 7, '01', 'VN', 'authentic', 0.0, ''"
        f" FROM k ORDER BY k.n"
    )
    days = (
        "INSERT INTO batch_days (batch, day, scanned, anomalous)"  # noqa: S608 - the same
        f" SELECT DISTINCT batch, (at + {OFFSET_MS}) / {DAY_MS}, 0, 0 FROM scans ORDER BY 1, 2"
    )
    return [stamps, viral, steady, days]
