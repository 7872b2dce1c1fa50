"""Lists: what matches is found, sorted and paged both ways, from indexes."""

from collections.abc import Sequence
from typing import cast

import pytest
from sqlalchemy import Float, Integer, Table, insert, text

from ledger import Ledger, Order, Organisation, ProductRow, schema, search_words
from ledger.lists import (
    ListQuery,
    Lists,
    ListTable,
    Match,
    access,
    administration,
    diary,
    reviews,
    tables,
)
from ledger.search_words import WordKind
from tests.ledger.conftest import NOW
from tests.ledger.list_plans import find_costs

LISTS = (
    *(tables.ORDERS, tables.BATCHES, tables.LOTS, tables.ALERTS, tables.PROPOSALS, tables.CODES),
    *(administration.STAFF, administration.ORGANISATIONS, administration.PLACES),
    administration.AUDIT,
    tables.REPORTS,
    *(access.TOKENS, access.SESSIONS),
    reviews.SUBMISSIONS,
    diary.ENTRIES,
    tables.CARTONS,
)
STATES = ("requested", "approved", "refused", "fulfilled")


async def add_orders(ledger: Ledger, count: int) -> None:
    """Orders one second apart: two of three name a packer, by turns of two products."""
    for name in ("krong-pac", "tan-phuoc"):
        await ledger.organisations.add(Organisation(name, "packer", name))
    for name in ("ri6", "monthong"):
        await ledger.products.add(ProductRow(name, {"vi": name}))
    for n in range(count):
        await ledger.orders.add(
            Order(
                f"o{n:03d}",
                100 + n % 5,
                "sealed",
                requested_by="an",
                product=("ri6", "monthong")[n % 2],
                packer=("krong-pac", "tan-phuoc", None)[n % 3],
                requested_at=NOW + 1000 * n,
            )
        )


async def read_all(ledger: Ledger, query: ListQuery, limit: int) -> list[str]:
    """All pages one after the other, by their cursors."""
    ids: list[str] = []
    after = None
    while True:
        asked = ListQuery(
            where=query.where,
            sort=query.sort,
            is_descending=query.is_descending,
            after=after,
            limit=limit + 1,
        )
        page = await ledger.lists.find_page(tables.ORDERS, asked, limit)
        ids += [row["id"] for row in page.rows]
        if not page.has_more:
            return ids
        after = (page.rows[-1][query.sort], page.rows[-1]["id"])


def matches(order: int, where: Sequence[Sequence[Match]]) -> bool:
    cells = {
        "product": ("ri6", "monthong")[order % 2],
        "packer": ("krong-pac", "tan-phuoc", None)[order % 3],
        "state": "requested",
    }
    return all(any(cells[name] == value for name, value in group) for group in where)


@pytest.mark.parametrize(
    "where",
    [
        [],
        [[("product", "ri6")]],
        [[("packer", "krong-pac"), ("packer", None)]],
        [[("packer", "krong-pac"), ("packer", None)], [("product", "ri6"), ("product", "x")]],
        [[("packer", "krong-pac"), ("product", "ri6")]],
        [[("state", state) for state in STATES], [("packer", f"p{n}") for n in range(60)]],
        [[]],
    ],
)
@pytest.mark.parametrize("sort", ["requested_at", "count"])
@pytest.mark.parametrize("is_descending", [True, False])
async def test_pages_have_every_row_that_matches_once_in_order(
    ledger: Ledger, where: list[list[Match]], sort: str, is_descending: bool
) -> None:
    await add_orders(ledger, 23)
    query = ListQuery(where=where, sort=sort, is_descending=is_descending)
    found = await read_all(ledger, query, 4)
    wanted = [n for n in range(23) if matches(n, where)]
    key = (lambda n: (100 + n % 5, n)) if sort == "count" else (lambda n: (n, n))
    assert found == [f"o{n:03d}" for n in sorted(wanted, key=key, reverse=is_descending)]
    assert await ledger.lists.count(tables.ORDERS, query, 100) == len(wanted)


async def test_a_page_before_a_row_ends_at_it_in_the_order_of_the_list(ledger: Ledger) -> None:
    await add_orders(ledger, 9)
    query = ListQuery(sort="requested_at", before=(NOW + 2000, "o002"), limit=4)
    page = await ledger.lists.find_page(tables.ORDERS, query, 3)
    assert [row["id"] for row in page.rows] == ["o005", "o004", "o003"]
    assert page.has_more  # o006 to o008 come before them


async def test_rows_are_counted_up_to_a_bound(ledger: Ledger) -> None:
    await add_orders(ledger, 9)
    assert await ledger.lists.count(tables.ORDERS, ListQuery(sort="count"), 5) == 5


async def find_words(lists: Lists, kind: WordKind, text: str) -> list[str]:
    return (await lists.find_by_words(text, {kind: 9}))[kind].rows


async def test_words_are_found_by_their_begin_without_accents(ledger: Ledger) -> None:
    await ledger.products.add(ProductRow("p1", {"vi": "Sầu riêng Ri6", "zh": "Ri6 榴莲"}))
    await ledger.products.add(ProductRow("p2", {"vi": "Bưởi da xanh"}))
    lists = ledger.lists
    for typed in ("sau rieng", "SẦU", "rieng sau", "榴莲", "莲", "ri", "p1"):
        assert await find_words(lists, "product", typed) == ["p1"], typed
    for typed in ("sau xanh", "riengx", "%", "", "_"):
        assert await find_words(lists, "product", typed) == [], typed
    assert await find_words(lists, "organisation", "sau") == []


async def test_a_row_is_found_by_its_new_name_only(ledger: Ledger) -> None:
    await ledger.organisations.add(Organisation("kp", "packer", "Cơ sở Krông Pắc"))
    await ledger.organisations.replace(Organisation("kp", "packer", "Cơ sở Ea Knuếc"))
    assert await find_words(ledger.lists, "organisation", "krong") == []
    assert await find_words(ledger.lists, "organisation", "knuec") == ["kp"]


async def test_a_search_looks_at_some_of_the_rows_of_common_words_and_says_so(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_words, "_MOST_CANDIDATES", 20)
    rows = [{"kind": "lot", "word": word, "row": f"L{n}"} for n in range(30) for word in ("a", "b")]
    rare = {"kind": "lot", "word": "rare", "row": "L29"}
    async with ledger._store.append() as connection:
        await connection.execute(insert(schema.search_words), [*rows, rare])
    common = (await ledger.lists.find_by_words("a b", {"lot": 100}))["lot"]
    assert (len(common.rows), common.is_partial) == (20, True)
    found = (await ledger.lists.find_by_words("a rare b", {"lot": 100}))["lot"]
    assert (found.rows, found.is_partial) == (["L29"], False)
    cut = (await ledger.lists.find_by_words("rare", {"lot": 0}))["lot"]
    assert (cut.rows, cut.is_partial) == ([], True)


VALUES = {"since": 1, "until": 1, "batch": 1}
FILTERS = {
    "orders": ("state", "product", "packer", "print_house", "requested_by", "since"),
    "batches": ("product", "packer", "print_house", "order", "since"),
    "lots": ("organisation", "product", "state", "since"),
    "alerts": ("state", "kind", "product", "packer", "owner"),
    "proposals": ("state", "requested_by"),
    "codes": ("kind", "province", "organisation"),
    "staff": ("role", "organisation"),
    "organisations": ("kind",),
    "places": ("kind", "organisation", "province"),
    "audit": ("actor", "action", "subject"),
    "tokens": ("staff", "organisation", "since"),
    "sessions": ("staff", "since"),
    "findings": ("state", "kind", "actor", "province"),
    "submissions": ("state", "organisation", "product", "since"),
    "diary": ("organisation", "kind", "place", "lot", "since"),
    "cartons": ("kind", "organisation", "label", "since"),
    "reports": ("state", "kind", "source", "province", "product", "packer", "owner"),
}
"""The filters that have an index with each sort of their list."""


@pytest.mark.parametrize("table", LISTS, ids=lambda table: table.name)
async def test_every_sort_and_filter_is_read_from_an_index(
    ledger: Ledger, table: ListTable
) -> None:
    async with ledger._store.read() as connection:
        for sort in table.sorts:
            asked: list[list[list[Match]]] = [[]]
            for name in FILTERS[table.name]:
                if sort in ("count", "due_on") and name in ("since", "product"):
                    continue  # by size or due day: these are looked at row by row
                values = ("incomplete", "recalled") if table is tables.LOTS else ("x",)
                asked += [[[(name, VALUES.get(name, value))]] for value in values]
            after = tuple(
                1 if isinstance(column.type, Integer | Float) else "x"
                for column in (table.sorts[sort], table.key)
            )
            for where in asked:
                for bound in (None, after):
                    query = ListQuery(where=where, sort=sort, after=bound, limit=51)
                    (branch,) = query.select_branches(table)
                    costs = await find_costs(connection, branch, is_filtered=bool(where))
                    assert not costs, (where, sort, costs)


@pytest.mark.parametrize(
    "table",
    [tables.ORDERS, tables.BATCHES, tables.LOTS, reviews.SUBMISSIONS, tables.CARTONS],
    ids=lambda table: table.name,
)
async def test_rows_of_a_province_are_those_of_its_packers(
    ledger: Ledger, table: ListTable
) -> None:
    """The packers' rows are read from an index, or the list's order is; no table is read whole."""
    async with ledger._store.read() as connection:
        for sort in table.sorts:
            query = ListQuery(where=[[("province", "66")]], sort=sort, limit=51)
            (branch,) = query.select_branches(table)
            costs = await find_costs(connection, branch, is_filtered=False)
            base = cast(Table, table.base)
            assert not [cost for cost in costs if base.name in cost], (sort, costs)


@pytest.mark.parametrize(
    "match", [("list", ("ocop", "2026-10-01")), ("unpublished", ("2026-10-01", 1))]
)
async def test_lots_of_listed_products_are_read_in_their_order(
    ledger: Ledger, match: Match
) -> None:
    """Entries, packers and publications are looked up for each lot; no table is read whole."""
    async with ledger._store.read() as connection:
        for more in ([], [[("organisation", "krong-pac")]]):
            query = ListQuery(where=[[match], *more], sort="at", limit=51)
            (branch,) = query.select_branches(tables.LOTS)
            assert not await find_costs(connection, branch, is_filtered=False)


async def test_a_period_of_the_audit_log_is_a_range_of_its_numbers(ledger: Ledger) -> None:
    hour = 3_600_000
    for at in (NOW, NOW + 5 * hour, NOW + 5 * hour - 1, NOW + 9 * hour):
        await ledger.audit.append(actor="an", action="probe", subject="thing:1", at=at)
    for begin, end, wanted in (
        (NOW + 5 * hour, NOW + 9 * hour, 1),
        (NOW + 5 * hour - 1, NOW + 9 * hour + 1, 3),
        (NOW, NOW + 5 * hour, 2),
        (NOW + 10 * hour, NOW + 11 * hour, 0),
    ):
        period: list[Match] = [("since", begin), ("until", end)]
        query = ListQuery(where=[[("action", "probe")], *([one] for one in period)], sort="seq")
        page = await ledger.lists.find_page(administration.AUDIT, query, 9)
        assert len(page.rows) == wanted
        async with ledger._store.read() as connection:
            (branch,) = query.select_branches(administration.AUDIT)
            assert not await find_costs(connection, branch, is_filtered=False)


async def test_a_query_is_planned_for_its_values_however_often_it_ran(ledger: Ledger) -> None:
    if ledger.is_sqlite:
        pytest.skip("SQLite keeps no plans")
    query = ListQuery(where=[[("state", "requested")]], sort="requested_at")
    async with ledger._store.read() as connection:
        for _ in range(12):  # the driver prepares after five runs, PostgreSQL decides after five
            await connection.execute(query.select_page(tables.ORDERS))
        kept = await connection.execute(
            text(
                "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
                " WHERE statement LIKE '%found%'"
            )
        )
        [(generic, custom)] = kept.all()
        assert generic == 0
        assert custom > 5
