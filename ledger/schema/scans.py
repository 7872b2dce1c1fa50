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

from ledger.schema.columns import metadata, optional_column, required_column

scans = Table(
    "scans",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("id", LargeBinary, primary_key=True),
    required_column("via", Text),
    optional_column("device", BigInteger),
    optional_column("net", BigInteger),
    optional_column("lat", Float),
    optional_column("lon", Float),
    optional_column("accuracy_m", Float),
    optional_column("province", Text),
    optional_column("ward", Text),
    optional_column("country", Text),
    required_column("verdict", Text),
    required_column("score", Float),
    required_column("reasons", Text),
    optional_column("agent_class", Text),
    Column("first", Boolean, nullable=False, server_default=false()),
    Column("anomalous", Boolean, nullable=False, server_default=false()),
    optional_column("signed", Text),
    optional_column("weight", Text),
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
    required_column("scans", BigInteger),
    sqlite_with_rowid=False,
)

batch_days = Table(
    "batch_days",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    required_column("scanned", BigInteger),
    required_column("anomalous", BigInteger),
    Column("anonymous", Boolean, nullable=False, server_default=false()),
    sqlite_with_rowid=False,
)
Index(
    "ix_batch_days_pseudonymous",
    batch_days.c.day,
    batch_days.c.batch,
    sqlite_where=text("anonymous = 0"),
    postgresql_where=text("NOT anonymous"),
)

product_days = Table(
    "product_days",
    metadata,
    Column("product", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    required_column("activated", BigInteger),
    required_column("scanned", BigInteger),
    sqlite_with_rowid=False,
)

pin_attempts = Table(
    "pin_attempts",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    required_column("wrong", Integer),
    optional_column("device", BigInteger),
    optional_column("net", BigInteger),
    optional_column("other_device", BigInteger),
    optional_column("other_net", BigInteger),
    Column("others", Integer, nullable=False, server_default=text("0")),
    optional_column("last_other_at", BigInteger),
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
    required_column("account", Text, ForeignKey("staff.id")),
    required_column("kind", Text),
    required_column("label", Text),
    required_column("code_sha256", Text),
    required_column("code_expires_at", BigInteger),
    required_column("added_at", BigInteger),
    optional_column("public_key", LargeBinary),
    optional_column("enrolled_at", BigInteger),
    optional_column("revoked_at", BigInteger),
    UniqueConstraint("code_sha256"),
    UniqueConstraint("public_key"),
)
Index(None, devices.c.account, devices.c.added_at)
