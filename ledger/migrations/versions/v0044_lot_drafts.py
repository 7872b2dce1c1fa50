"""Drafts of lots: fields as they were typed, of an organisation."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "lot_drafts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_lot_drafts_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_drafts")),
    )
    op.create_index(
        op.f("ix_lot_drafts_organisation_saved_at_id"),
        "lot_drafts",
        ["organisation", "saved_at", "id"],
    )
    op.create_index(op.f("ix_lot_drafts_saved_at"), "lot_drafts", ["saved_at"])
