"""Keys of print houses and proofs of printed sheets."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from ledger.schema.columns import metadata, optional_column, required_column

print_keys = Table(
    "print_keys",
    metadata,
    Column("organisation", Text, ForeignKey("organisations.id"), primary_key=True),
    Column("public_key", Text, primary_key=True),
    required_column("label", Text),
    required_column("added_at", BigInteger),
    required_column("added_by", Text),
    optional_column("retired_at", BigInteger),
    optional_column("retired_by", Text),
)

print_proofs = Table(
    "print_proofs",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("batch", Integer, ForeignKey("batches.number")),
    required_column("actor", Text),
    required_column("at", BigInteger),
    required_column("is_good", Boolean),
    required_column("symbols", Integer),
    required_column("findings", Text),
    required_column("picture", LargeBinary),
)
Index(None, print_proofs.c.batch, print_proofs.c.at)
