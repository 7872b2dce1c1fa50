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

from ledger.schema.columns import metadata, optional, required

lots = Table(
    "lots",
    metadata,
    Column("code", Text, primary_key=True),
    required("version", Integer),
    required("document", Text),
    required("missing", Text),
    optional("packing_house", Text),
    optional("product", Text),
    optional("packed_at", BigInteger),
    optional("expires_at", BigInteger),
    required("actor", Text),
    required("at", BigInteger),
    optional("recalled_at", BigInteger),
    optional("organisation", Text),
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
    required("organisation", Text, ForeignKey("organisations.id")),
    required("version", Integer),
    required("name", Text),
    required("kind", Text),
    required("fields", Text),
    required("saved_by", Text),
    required("saved_at", BigInteger),
)
Index(None, lot_drafts.c.organisation, lot_drafts.c.saved_at, lot_drafts.c.id)
Index(None, lot_drafts.c.saved_at)

lot_versions = Table(
    "lot_versions",
    metadata,
    Column("lot", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    required("document", Text),
    required("missing", Text),
    optional("organisation", Text),
    optional("product", Text),
    optional("packing_house", Text),
    optional("packed_at", BigInteger),
    optional("expires_at", BigInteger),
    required("actor", Text),
    required("at", BigInteger),
    required("is_correction", Boolean),
    required("is_material", Boolean),
    required("changed", Text),
    optional("reason", Text),
    optional("note", Text),
    optional("confirmed_by", Text),
    required("hash", Text),
    CheckConstraint("version > 0", name="version"),
    CheckConstraint("NOT is_correction OR reason IS NOT NULL", name="reason"),
    CheckConstraint(
        "NOT (is_correction AND is_material)"
        " OR (confirmed_by IS NOT NULL AND confirmed_by <> actor)",
        name="confirmed",
    ),
)
