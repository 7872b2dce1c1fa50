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

from ledger.schema.columns import CODE_POINTS, metadata, optional, required

reports = Table(
    "reports",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    required("batch", Integer),
    required("idx", Integer),
    required("at", BigInteger),
    optional("device", BigInteger),
    optional("province", Text),
    required("text", Text),
    optional("kind", Text),
    optional("typed", Text),
    optional("net", BigInteger),
    Column("crowded", Boolean, nullable=False, server_default=false()),
    optional("language", Text),
    optional("photo", Text),
)
Index(None, reports.c.batch, reports.c.idx)
Index(None, reports.c.at)
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
    required("at", BigInteger),
    sqlite_with_rowid=False,
)
Index(None, report_arrivals.c.at)

report_contacts = Table(
    "report_contacts",
    metadata,
    Column("report", LargeBinary, ForeignKey("reports.id"), primary_key=True),
    required("contact", Text),
    required("at", BigInteger),
    optional("sealed_with", Text),
    sqlite_with_rowid=False,
)
Index(None, report_contacts.c.at)

report_photos = Table(
    "report_photos",
    metadata,
    Column("report", LargeBinary, ForeignKey("reports.id"), primary_key=True),
    required("state", Text),
    optional("picture", LargeBinary),
    required("at", BigInteger),
)
Index(None, report_photos.c.at)

report_groups = Table(
    "report_groups",
    metadata,
    Column("id", CODE_POINTS, primary_key=True),
    required("batch", Integer),
    required("idx", Integer),
    optional("typed", Text),
    required("kind", Text),
    required("source", Text),
    optional("province", Text),
    optional("product", Text),
    optional("packer", Text),
    required("state", Text),
    optional("owner", Text),
    required("reports", Integer),
    required("networks", Integer),
    required("first_at", BigInteger),
    required("last_at", BigInteger),
    optional("closed_at", BigInteger),
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
    required("nats", Float),
    required("told", Float),
    required("at", BigInteger),
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
    required("at", BigInteger),
    required("actor", Text),
    required("state", Text),
    optional("owner", Text),
    optional("note", Text),
    optional("channel", Text),
    sqlite_with_rowid=False,
)
