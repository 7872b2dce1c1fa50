"""Order queues: indexes of the orders of one party or person in one state."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    for name in ("packer", "print_house", "requested_by"):
        op.create_index(
            op.f(f"ix_orders_{name}_state_requested_at_id"),
            "orders",
            [name, "state", "requested_at", "id"],
            unique=False,
        )
