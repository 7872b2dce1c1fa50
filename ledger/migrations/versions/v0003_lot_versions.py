"""Lots belong to an organisation, and every version of a lot is kept.

The owner of a lot of before is the organisation of the account that saved it first, else of the
packing house that it names. Its present content becomes its first kept version, and an audit entry
records both, so that the ledger still verifies.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from ledger.chains.chained_rows import digest_row
from ledger.chains.hash_chain import genesis_hash, hash_row
from ledger.migrations.audit_entries import append_entries
from ledger.migrations.engine_features import make_append_only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CONTENT = (
    "document",
    "missing",
    "organisation",
    "product",
    "packing_house",
    "packed_at",
    "expires_at",
    "actor",
    "at",
)
_LOT_COLUMNS = ("code", "version", *_CONTENT, "recalled_at")
_PAGE = 500
_OWNERS = """
UPDATE lots SET organisation = COALESCE(
    (SELECT staff.organisation FROM staff WHERE staff.id = (
        SELECT audit.actor FROM audit WHERE audit.subject = 'lots:' || lots.code
        ORDER BY audit.seq LIMIT 1)),
    (SELECT places.organisation FROM places WHERE places.code = lots.packing_house
        AND places.kind = 'packing_house' AND places.organisation IS NOT NULL
        ORDER BY places.id LIMIT 1))
"""


def upgrade() -> None:
    """Add owner and versions; carry today's lots over."""
    op.add_column("lots", sa.Column("organisation", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_lots_organisation_at_code"), "lots", ["organisation", "at", "code"], unique=False
    )
    op.create_index(op.f("ix_places_code"), "places", ["code"], unique=False)
    op.create_table(
        "lot_versions",
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("packing_house", sa.Text(), nullable=True),
        sa.Column("packed_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("is_correction", sa.Boolean(), nullable=False),
        sa.Column("is_material", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_lot_versions_version")),
        sa.CheckConstraint(
            "NOT is_correction OR reason IS NOT NULL", name=op.f("ck_lot_versions_reason")
        ),
        sa.CheckConstraint(
            "NOT (is_correction AND is_material)"
            " OR (confirmed_by IS NOT NULL AND confirmed_by <> actor)",
            name=op.f("ck_lot_versions_confirmed"),
        ),
        sa.PrimaryKeyConstraint("lot", "version", name=op.f("pk_lot_versions")),
    )
    make_append_only({"lot_versions": ("lot", "version")})
    _carry_lots()


def _carry_lots() -> None:
    bind = op.get_bind()
    bind.execute(sa.text(_OWNERS))
    lots = sa.table("lots", *(sa.column(name) for name in _LOT_COLUMNS))
    code = ""
    while rows := _select_page(bind, lots, code):
        code = rows[-1]["code"]
        versions = [_make_version(row) for row in rows]
        bind.execute(sa.insert(_table("lot_versions", versions[0])), versions)
        entries = [
            (
                f"lots:{row['code']}",
                {
                    "version": row["version"],
                    "version_hash": version["hash"],
                    "sha256": digest_row(row),
                },
            )
            for row, version in zip(rows, versions, strict=True)
        ]
        append_entries(bind, "migration 0003", "lot.carry", entries)


def _select_page(bind: sa.Connection, lots: sa.TableClause, after: str) -> Sequence[sa.RowMapping]:
    query = sa.select(lots).where(lots.c.code > after).order_by(lots.c.code).limit(_PAGE)
    return bind.execute(query).mappings().all()


def _make_version(row: sa.RowMapping) -> dict[str, Any]:
    values = {
        "lot": row["code"],
        "version": row["version"],
        **{name: row[name] for name in _CONTENT},
        "is_correction": False,
        "is_material": False,
        "changed": json.dumps([]),
        "reason": None,
        "note": None,
        "confirmed_by": None,
    }
    before = genesis_hash(f"lot_versions {row['code']}")
    return {**values, "hash": hash_row(before, list(values.values()))}


def _table(name: str, row: Mapping[str, object]) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in row))
