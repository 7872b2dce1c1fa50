"""Cartons of a label in the order of their list."""

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace the index of labels."""
    op.drop_index(op.f("ix_cartons_label"), table_name="cartons")
    op.create_index(
        op.f("ix_cartons_label_changed_at_id"), "cartons", ["label", "changed_at", "id"]
    )
