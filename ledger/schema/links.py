"""GS1 keys of organisations, and the links that they lead to."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from ledger.schema.columns import CODE_POINTS, metadata, required

gs1_prefixes = Table(
    "gs1_prefixes",
    metadata,
    Column("prefix", CODE_POINTS, primary_key=True),
    required("organisation", Text, ForeignKey("organisations.id")),
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
    required("anchor", CODE_POINTS),
    required("organisation", Text, ForeignKey("organisations.id")),
    required("version", Integer),
    required("description", Text),
    required("links", Text),
    required("saved_by", Text),
    required("saved_at", BigInteger),
)
Index(None, link_sets.c.anchor, unique=True)
Index(None, link_sets.c.organisation, link_sets.c.anchor)
