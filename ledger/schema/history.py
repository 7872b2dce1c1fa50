"""The audit log, signed heads, generations of the ledger, and words of searches."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, UniqueConstraint

from ledger.schema.columns import CODE_POINTS, metadata, required_column

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    required_column("at", BigInteger),
    required_column("actor", Text),
    required_column("action", Text),
    required_column("subject", Text),
    required_column("details", Text),
    required_column("hash", Text),
)
Index(None, audit.c.actor, audit.c.seq)
Index(None, audit.c.action, audit.c.seq)
Index(None, audit.c.subject, audit.c.seq)
Index(None, audit.c.at, audit.c.seq)

chain_heads = Table(
    "chain_heads",
    metadata,
    Column("name", Text, primary_key=True),
    required_column("seq", BigInteger),
    required_column("hash", Text),
)

generations = Table(
    "generations",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    required_column("id", Text),
    required_column("at", BigInteger),
    required_column("cause", Text),
    UniqueConstraint("id"),
)

search_words = Table(
    "search_words",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("word", CODE_POINTS, primary_key=True),
    Column("row", Text, primary_key=True),
    sqlite_with_rowid=False,
)
Index(None, search_words.c.kind, search_words.c.row)
