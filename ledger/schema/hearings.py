"""Hearings: what the parties of a case are told and asked, and what they answer."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from ledger.schema.columns import metadata, optional, required

hearings = Table(
    "hearings",
    metadata,
    Column("id", Text, primary_key=True),
    required("alert", BigInteger, ForeignKey("alerts.id")),
    required("organisation", Text, ForeignKey("organisations.id")),
    required("part", Text),
    optional("batch", Integer),
    optional("lo", Integer),
    optional("hi", Integer),
    optional("lot", Text),
    required("stamps", Integer),
    required("state", Text),
    required("told_at", BigInteger),
    required("updated_at", BigInteger),
    optional("due_at", BigInteger),
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
    required("at", BigInteger),
    required("actor", Text),
    required("what", Text),
    required("text", Text),
    optional("due_at", BigInteger),
    optional("state", Text),
    optional("cause", Text),
    sqlite_with_rowid=False,
)

hearing_photos = Table(
    "hearing_photos",
    metadata,
    Column("hearing", Text, ForeignKey("hearings.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    required("at", BigInteger),
    required("sha256", Text),
    required("picture", LargeBinary),
)
