"""Lists: order numbers, parties of batches, search words, and an index for each sort and filter."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_PAGE = 5_000
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")
_ORDER_FILTERS = ("state", "product", "packer", "print_house", "requested_by")
_BATCH_FILTERS = ("product", "packer", "print_house", "order_id")


def upgrade() -> None:
    """Make tables and indexes, and fill them from the rows that there are."""
    _make_tables()
    _make_indexes()
    _number_orders()
    _note_parties()
    _note_alerts()
    _note_words()


def _make_tables() -> None:
    codepoints = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "order_numbers",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.CheckConstraint("serial > 0", name=op.f("ck_order_numbers_serial")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_numbers_order_id")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_numbers")),
        sa.UniqueConstraint("year", "serial", name=op.f("uq_order_numbers_year_serial")),
    )
    op.create_table(
        "batch_parties",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("packer", sa.Text(), nullable=True),
        sa.Column("print_house", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["batches.number"], name=op.f("fk_batch_parties_number")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_batch_parties")),
    )
    op.create_table(
        "search_words",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("word", codepoints, nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "word", "row", name=op.f("pk_search_words")),
        sqlite_with_rowid=False,
    )

    for name in ("product", "packer"):
        op.add_column("alerts", sa.Column(name, sa.Text(), nullable=True))


def _make_indexes() -> None:
    _index("order_numbers", "serial")
    _index("search_words", "kind", "row")
    op.drop_index("ix_orders_print_house", "orders")
    _index("orders", "count", "id")
    for name in _ORDER_FILTERS:
        _index("orders", name, "requested_at", "id")
        _index("orders", name, "count", "id")
    _index("batch_parties", "at", "number")
    for name in _BATCH_FILTERS:
        _index("batch_parties", name, "at", "number")
    op.drop_index("ix_alerts_state_expected_loss", "alerts")
    for sort in ("expected_loss", "opened_at"):
        _index("alerts", sort, "id")
        for name in ("state", "kind", "product", "packer"):
            _index("alerts", name, sort, "id")
        _index_where(
            f"ix_alerts_owner_{sort}", "alerts", ["owner", sort, "id"], "owner IS NOT NULL"
        )
    _index("alerts", "batch", "idx")
    _index("lots", "product", "at", "code")
    incomplete = "missing <> '[]' AND recalled_at IS NULL"
    _index_where("ix_lots_incomplete", "lots", ["at", "code"], incomplete)
    _index_where("ix_lots_recalled", "lots", ["at", "code"], "recalled_at IS NOT NULL")


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def _index_where(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _number_orders() -> None:
    """Number the orders of each year by the time of their request."""
    bind, last = op.get_bind(), dict[int, int]()
    orders = sa.text("SELECT id, requested_at FROM orders ORDER BY requested_at, id")
    numbers = sa.text("INSERT INTO order_numbers (order_id, year, serial) VALUES (:id, :year, :n)")
    for page in _pages(bind.execute(orders)):
        rows = []
        for id_, at in page:
            year = (datetime.fromtimestamp(at / 1000, UTC) + timedelta(hours=7)).year
            last[year] = last.get(year, 0) + 1
            rows.append({"id": id_, "year": year, "n": last[year]})
        bind.execute(numbers, rows)


def _note_parties() -> None:
    op.execute(
        "INSERT INTO batch_parties (number, order_id, product, packer, print_house, at)"
        " SELECT b.number, b.order_id, o.product, o.packer, o.print_house, b.at"
        " FROM batches b JOIN orders o ON o.id = b.order_id"
    )


def _note_alerts() -> None:
    """Note product and packer of alerts, by which they are filtered."""
    op.execute(
        "UPDATE alerts SET"
        " product = (SELECT product FROM batch_parties WHERE number = alerts.batch),"
        " packer = (SELECT packer FROM batch_parties WHERE number = alerts.batch)"
        " WHERE batch >= 0"
    )


def _note_words() -> None:
    bind = op.get_bind()
    _put(bind, "order", (row for row in bind.execute(sa.text("SELECT id, note FROM orders"))))
    names = sa.text("SELECT id, name FROM organisations")
    _put(bind, "organisation", (row for row in bind.execute(names)))
    _put(bind, "staff", (row for row in bind.execute(sa.text("SELECT id, name FROM staff"))))
    products = bind.execute(sa.text("SELECT id, gtin, name FROM products"))
    _put(bind, "product", ((id_, gtin, *json.loads(name).values()) for id_, gtin, name in products))
    lots = bind.execute(sa.text("SELECT code, document FROM lots"))
    _put(bind, "lot", ((code, *_list_names(json.loads(document))) for code, document in lots))


def _list_names(document: Any) -> Iterator[str | None]:
    yield from ((document.get("product") or {}).get("name") or {}).values()
    yield (document.get("producer") or {}).get("name")
    for place in ("growing_area", "packing_house"):
        yield (document.get(place) or {}).get("code")


def _put(bind: sa.Connection, kind: str, rows: Iterable[Any]) -> None:
    """Put the words of rows: the first text of each is its key."""
    insert = sa.text("INSERT INTO search_words (kind, word, row) VALUES (:kind, :word, :row)")
    for page in _pages(rows):
        words = [
            {"kind": kind, "word": word, "row": row[0]} for row in page for word in _split(row)
        ]
        if words:
            bind.execute(insert, words)


def _split(texts: Iterable[str | None]) -> list[str]:
    """Split a text into words as `ledger.search_words` does."""
    words: dict[str, None] = {}
    for text in texts:
        plain = unicodedata.normalize("NFKC", text or "").replace("Đ", "D").replace("đ", "d")
        letters = (one for one in unicodedata.normalize("NFD", plain))
        plain = "".join(one for one in letters if not unicodedata.combining(one)).casefold()
        words |= dict.fromkeys(word[:40] for word in _WORD.findall(plain))
    return list(words)[:100]


def _pages(rows: Iterable[Any]) -> Iterator[list[Any]]:
    page = []
    for row in rows:
        page.append(row)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page
