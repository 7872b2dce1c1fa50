"""Entries of the diary: which events they are, by what they are listed and judged."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from ledger.schema.columns import CODE_POINTS, metadata, optional_column, required_column

diary_entries = Table(
    "diary_entries",
    metadata,
    Column("event", CODE_POINTS, primary_key=True),
    required_column("organisation", Text, ForeignKey("organisations.id")),
    required_column("kind", Text),
    optional_column("place", Text),
    optional_column("product", Text),
    optional_column("lot", Text),
    required_column("at", BigInteger),
    optional_column("free_from", BigInteger),
    required_column("recorded_at", BigInteger),
    required_column("actor", Text),
    optional_column("audit", BigInteger),
)
_rows = diary_entries.c
Index(None, _rows.at, _rows.event)
Index(None, _rows.organisation, _rows.at, _rows.event)
Index(None, _rows.organisation, _rows.kind, _rows.at, _rows.event)
Index(None, _rows.kind, _rows.at, _rows.event)
Index(None, _rows.place, _rows.at, _rows.event)
Index(None, _rows.place, _rows.kind, _rows.at, _rows.event)
Index(None, _rows.lot, _rows.at, _rows.event)
