"""GS1 keys of organisations, and the links that they lead to."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from ledger.schema.columns import CODE_POINTS, metadata, required_column

gs1_prefixes = Table(
    "gs1_prefixes",
    metadata,
    Column("prefix", CODE_POINTS, primary_key=True),
    required_column("organisation", Text, ForeignKey("organisations.id")),
)
Index(None, gs1_prefixes.c.organisation)

link_hosts = Table(
    "link_hosts",
    metadata,
    Column("organisation", Text, ForeignKey("organisations.id"), primary_key=True),
    Column("host", Text, primary_key=True),
)

link_sets = Table(
    "link_sets",
    metadata,
    Column("id", CODE_POINTS, primary_key=True),
    required_column("anchor", CODE_POINTS),
    required_column("organisation", Text, ForeignKey("organisations.id")),
    required_column("version", Integer),
    required_column("description", Text),
    required_column("links", Text),
    required_column("saved_by", Text),
    required_column("saved_at", BigInteger),
)
Index(None, link_sets.c.anchor, unique=True)
Index(None, link_sets.c.organisation, link_sets.c.anchor)
