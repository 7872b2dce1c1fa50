"""Entries of the diary: which events they are, by what they are listed and judged."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from ledger.schema.columns import CODE_POINTS, metadata, optional, required

diary_entries = Table(
    "diary_entries",
    metadata,
    Column("event", CODE_POINTS, primary_key=True),
    required("organisation", Text, ForeignKey("organisations.id")),
    required("kind", Text),
    optional("place", Text),
    optional("product", Text),
    optional("lot", Text),
    required("at", BigInteger),
    optional("free_from", BigInteger),
    required("recorded_at", BigInteger),
    required("actor", Text),
)
_rows = diary_entries.c
Index(None, _rows.at, _rows.event)
Index(None, _rows.organisation, _rows.at, _rows.event)
Index(None, _rows.organisation, _rows.kind, _rows.at, _rows.event)
Index(None, _rows.kind, _rows.at, _rows.event)
Index(None, _rows.place, _rows.at, _rows.event)
Index(None, _rows.place, _rows.kind, _rows.at, _rows.event)
Index(None, _rows.lot, _rows.at, _rows.event)
