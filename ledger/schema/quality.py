"""Facts about the quality of data: what they count, and how far the chains are folded."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from ledger.schema.columns import metadata, required_column

quality_facts = Table(
    "quality_facts",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("figure", Text, primary_key=True),
    Column("detail", Text, primary_key=True),
    required_column("total", BigInteger),
    sqlite_with_rowid=False,
)

quality_sources = Table(
    "quality_sources",
    metadata,
    Column("name", Text, primary_key=True),
    required_column("position", BigInteger),
)
