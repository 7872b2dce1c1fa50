"""The tables, one schema for SQLite and PostgreSQL.

Times are milliseconds since the epoch, UTC. Documents are canonical JSON as text, so that a hash
over them is the same on both engines. What is history (`HISTORY`) is append-only: triggers in the
first migration refuse UPDATE and DELETE.

`scans` is keyed by stamp, time and scan id: one index finds a stamp's scans in time order and
refuses a scan that comes twice. On PostgreSQL it is partitioned by day of `at`.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

HISTORY: Final = ("transitions", "audit", "scans", "alert_events", "reports")
"""The append-only tables."""

DAY_MS: Final = 86_400_000


def _must(name: str, kind: Any, *rest: Any) -> Column[Any]:
    return Column(name, kind, *rest, nullable=False)


def _may(name: str, kind: Any, *rest: Any) -> Column[Any]:
    return Column(name, kind, *rest, nullable=True)


organisations = Table(
    "organisations",
    metadata,
    Column("id", Text, primary_key=True),
    _must("kind", Text),
    _must("name", Text),
    _may("public_key", Text),
    _may("address", Text),
)

products = Table(
    "products",
    metadata,
    Column("id", Text, primary_key=True),
    _must("name", Text),
    _may("gtin", Text),
    _may("shelf_life_days", Integer),
)

places = Table(
    "places",
    metadata,
    Column("id", Text, primary_key=True),
    _must("kind", Text),
    _must("name", Text),
    _may("code", Text),
    _may("province", Text),
    _may("ward", Text),
    _may("lat", Float),
    _may("lon", Float),
    _may("organisation", Text, ForeignKey("organisations.id")),
)

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    _must("count", BigInteger),
    _must("grade", Text),
    _must("has_pin", Boolean),
    _may("product", Text, ForeignKey("products.id")),
    _may("packer", Text, ForeignKey("organisations.id")),
    _may("print_house", Text, ForeignKey("organisations.id")),
    _may("note", Text),
    _must("requested_by", Text),
    _must("requested_at", BigInteger),
    _must("state", Text),
    _may("decided_by", Text),
    _may("decided_at", BigInteger),
)

Index(None, orders.c.requested_at, orders.c.id)
Index(None, orders.c.print_house)

batches = Table(
    "batches",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _must("order_id", Text, ForeignKey("orders.id")),
    _must("count", Integer),
    _must("grade", Text),
    _must("epoch", Integer),
    _must("host", Text),
    _may("gtin", Text),
    _may("product", Text),
    _must("has_pin", Boolean),
    _must("actor", Text),
    _must("at", BigInteger),
    _must("key", Text),
    _must("request", Text),
    _may("manifest", LargeBinary),
    UniqueConstraint("key"),
    CheckConstraint("count > 0 AND count <= 16777216", name="count"),
)
Index(None, batches.c.order_id)

lots = Table(
    "lots",
    metadata,
    Column("code", Text, primary_key=True),
    _must("version", Integer),
    _must("document", Text),
    _must("missing", Text),
    _may("packing_house", Text),
    _may("product", Text),
    _may("packed_at", BigInteger),
    _may("expires_at", BigInteger),
    _must("actor", Text),
    _must("at", BigInteger),
    _may("recalled_at", BigInteger),
)

Index(None, lots.c.at, lots.c.code)

transitions = Table(
    "transitions",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _must("batch", Integer, ForeignKey("batches.number")),
    _must("lo", Integer),
    _must("hi", Integer),
    _must("transition", Text),
    _may("lot", Text),
    _may("reason", Text),
    _must("actor", Text),
    _must("at", BigInteger),
    _must("key", Text),
    _must("part", Integer),
    _must("request", Text),
    _must("hash", Text),
    UniqueConstraint("key", "part"),
    CheckConstraint("0 <= lo AND lo < hi", name="range"),
)
Index(None, transitions.c.batch, transitions.c.seq)

spans = Table(
    "spans",
    metadata,
    Column("batch", Integer, ForeignKey("batches.number"), primary_key=True),
    Column("lo", Integer, primary_key=True),
    _must("hi", Integer),
    _must("state", Text),
    _may("suspended_from", Text),
    _may("lot", Text),
    _may("reason", Text),
    _may("activated_at", BigInteger),
    _must("changed_at", BigInteger),
    CheckConstraint("0 <= lo AND lo < hi", name="range"),
    sqlite_with_rowid=False,
)
Index(None, spans.c.lot)

scans = Table(
    "scans",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("id", LargeBinary, primary_key=True),
    _must("via", Text),
    _may("device", BigInteger),
    _may("net", BigInteger),
    _may("lat", Float),
    _may("lon", Float),
    _may("accuracy_m", Float),
    _may("province", Text),
    _may("ward", Text),
    _may("country", Text),
    _must("verdict", Text),
    _must("score", Float),
    _must("reasons", Text),
    _may("agent_class", Text),
    Column("first", Boolean, nullable=False, server_default=false()),
    Column("anomalous", Boolean, nullable=False, server_default=false()),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (at)",
)

scan_counts = Table(
    "scan_counts",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("province", Text, primary_key=True),
    Column("verdict", Text, primary_key=True),
    _must("scans", BigInteger),
    sqlite_with_rowid=False,
)

batch_days = Table(
    "batch_days",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    _must("scanned", BigInteger),
    _must("anomalous", BigInteger),
    sqlite_with_rowid=False,
)

product_days = Table(
    "product_days",
    metadata,
    Column("product", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    _must("activated", BigInteger),
    _must("scanned", BigInteger),
    sqlite_with_rowid=False,
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _must("kind", Text),
    _must("batch", Integer),
    _must("idx", Integer),
    _must("state", Text),
    _may("cause", Text),
    _may("owner", Text),
    _must("score", Float),
    _must("reasons", Text),
    _must("scans", Integer),
    _must("expected_loss", Float),
    _must("opened_at", BigInteger),
    _must("updated_at", BigInteger),
)
Index(
    "uq_alerts_active",
    alerts.c.kind,
    alerts.c.batch,
    alerts.c.idx,
    unique=True,
    sqlite_where=text("state <> 'closed'"),
    postgresql_where=text("state <> 'closed'"),
)
Index(None, alerts.c.state, alerts.c.expected_loss)

alert_events = Table(
    "alert_events",
    metadata,
    Column("alert", BigInteger, ForeignKey("alerts.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    _must("at", BigInteger),
    _must("actor", Text),
    _must("what", Text),
    _must("state", Text),
    _may("cause", Text),
    _may("note", Text),
    _must("score", Float),
    _must("reasons", Text),
    _must("scans", Text),
    sqlite_with_rowid=False,
)

alert_scans = Table(
    "alert_scans",
    metadata,
    Column("alert", BigInteger, ForeignKey("alerts.id"), primary_key=True),
    Column("scan", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

pin_attempts = Table(
    "pin_attempts",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    _must("wrong", Integer),
    _may("locked_until", BigInteger),
    sqlite_with_rowid=False,
)

reports = Table(
    "reports",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    _must("batch", Integer),
    _must("idx", Integer),
    _must("at", BigInteger),
    _may("device", BigInteger),
    _may("province", Text),
    _must("text", Text),
)
Index(None, reports.c.batch, reports.c.idx)
Index(None, reports.c.at)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _must("at", BigInteger),
    _must("actor", Text),
    _must("action", Text),
    _must("subject", Text),
    _must("details", Text),
    _must("hash", Text),
)
Index(None, audit.c.subject)

staff = Table(
    "staff",
    metadata,
    Column("id", Text, primary_key=True),
    _must("name", Text),
    _must("role", Text),
    _may("organisation", Text, ForeignKey("organisations.id")),
    _must("password_hash", Text),
    _may("otp_secret", Text),
    _must("disabled", Boolean),
    _must("added_at", BigInteger),
)

staff_sign_in = Table(
    "staff_sign_in",
    metadata,
    Column("staff", Text, ForeignKey("staff.id"), primary_key=True),
    _must("wrong", Integer),
    _may("locked_until", BigInteger),
    _must("otp_step", BigInteger),
    _must("generation", Integer),
)

staff_tokens = Table(
    "staff_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    _must("staff", Text, ForeignKey("staff.id")),
    _must("label", Text),
    _must("sha256", Text),
    _must("made_at", BigInteger),
    _may("expires_at", BigInteger),
    _may("revoked_at", BigInteger),
)
Index(None, staff_tokens.c.staff)

chain_heads = Table(
    "chain_heads",
    metadata,
    Column("name", Text, primary_key=True),
    _must("seq", BigInteger),
    _must("hash", Text),
)
