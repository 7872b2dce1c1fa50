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

from ledger.schema.columns import metadata, optional, required

alerts = Table(
    "alerts",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    required("kind", Text),
    required("batch", Integer),
    required("idx", Integer),
    required("subject", Text),
    optional("previous", BigInteger, ForeignKey("alerts.id")),
    required("state", Text),
    optional("cause", Text),
    optional("owner", Text),
    required("score", Float),
    required("reasons", Text),
    required("scans", Integer),
    required("stamps", Integer),
    optional("counted", Text),
    required("expected_loss", Float),
    required("opened_at", BigInteger),
    required("updated_at", BigInteger),
    optional("product", Text),
    optional("packer", Text),
    optional("due_at", BigInteger),
    optional("province", Text),
    Column("is_news", Boolean, nullable=False, server_default=false()),
    optional("decided_at", BigInteger),
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
    required("at", BigInteger),
    required("actor", Text),
    required("what", Text),
    required("state", Text),
    optional("cause", Text),
    optional("note", Text),
    required("score", Float),
    required("reasons", Text),
    required("scans", Text),
    optional("owner", Text),
    optional("due_at", BigInteger),
    sqlite_with_rowid=False,
)

alert_photos = Table(
    "alert_photos",
    metadata,
    Column("alert", BigInteger, ForeignKey("alerts.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("place", Integer, primary_key=True),
    required("at", BigInteger),
    required("sha256", Text),
    required("picture", LargeBinary),
)

alert_minutes = Table(
    "alert_minutes",
    metadata,
    Column("alert", BigInteger, ForeignKey("alerts.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    required("at", BigInteger),
    required("actor", Text),
    required("document", Text),
    required("sha256", Text),
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
    required("alert", BigInteger, ForeignKey("alerts.id")),
    required("level", Text),
    required("score", Float),
    required("at", BigInteger),
    UniqueConstraint("alert", "level"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("subject", Text, primary_key=True),
    required("alert", BigInteger, ForeignKey("alerts.id")),
    required("confirmed", Boolean),
    required("score", Float),
    required("reasons", Text),
    required("stamps", Integer),
    required("at", BigInteger),
    required("seq", BigInteger),
    sqlite_with_rowid=False,
)
Index(None, decisions.c.seq)

detection_reviews = Table(
    "detection_reviews",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    required("actor", Text),
    required("asked_at", BigInteger),
    required("seen_at", BigInteger),
    required("state", Text),
    required("done", Integer),
    required("total", Integer),
    optional("result", Text),
)
