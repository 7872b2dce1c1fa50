"""EPCIS events of organisations, what declares them errors, and what they name."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

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
