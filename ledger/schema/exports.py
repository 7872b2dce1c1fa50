"""Exports of all data of one organisation."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text, text

from ledger.schema.columns import metadata, optional_column, required_column

_UNDER_WAY = "state IN ('waiting', 'writing')"

data_exports = Table(
    "data_exports",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("organisation", Text, ForeignKey("organisations.id")),
    required_column("actor", Text),
    required_column("asked_at", BigInteger),
    required_column("state", Text),
    required_column("busy_until", BigInteger),
    required_column("parts_done", BigInteger),
    required_column("rows_done", BigInteger),
    optional_column("finished_at", BigInteger),
    optional_column("size", BigInteger),
    optional_column("file_sha256", Text),
    CheckConstraint("state IN ('waiting', 'writing', 'ready', 'failed', 'gone')", name="state"),
)
Index(
    "uq_data_exports_under_way",
    data_exports.c.organisation,
    unique=True,
    sqlite_where=text(_UNDER_WAY),
    postgresql_where=text(_UNDER_WAY),
)
Index(None, data_exports.c.organisation, data_exports.c.asked_at, data_exports.c.id)
Index(None, data_exports.c.state, data_exports.c.busy_until)
Index(None, data_exports.c.state, data_exports.c.finished_at)
