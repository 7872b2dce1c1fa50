"""Batches, transitions and the spans that follow from them."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ledger.schema.columns import metadata, optional_column, required_column

NO_DUE_DAY: Final = "9999-12-31"
"""The due day of batches whose order names none: lists by due day end with them."""

batches = Table(
    "batches",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    required_column("order_id", Text, ForeignKey("orders.id")),
    required_column("count", Integer),
    required_column("grade", Text),
    required_column("epoch", Integer),
    required_column("host", Text),
    optional_column("gtin", Text),
    optional_column("product", Text),
    required_column("has_pin", Boolean),
    required_column("actor", Text),
    required_column("at", BigInteger),
    required_column("key", Text),
    required_column("request", Text),
    optional_column("manifest", LargeBinary),
    UniqueConstraint("key"),
    CheckConstraint("count > 0 AND count <= 16777216", name="count"),
)
Index(None, batches.c.order_id)

batch_parties = Table(
    "batch_parties",
    metadata,
    Column("number", Integer, ForeignKey("batches.number"), primary_key=True, autoincrement=False),
    required_column("order_id", Text),
    optional_column("product", Text),
    optional_column("packer", Text),
    optional_column("print_house", Text),
    required_column("at", BigInteger),
    Column("due_on", Text, nullable=False, server_default=NO_DUE_DAY),
)
for _sort in (batch_parties.c.at, batch_parties.c.due_on):
    for _filter in ("product", "packer", "print_house", "order_id"):
        Index(None, batch_parties.c[_filter], _sort, batch_parties.c.number)
    Index(None, _sort, batch_parties.c.number)

transitions = Table(
    "transitions",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    required_column("batch", Integer, ForeignKey("batches.number")),
    required_column("lo", Integer),
    required_column("hi", Integer),
    required_column("transition", Text),
    optional_column("lot", Text),
    optional_column("reason", Text),
    required_column("actor", Text),
    required_column("at", BigInteger),
    required_column("key", Text),
    required_column("part", Integer),
    required_column("request", Text),
    optional_column("acted_at", BigInteger),
    required_column("hash", Text),
    UniqueConstraint("key", "part"),
    CheckConstraint("0 <= lo AND lo < hi", name="range"),
)
Index(None, transitions.c.batch, transitions.c.seq)

spans = Table(
    "spans",
    metadata,
    Column("batch", Integer, ForeignKey("batches.number"), primary_key=True),
    Column("lo", Integer, primary_key=True),
    required_column("hi", Integer),
    required_column("state", Text),
    optional_column("suspended_from", Text),
    optional_column("lot", Text),
    optional_column("reason", Text),
    optional_column("activated_at", BigInteger),
    required_column("changed_at", BigInteger),
    CheckConstraint("0 <= lo AND lo < hi", name="range"),
    sqlite_with_rowid=False,
)
Index(None, spans.c.lot)
Index(
    "ix_spans_waiting",
    spans.c.state,
    spans.c.batch,
    sqlite_where=text("state IN ('issued', 'printed')"),
    postgresql_where=text("state IN ('issued', 'printed')"),
)
Index(
    "ix_spans_listed",
    spans.c.batch,
    spans.c.lo,
    sqlite_where=text("state IN ('void', 'suspended', 'recalled')"),
    postgresql_where=text("state IN ('void', 'suspended', 'recalled')"),
)
