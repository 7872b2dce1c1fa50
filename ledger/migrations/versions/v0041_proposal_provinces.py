"""Proposals have the province whose authority sees them."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the index of a province's list."""
    op.add_column("proposals", sa.Column("province", sa.Text(), nullable=True))
    op.create_index(op.f("ix_proposals_province_id"), "proposals", ["province", "id"])
