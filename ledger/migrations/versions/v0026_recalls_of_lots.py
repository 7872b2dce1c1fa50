"""Recalls of lots: the index by which the proposal that recalled a lot is found."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index(op.f("ix_proposals_kind_subject"), "proposals", ["kind", "subject"])
