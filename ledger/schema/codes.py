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

from ledger.schema.columns import metadata, optional, required

registered_codes = Table(
    "registered_codes",
    metadata,
    Column("code", Text, primary_key=True),
    required("search_key", Text),
    required("kind", Text),
    required("name", Text),
    optional("organisation", Text, ForeignKey("organisations.id")),
    optional("household", Text),
    required("household_agreed", Boolean),
    required("products", Text),
    optional("hectares", Float),
    optional("yield_t_per_ha", Float),
    optional("province", Text),
    optional("ward", Text),
    optional("lat", Float),
    optional("lon", Float),
    required("markets", Text),
    optional("valid_from", Text),
    optional("valid_until", Text),
    required("status", Text),
    optional("status_reason", Text),
    required("status_at", BigInteger),
    required("status_by", Text),
    required("version", Integer),
    required("changed_at", BigInteger),
    required("changed_by", Text),
    optional("public_name", Text),
    required("is_household", Boolean),
    optional("public_household", Text),
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
    required("is_registration_required", Boolean),
)


def _table_of_imports(name: str) -> Table:
    table = Table(
        name,
        metadata,
        Column("id", Text, primary_key=True),
        required("file_name", Text),
        optional("document", Text),
        required("counts", Text),
        required("actor", Text),
        required("at", BigInteger),
        optional("applied_by", Text),
        optional("applied_at", BigInteger),
    )
    Index(None, table.c.actor, table.c.at)
    return table


code_imports = _table_of_imports("code_imports")
lot_imports = _table_of_imports("lot_imports")
diary_imports = _table_of_imports("diary_imports")

lot_codes = Table(
    "lot_codes",
    metadata,
    Column("lot", Text, ForeignKey("lots.code"), primary_key=True),
    Column("code", Text, primary_key=True),
    required("at", BigInteger),
    sqlite_with_rowid=False,
)
Index(None, lot_codes.c.code, lot_codes.c.at, lot_codes.c.lot)
