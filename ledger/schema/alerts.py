"""Alerts, their handling, and decisions in force."""

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

alerts = Table(
    "alerts",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    required_column("kind", Text),
    required_column("batch", Integer),
    required_column("idx", Integer),
    required_column("subject", Text),
    optional_column("previous", BigInteger, ForeignKey("alerts.id")),
    required_column("state", Text),
    optional_column("cause", Text),
    optional_column("owner", Text),
    required_column("score", Float),
    required_column("reasons", Text),
    required_column("scans", Integer),
    required_column("stamps", Integer),
    optional_column("counted", Text),
    required_column("expected_loss", Float),
    required_column("opened_at", BigInteger),
    required_column("updated_at", BigInteger),
    optional_column("product", Text),
    optional_column("packer", Text),
    optional_column("due_at", BigInteger),
    optional_column("province", Text),
    Column("is_news", Boolean, nullable=False, server_default=false()),
    optional_column("decided_at", BigInteger),
    Column("report_score", Float, nullable=False, server_default=text("0")),
)
Index(
    "uq_alerts_active",
    alerts.c.kind,
    alerts.c.batch,
    alerts.c.idx,
    alerts.c.subject,
    unique=True,
    sqlite_where=text("state NOT IN ('dismissed', 'closed')"),
    postgresql_where=text("state NOT IN ('dismissed', 'closed')"),
)
for _sort in (alerts.c.expected_loss, alerts.c.opened_at):
    Index(None, _sort, alerts.c.id)
    for _filter in ("state", "kind", "product", "packer", "province"):
        Index(None, alerts.c[_filter], _sort, alerts.c.id)
    Index(
        f"ix_alerts_owner_{_sort.name}",
        alerts.c.owner,
        _sort,
        alerts.c.id,
        sqlite_where=text("owner IS NOT NULL"),
        postgresql_where=text("owner IS NOT NULL"),
    )
Index(None, alerts.c.batch, alerts.c.idx, alerts.c.id)
Index(
    "ix_alerts_subject",
    alerts.c.subject,
    alerts.c.id,
    sqlite_where=text("subject <> ''"),
    postgresql_where=text("subject <> ''"),
)
Index(None, alerts.c.batch, alerts.c.expected_loss, alerts.c.id)
Index(
    "ix_alerts_due",
    alerts.c.due_at,
    alerts.c.id,
    sqlite_where=text("due_at IS NOT NULL"),
    postgresql_where=text("due_at IS NOT NULL"),
)
Index(
    "ix_alerts_news",
    alerts.c.expected_loss,
    alerts.c.id,
    sqlite_where=text("is_news"),
    postgresql_where=text("is_news"),
)

Index(
    "ix_alerts_decided",
    alerts.c.decided_at,
    alerts.c.id,
    sqlite_where=text("decided_at IS NOT NULL"),
    postgresql_where=text("decided_at IS NOT NULL"),
)

alert_events = Table(
    "alert_events",
    metadata,
    Column("alert", BigInteger, ForeignKey("alerts.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    required_column("at", BigInteger),
    required_column("actor", Text),
    required_column("what", Text),
    required_column("state", Text),
    optional_column("cause", Text),
    optional_column("note", Text),
    required_column("score", Float),
    required_column("reasons", Text),
    required_column("scans", Text),
    optional_column("owner", Text),
    optional_column("due_at", BigInteger),
    sqlite_with_rowid=False,
)

alert_photos = Table(
    "alert_photos",
    metadata,
    Column("alert", BigInteger, ForeignKey("alerts.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("place", Integer, primary_key=True),
    required_column("at", BigInteger),
    required_column("sha256", Text),
    required_column("picture", LargeBinary),
)

alert_minutes = Table(
    "alert_minutes",
    metadata,
    Column("alert", BigInteger, ForeignKey("alerts.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    required_column("at", BigInteger),
    required_column("actor", Text),
    required_column("document", Text),
    required_column("sha256", Text),
)

alert_scans = Table(
    "alert_scans",
    metadata,
    Column("alert", BigInteger, ForeignKey("alerts.id"), primary_key=True),
    Column("scan", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

alert_stamps = Table(
    "alert_stamps",
    metadata,
    Column("alert", BigInteger, ForeignKey("alerts.id"), primary_key=True),
    Column("batch", Integer, primary_key=True),
    Column("idx", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

alert_levels = Table(
    "alert_levels",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    required_column("alert", BigInteger, ForeignKey("alerts.id")),
    required_column("level", Text),
    required_column("score", Float),
    required_column("at", BigInteger),
    UniqueConstraint("alert", "level"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("subject", Text, primary_key=True),
    required_column("alert", BigInteger, ForeignKey("alerts.id")),
    required_column("confirmed", Boolean),
    required_column("score", Float),
    required_column("reasons", Text),
    required_column("stamps", Integer),
    required_column("at", BigInteger),
    required_column("seq", BigInteger),
    sqlite_with_rowid=False,
)
Index(None, decisions.c.seq)

detection_reviews = Table(
    "detection_reviews",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    required_column("actor", Text),
    required_column("asked_at", BigInteger),
    required_column("seen_at", BigInteger),
    required_column("state", Text),
    required_column("done", Integer),
    required_column("total", Integer),
    optional_column("result", Text),
)
