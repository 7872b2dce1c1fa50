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

from ledger.schema.columns import metadata, optional, required

print_keys = Table(
    "print_keys",
    metadata,
    Column("organisation", Text, ForeignKey("organisations.id"), primary_key=True),
    Column("public_key", Text, primary_key=True),
    required("label", Text),
    required("added_at", BigInteger),
    required("added_by", Text),
    optional("retired_at", BigInteger),
    optional("retired_by", Text),
)

print_proofs = Table(
    "print_proofs",
    metadata,
    Column("id", Text, primary_key=True),
    required("batch", Integer, ForeignKey("batches.number")),
    required("actor", Text),
    required("at", BigInteger),
    required("is_good", Boolean),
    required("symbols", Integer),
    required("findings", Text),
    required("picture", LargeBinary),
)
Index(None, print_proofs.c.batch, print_proofs.c.at)
