"""EPCIS events of organisations, what declares them errors, what they name; captures; queries.

Rows of `epcis_staged_…` belong to a capture that is not recorded yet; nobody is shown them.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from ledger.schema.columns import CODE_POINTS, metadata, optional_column, required_column

epcis_events = Table(
    "epcis_events",
    metadata,
    Column("organisation", Text, ForeignKey("organisations.id"), primary_key=True),
    Column("id", CODE_POINTS, primary_key=True),
    required_column("at", BigInteger),
    required_column("recorded_at", BigInteger),
    required_column("actor", Text),
    required_column("type", Text),
    optional_column("step", Text),
    required_column("document", Text),
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
    required_column("recorded_at", BigInteger),
    required_column("actor", Text),
    required_column("document", Text),
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
    required_column("organisation", Text, ForeignKey("organisations.id")),
    required_column("actor", Text),
    required_column("behaviour", Text),
    required_column("created_at", BigInteger),
    required_column("state", Text),
    required_column("busy_until", BigInteger),
    required_column("events", Integer),
    required_column("position", Integer),
    required_column("added", Integer),
    required_column("known", Integer),
    required_column("refused", Integer),
    required_column("errors", Text),
    optional_column("finished_at", BigInteger),
    optional_column("document", LargeBinary),
)
Index(None, epcis_captures.c.organisation, epcis_captures.c.created_at, epcis_captures.c.id)
Index(None, epcis_captures.c.state, epcis_captures.c.created_at)
Index(None, epcis_captures.c.state, epcis_captures.c.finished_at)

epcis_staged_events = Table(
    "epcis_staged_events",
    metadata,
    Column("capture", Text, primary_key=True),
    Column("id", CODE_POINTS, primary_key=True),
    required_column("at", BigInteger),
    required_column("type", Text),
    optional_column("step", Text),
    required_column("document", Text),
    sqlite_with_rowid=False,
)

epcis_staged_keys = Table(
    "epcis_staged_keys",
    metadata,
    Column("capture", Text, primary_key=True),
    Column("event", CODE_POINTS, primary_key=True),
    Column("key", CODE_POINTS, primary_key=True),
    Column("part", Text, primary_key=True),
    required_column("at", BigInteger),
    sqlite_with_rowid=False,
)

epcis_staged_errors = Table(
    "epcis_staged_errors",
    metadata,
    Column("capture", Text, primary_key=True),
    Column("event", CODE_POINTS, primary_key=True),
    Column("id", CODE_POINTS, primary_key=True),
    required_column("document", Text),
    sqlite_with_rowid=False,
)

epcis_queries = Table(
    "epcis_queries",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("name", CODE_POINTS, primary_key=True),
    required_column("document", Text),
    required_column("made_at", BigInteger),
    required_column("made_by", Text),
)
