"""Registered codes, their rules, what lots name of them, and imports that wait."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
)

from ledger.schema.columns import metadata, optional_column, required_column

registered_codes = Table(
    "registered_codes",
    metadata,
    Column("code", Text, primary_key=True),
    required_column("search_key", Text),
    required_column("kind", Text),
    required_column("name", Text),
    optional_column("organisation", Text, ForeignKey("organisations.id")),
    optional_column("household", Text),
    required_column("household_agreed", Boolean),
    required_column("products", Text),
    optional_column("hectares", Float),
    optional_column("yield_t_per_ha", Float),
    optional_column("province", Text),
    optional_column("ward", Text),
    optional_column("lat", Float),
    optional_column("lon", Float),
    required_column("markets", Text),
    optional_column("valid_from", Text),
    optional_column("valid_until", Text),
    required_column("status", Text),
    optional_column("status_reason", Text),
    required_column("status_at", BigInteger),
    required_column("status_by", Text),
    required_column("version", Integer),
    required_column("changed_at", BigInteger),
    required_column("changed_by", Text),
    optional_column("public_name", Text),
    required_column("is_household", Boolean),
    optional_column("public_household", Text),
    CheckConstraint("status IN ('active', 'suspended', 'revoked')", name="status"),
    CheckConstraint("status = 'active' OR status_reason IS NOT NULL", name="reason"),
    CheckConstraint("version > 0", name="version"),
)
Index(None, registered_codes.c.search_key)
Index(None, registered_codes.c.kind, registered_codes.c.code)
Index(None, registered_codes.c.status, registered_codes.c.code)
Index(None, registered_codes.c.province, registered_codes.c.code)
Index(None, registered_codes.c.organisation, registered_codes.c.code)
Index(None, registered_codes.c.valid_from)
Index(None, registered_codes.c.valid_until)

code_rules = Table(
    "code_rules",
    metadata,
    Column("kind", Text, primary_key=True),
    required_column("is_registration_required", Boolean),
)


def _table_of_imports(name: str) -> Table:
    table = Table(
        name,
        metadata,
        Column("id", Text, primary_key=True),
        required_column("file_name", Text),
        optional_column("document", Text),
        required_column("counts", Text),
        required_column("actor", Text),
        required_column("at", BigInteger),
        optional_column("applied_by", Text),
        optional_column("applied_at", BigInteger),
    )
    Index(None, table.c.actor, table.c.at)
    Index(None, table.c.applied_at, table.c.at)
    return table


code_imports = _table_of_imports("code_imports")
lot_imports = _table_of_imports("lot_imports")
diary_imports = _table_of_imports("diary_imports")
invitation_imports = _table_of_imports("invitation_imports")

lot_codes = Table(
    "lot_codes",
    metadata,
    Column("lot", Text, ForeignKey("lots.code"), primary_key=True),
    Column("code", Text, primary_key=True),
    required_column("at", BigInteger),
    sqlite_with_rowid=False,
)
Index(None, lot_codes.c.code, lot_codes.c.at, lot_codes.c.lot)
