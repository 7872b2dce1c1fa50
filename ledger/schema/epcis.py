"""EPCIS events of organisations, what declares them errors, what they name; captures; queries."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from ledger.schema.columns import CODE_POINTS, metadata, optional, required

epcis_events = Table(
    "epcis_events",
    metadata,
    Column("organisation", Text, ForeignKey("organisations.id"), primary_key=True),
    Column("id", CODE_POINTS, primary_key=True),
    required("at", BigInteger),
    required("recorded_at", BigInteger),
    required("actor", Text),
    required("type", Text),
    optional("step", Text),
    required("document", Text),
)
Index(None, epcis_events.c.id)
Index(None, epcis_events.c.organisation, epcis_events.c.at, epcis_events.c.id)
Index(None, epcis_events.c.at, epcis_events.c.id, epcis_events.c.organisation)
Index(None, epcis_events.c.organisation, epcis_events.c.recorded_at, epcis_events.c.id)
Index(None, epcis_events.c.recorded_at, epcis_events.c.id, epcis_events.c.organisation)
Index(None, epcis_events.c.organisation, epcis_events.c.step, epcis_events.c.at, epcis_events.c.id)
Index(None, epcis_events.c.step, epcis_events.c.at, epcis_events.c.id, epcis_events.c.organisation)

epcis_errors = Table(
    "epcis_errors",
    metadata,
    Column("organisation", Text, primary_key=True),
    Column("event", CODE_POINTS, primary_key=True),
    Column("id", CODE_POINTS, primary_key=True),
    required("recorded_at", BigInteger),
    required("actor", Text),
    required("document", Text),
    sqlite_with_rowid=False,
)

epcis_keys = Table(
    "epcis_keys",
    metadata,
    Column("key", CODE_POINTS, primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("event", CODE_POINTS, primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    sqlite_with_rowid=False,
)

epcis_captures = Table(
    "epcis_captures",
    metadata,
    Column("id", Text, primary_key=True),
    required("organisation", Text, ForeignKey("organisations.id")),
    required("actor", Text),
    required("behaviour", Text),
    required("created_at", BigInteger),
    required("state", Text),
    required("busy_until", BigInteger),
    required("events", Integer),
    required("position", Integer),
    required("added", Integer),
    required("known", Integer),
    required("refused", Integer),
    required("errors", Text),
    optional("finished_at", BigInteger),
    optional("document", LargeBinary),
)
Index(None, epcis_captures.c.organisation, epcis_captures.c.created_at, epcis_captures.c.id)
Index(None, epcis_captures.c.state, epcis_captures.c.created_at)
Index(None, epcis_captures.c.state, epcis_captures.c.finished_at)

epcis_queries = Table(
    "epcis_queries",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("name", CODE_POINTS, primary_key=True),
    required("document", Text),
    required("made_at", BigInteger),
    required("made_by", Text),
)
