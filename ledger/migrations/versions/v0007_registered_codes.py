"""Registered codes of growing areas and packing houses, and which codes a lot names."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SITES = ("growing_area", "packing_house")
_PAGE = 500


def upgrade() -> None:
    """Add the tables; index the codes that today's lots name."""
    op.add_column("products", sa.Column("yield_t_per_ha", sa.Float(), nullable=True))
    op.add_column("products", sa.Column("fruit_kg", sa.Float(), nullable=True))
    _create_registered_codes()
    op.create_table(
        "code_rules",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("is_registration_required", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_code_rules")),
    )
    op.create_table(
        "code_imports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("applied_by", sa.Text(), nullable=True),
        sa.Column("applied_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_imports")),
    )
    op.create_index(op.f("ix_code_imports_actor_at"), "code_imports", ["actor", "at"], unique=False)
    op.create_table(
        "lot_codes",
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["lot"], ["lots.code"], name=op.f("fk_lot_codes_lot")),
        sa.PrimaryKeyConstraint("lot", "code", name=op.f("pk_lot_codes")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_lot_codes_code_at_lot"), "lot_codes", ["code", "at", "lot"], unique=False
    )
    _index_lots()


def _create_registered_codes() -> None:
    op.create_table(
        "registered_codes",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("household", sa.Text(), nullable=True),
        sa.Column("household_agreed", sa.Boolean(), nullable=False),
        sa.Column("products", sa.Text(), nullable=False),
        sa.Column("hectares", sa.Float(), nullable=True),
        sa.Column("yield_t_per_ha", sa.Float(), nullable=True),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("ward", sa.Text(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("markets", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=True),
        sa.Column("valid_until", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.Column("status_at", sa.BigInteger(), nullable=False),
        sa.Column("status_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("public_name", sa.Text(), nullable=True),
        sa.Column("is_household", sa.Boolean(), nullable=False),
        sa.Column("public_household", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('active', 'suspended', 'revoked')", name=op.f("ck_registered_codes_status")
        ),
        sa.CheckConstraint(
            "status = 'active' OR status_reason IS NOT NULL",
            name=op.f("ck_registered_codes_reason"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_registered_codes_version")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_registered_codes_organisation")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_registered_codes")),
    )
    for columns in (
        ("search_key",),
        ("kind", "code"),
        ("status", "code"),
        ("province", "code"),
        ("organisation", "code"),
        ("valid_from",),
        ("valid_until",),
    ):
        name = op.f(f"ix_registered_codes_{'_'.join(columns)}")
        op.create_index(name, "registered_codes", list(columns), unique=False)


def _index_lots() -> None:
    bind = op.get_bind()
    lots = sa.table("lots", *(sa.column(name) for name in ("code", "document", "at")))
    names = sa.table("lot_codes", *(sa.column(name) for name in ("lot", "code", "at")))
    last = ""
    while True:
        query = sa.select(lots).where(lots.c.code > last).order_by(lots.c.code).limit(_PAGE)
        rows = bind.execute(query).mappings().all()
        if not rows:
            return
        last = rows[-1]["code"]
        entries = [
            {"lot": row["code"], "code": code, "at": row["at"]}
            for row in rows
            for code in _list_codes(json.loads(row["document"]))
        ]
        if entries:
            bind.execute(sa.insert(names), entries)


def _list_codes(document: dict[str, Any]) -> list[str]:
    sites = [document.get(field) for field in _SITES]
    codes = {site.get("code") for site in sites if isinstance(site, dict)}
    stages = document.get("stages") or ()
    codes |= {stage.get("location") for stage in stages if isinstance(stage, dict)}
    return sorted(code for code in codes if isinstance(code, str))
