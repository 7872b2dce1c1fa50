"""Cartons and pallets: contents without overlaps, append-only acts of packing and unpacking."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.engine_features import make_append_only
from ledger.migrations.guards import keep_ranges_apart

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

_CODE_POINTS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "cartons",
        sa.Column("id", _CODE_POINTS, nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("label", _CODE_POINTS, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pallet", _CODE_POINTS, nullable=True),
        sa.Column("stamps", sa.Integer(), nullable=False),
        sa.Column("cartons", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint("stamps >= 0 AND cartons >= 0", name=op.f("ck_cartons_counts")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_cartons_organisation")
        ),
        sa.ForeignKeyConstraint(["pallet"], ["cartons.id"], name=op.f("fk_cartons_pallet")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cartons")),
    )
    for columns in (
        ["label"],
        ["pallet", "id"],
        ["changed_at", "id"],
        ["organisation", "changed_at", "id"],
        ["kind", "changed_at", "id"],
    ):
        op.create_index(op.f(f"ix_cartons_{'_'.join(columns)}"), "cartons", columns)
    op.create_table(
        "carton_acts",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("carton", _CODE_POINTS, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("stamps", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("event", _CODE_POINTS, nullable=False),
        sa.ForeignKeyConstraint(["carton"], ["cartons.id"], name=op.f("fk_carton_acts_carton")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_carton_acts")),
    )
    op.create_index(op.f("ix_carton_acts_key"), "carton_acts", ["key"], unique=True)
    op.create_index(op.f("ix_carton_acts_carton_seq"), "carton_acts", ["carton", "seq"])
    op.create_table(
        "carton_items",
        sa.Column("act", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("lo", sa.Integer(), nullable=True),
        sa.Column("hi", sa.Integer(), nullable=True),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("child", _CODE_POINTS, nullable=True),
        sa.CheckConstraint(
            "(child IS NULL) = (batch IS NOT NULL)", name=op.f("ck_carton_items_one")
        ),
        sa.ForeignKeyConstraint(["act"], ["carton_acts.seq"], name=op.f("fk_carton_items_act")),
        sa.ForeignKeyConstraint(["batch"], ["batches.number"], name=op.f("fk_carton_items_batch")),
        sa.ForeignKeyConstraint(["child"], ["cartons.id"], name=op.f("fk_carton_items_child")),
        sa.PrimaryKeyConstraint("act", "part", name=op.f("pk_carton_items")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_carton_items_child_act"), "carton_items", ["child", "act"])
    op.create_table(
        "carton_contents",
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lo", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hi", sa.Integer(), nullable=False),
        sa.Column("carton", _CODE_POINTS, nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.CheckConstraint("0 <= lo AND lo < hi", name=op.f("ck_carton_contents_range")),
        sa.ForeignKeyConstraint(
            ["batch"], ["batches.number"], name=op.f("fk_carton_contents_batch")
        ),
        sa.ForeignKeyConstraint(["carton"], ["cartons.id"], name=op.f("fk_carton_contents_carton")),
        sa.PrimaryKeyConstraint("batch", "lo", name=op.f("pk_carton_contents")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_carton_contents_carton_batch_lo"), "carton_contents", ["carton", "batch", "lo"]
    )
    op.create_index(op.f("ix_carton_contents_lot_carton"), "carton_contents", ["lot", "carton"])
    make_append_only({"carton_acts": ("seq",), "carton_items": ("act", "part")})
    keep_ranges_apart("carton_contents", "a stamp is in two cartons")
