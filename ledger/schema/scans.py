"""Scans and what is counted of them, attempts of PINs, enrolled devices."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from ledger.schema.columns import metadata, optional, required

scans = Table(
    "scans",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("id", LargeBinary, primary_key=True),
    required("via", Text),
    optional("device", BigInteger),
    optional("net", BigInteger),
    optional("lat", Float),
    optional("lon", Float),
    optional("accuracy_m", Float),
    optional("province", Text),
    optional("ward", Text),
    optional("country", Text),
    required("verdict", Text),
    required("score", Float),
    required("reasons", Text),
    optional("agent_class", Text),
    Column("first", Boolean, nullable=False, server_default=false()),
    Column("anomalous", Boolean, nullable=False, server_default=false()),
    optional("signed", Text),
    optional("weight", Text),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (at)",
)
Index(
    "ix_scans_anomalous",
    scans.c.batch,
    scans.c.anomalous,
    scans.c.idx,
    sqlite_where=text("anomalous = 1"),
    postgresql_where=text("anomalous"),
)

scan_counts = Table(
    "scan_counts",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("province", Text, primary_key=True),
    Column("verdict", Text, primary_key=True),
    required("scans", BigInteger),
    sqlite_with_rowid=False,
)

batch_days = Table(
    "batch_days",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    required("scanned", BigInteger),
    required("anomalous", BigInteger),
    sqlite_with_rowid=False,
)

product_days = Table(
    "product_days",
    metadata,
    Column("product", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    required("activated", BigInteger),
    required("scanned", BigInteger),
    sqlite_with_rowid=False,
)

pin_attempts = Table(
    "pin_attempts",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    required("wrong", Integer),
    optional("device", BigInteger),
    optional("net", BigInteger),
    optional("other_device", BigInteger),
    optional("other_net", BigInteger),
    Column("others", Integer, nullable=False, server_default=text("0")),
    optional("last_other_at", BigInteger),
    Column("reported", Integer, nullable=False, server_default=text("0")),
    sqlite_with_rowid=False,
)
Index(
    "ix_pin_attempts_others",
    pin_attempts.c.batch,
    pin_attempts.c.others,
    sqlite_where=text("others > 0"),
    postgresql_where=text("others > 0"),
)
Index(
    "ix_pin_attempts_unreported",
    pin_attempts.c.batch,
    pin_attempts.c.idx,
    sqlite_where=text("others > reported"),
    postgresql_where=text("others > reported"),
)

devices = Table(
    "devices",
    metadata,
    Column("id", Text, primary_key=True),
    required("account", Text, ForeignKey("staff.id")),
    required("kind", Text),
    required("label", Text),
    required("code_sha256", Text),
    required("code_expires_at", BigInteger),
    required("added_at", BigInteger),
    optional("public_key", LargeBinary),
    optional("enrolled_at", BigInteger),
    optional("revoked_at", BigInteger),
    UniqueConstraint("code_sha256"),
    UniqueConstraint("public_key"),
)
Index(None, devices.c.account, devices.c.added_at)
