"""Hearings: what the parties of a case are told and asked, and what they answer."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from ledger.schema.columns import metadata, optional_column, required_column

hearings = Table(
    "hearings",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("alert", BigInteger, ForeignKey("alerts.id")),
    required_column("organisation", Text, ForeignKey("organisations.id")),
    required_column("part", Text),
    optional_column("batch", Integer),
    optional_column("lo", Integer),
    optional_column("hi", Integer),
    optional_column("lot", Text),
    required_column("stamps", Integer),
    required_column("state", Text),
    required_column("told_at", BigInteger),
    required_column("updated_at", BigInteger),
    optional_column("due_at", BigInteger),
)
Index("uq_hearings_alert_organisation", hearings.c.alert, hearings.c.organisation, unique=True)
Index(None, hearings.c.told_at, hearings.c.id)
for _filter in ("organisation", "state"):
    Index(None, hearings.c[_filter], hearings.c.told_at, hearings.c.id)
Index(None, hearings.c.organisation, hearings.c.state, hearings.c.told_at, hearings.c.id)
Index(None, hearings.c.lot, hearings.c.organisation, hearings.c.told_at)
Index(None, hearings.c.batch, hearings.c.organisation, hearings.c.told_at)

hearing_messages = Table(
    "hearing_messages",
    metadata,
    Column("hearing", Text, ForeignKey("hearings.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    required_column("at", BigInteger),
    required_column("actor", Text),
    required_column("what", Text),
    required_column("text", Text),
    optional_column("due_at", BigInteger),
    optional_column("state", Text),
    optional_column("cause", Text),
    sqlite_with_rowid=False,
)

hearing_photos = Table(
    "hearing_photos",
    metadata,
    Column("hearing", Text, ForeignKey("hearings.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    required_column("at", BigInteger),
    required_column("sha256", Text),
    required_column("picture", LargeBinary),
)
