"""Consumers' reports, their contacts, photos and groups, and what they weigh."""

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
    false,
    text,
)

from ledger.schema.columns import CODE_POINTS, metadata, optional_column, required_column

reports = Table(
    "reports",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    required_column("batch", Integer),
    required_column("idx", Integer),
    required_column("at", BigInteger),
    optional_column("device", BigInteger),
    optional_column("province", Text),
    required_column("text", Text),
    optional_column("kind", Text),
    optional_column("typed", Text),
    optional_column("net", BigInteger),
    Column("crowded", Boolean, nullable=False, server_default=false()),
    optional_column("language", Text),
    optional_column("photo", Text),
)
Index(None, reports.c.batch, reports.c.idx)
Index(None, reports.c.at)
Index(
    "ix_reports_pseudonymous",
    reports.c.at,
    sqlite_where=text("device IS NOT NULL OR net IS NOT NULL"),
    postgresql_where=text("device IS NOT NULL OR net IS NOT NULL"),
)
Index(
    "ix_reports_typed",
    reports.c.typed,
    sqlite_where=text("typed IS NOT NULL"),
    postgresql_where=text("typed IS NOT NULL"),
)

report_arrivals = Table(
    "report_arrivals",
    metadata,
    Column("report", LargeBinary, ForeignKey("reports.id"), primary_key=True),
    required_column("at", BigInteger),
    sqlite_with_rowid=False,
)
Index(None, report_arrivals.c.at)

report_contacts = Table(
    "report_contacts",
    metadata,
    Column("report", LargeBinary, ForeignKey("reports.id"), primary_key=True),
    required_column("contact", Text),
    required_column("at", BigInteger),
    optional_column("sealed_with", Text),
    sqlite_with_rowid=False,
)
Index(None, report_contacts.c.at)

report_photos = Table(
    "report_photos",
    metadata,
    Column("report", LargeBinary, ForeignKey("reports.id"), primary_key=True),
    required_column("state", Text),
    optional_column("picture", LargeBinary),
    required_column("at", BigInteger),
)
Index(None, report_photos.c.at)

report_groups = Table(
    "report_groups",
    metadata,
    Column("id", CODE_POINTS, primary_key=True),
    required_column("batch", Integer),
    required_column("idx", Integer),
    optional_column("typed", Text),
    required_column("kind", Text),
    required_column("source", Text),
    optional_column("province", Text),
    optional_column("product", Text),
    optional_column("packer", Text),
    required_column("state", Text),
    optional_column("owner", Text),
    required_column("reports", Integer),
    required_column("networks", Integer),
    required_column("first_at", BigInteger),
    required_column("last_at", BigInteger),
    optional_column("closed_at", BigInteger),
)
for _sort in (report_groups.c.last_at, report_groups.c.reports):
    Index(None, _sort, report_groups.c.id)
    for _filter in ("state", "kind", "source", "province", "product", "packer", "owner"):
        Index(None, report_groups.c[_filter], _sort, report_groups.c.id)
Index(None, report_groups.c.batch, report_groups.c.idx)

report_evidence = Table(
    "report_evidence",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    required_column("nats", Float),
    required_column("told", Float),
    required_column("at", BigInteger),
    sqlite_with_rowid=False,
)
Index(
    "ix_report_evidence_untold",
    report_evidence.c.batch,
    report_evidence.c.idx,
    sqlite_where=text("nats > told"),
    postgresql_where=text("nats > told"),
)

report_events = Table(
    "report_events",
    metadata,
    Column("report_group", CODE_POINTS, ForeignKey("report_groups.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    required_column("at", BigInteger),
    required_column("actor", Text),
    required_column("state", Text),
    optional_column("owner", Text),
    optional_column("note", Text),
    optional_column("channel", Text),
    sqlite_with_rowid=False,
)
