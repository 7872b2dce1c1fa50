"""Reviews of lots: what was submitted, each step of its review, and what was published."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from ledger.schema.columns import CODE_POINTS, metadata, optional_column, required_column

_IS_OPEN = text("state IN ('submitted', 'approved')")

lot_submissions = Table(
    "lot_submissions",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    required_column("lot", Text, ForeignKey("lots.code")),
    required_column("version", Integer),
    required_column("organisation", Text, ForeignKey("organisations.id")),
    optional_column("product", Text),
    required_column("record", Text),
    required_column("sha256", Text),
    required_column("reviewers", Integer),
    required_column("state", Text),
    required_column("submitted_by", Text),
    required_column("submitted_at", BigInteger),
    required_column("updated_at", BigInteger),
    CheckConstraint("reviewers BETWEEN 1 AND 2", name="reviewers"),
)
Index(
    "uq_lot_submissions_open",
    lot_submissions.c.lot,
    unique=True,
    sqlite_where=_IS_OPEN,
    postgresql_where=_IS_OPEN,
)
Index(None, lot_submissions.c.lot, lot_submissions.c.id)
Index(None, lot_submissions.c.submitted_at, lot_submissions.c.id)
for _filter in ("state", "organisation", "product"):
    Index(None, lot_submissions.c[_filter], lot_submissions.c.submitted_at, lot_submissions.c.id)
Index(
    None,
    lot_submissions.c.organisation,
    lot_submissions.c.state,
    lot_submissions.c.submitted_at,
    lot_submissions.c.id,
)

lot_review_steps = Table(
    "lot_review_steps",
    metadata,
    Column("submission", BigInteger, ForeignKey("lot_submissions.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    required_column("at", BigInteger),
    required_column("actor", Text),
    optional_column("organisation", Text),
    required_column("what", Text),
    required_column("text", Text),
    required_column("audit", BigInteger),
    sqlite_with_rowid=False,
)

lot_publications = Table(
    "lot_publications",
    metadata,
    Column(
        "submission",
        BigInteger,
        ForeignKey("lot_submissions.id"),
        primary_key=True,
        autoincrement=False,
    ),
    required_column("lot", Text, ForeignKey("lots.code")),
    required_column("version", Integer),
    required_column("statement", Text),
    required_column("signature", Text),
    required_column("at", BigInteger),
)
Index(None, lot_publications.c.lot, lot_publications.c.submission)

quoted_events = Table(
    "quoted_events",
    metadata,
    Column(
        "submission",
        BigInteger,
        ForeignKey("lot_submissions.id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("event", CODE_POINTS, primary_key=True),
    required_column("organisation", Text, ForeignKey("organisations.id")),
    sqlite_with_rowid=False,
)
Index(None, quoted_events.c.event)

review_rules = Table(
    "review_rules",
    metadata,
    Column("province", Text, primary_key=True),
    required_column("reviewers", Integer),
    required_column("set_by", Text),
    required_column("set_at", BigInteger),
    CheckConstraint("reviewers BETWEEN 1 AND 2", name="reviewers"),
)
