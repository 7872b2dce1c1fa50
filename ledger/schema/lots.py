"""Lots and their versions."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from ledger.schema.columns import metadata, optional_column, required_column

lots = Table(
    "lots",
    metadata,
    Column("code", Text, primary_key=True),
    required_column("version", Integer),
    required_column("document", Text),
    required_column("missing", Text),
    optional_column("packing_house", Text),
    optional_column("product", Text),
    optional_column("packed_at", BigInteger),
    optional_column("expires_at", BigInteger),
    required_column("actor", Text),
    required_column("at", BigInteger),
    optional_column("recalled_at", BigInteger),
    optional_column("organisation", Text),
)

Index(None, lots.c.at, lots.c.code)
Index(None, lots.c.organisation, lots.c.at, lots.c.code)
Index(None, lots.c.product, lots.c.at, lots.c.code)
Index(
    "ix_lots_incomplete",
    lots.c.at,
    lots.c.code,
    sqlite_where=text("missing <> '[]' AND recalled_at IS NULL"),
    postgresql_where=text("missing <> '[]' AND recalled_at IS NULL"),
)
Index(
    "ix_lots_recalled",
    lots.c.at,
    lots.c.code,
    sqlite_where=text("recalled_at IS NOT NULL"),
    postgresql_where=text("recalled_at IS NOT NULL"),
)

lot_drafts = Table(
    "lot_drafts",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("organisation", Text, ForeignKey("organisations.id")),
    required_column("version", Integer),
    required_column("name", Text),
    required_column("kind", Text),
    required_column("fields", Text),
    required_column("saved_by", Text),
    required_column("saved_at", BigInteger),
)
Index(None, lot_drafts.c.organisation, lot_drafts.c.saved_at, lot_drafts.c.id)
Index(None, lot_drafts.c.saved_at)

lot_versions = Table(
    "lot_versions",
    metadata,
    Column("lot", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    required_column("document", Text),
    required_column("missing", Text),
    optional_column("organisation", Text),
    optional_column("product", Text),
    optional_column("packing_house", Text),
    optional_column("packed_at", BigInteger),
    optional_column("expires_at", BigInteger),
    required_column("actor", Text),
    required_column("at", BigInteger),
    required_column("is_correction", Boolean),
    required_column("is_material", Boolean),
    required_column("changed", Text),
    optional_column("reason", Text),
    optional_column("note", Text),
    optional_column("confirmed_by", Text),
    required_column("hash", Text),
    CheckConstraint("version > 0", name="version"),
    CheckConstraint("NOT is_correction OR reason IS NOT NULL", name="reason"),
    CheckConstraint(
        "NOT (is_correction AND is_material)"
        " OR (confirmed_by IS NOT NULL AND confirmed_by <> actor)",
        name="confirmed",
    ),
)
