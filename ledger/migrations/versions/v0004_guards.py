"""Guards: spans without overlaps, chains in order, orders decided by two people."""

from alembic import op

from ledger.migrations.guards import (
    guard_orders,
    keep_chains_in_order,
    refuse_overlapping_spans,
    stop_notifying_a_full_queue,
)

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the guards. Raises `MigrationRefused` for a ledger with overlapping spans."""
    refuse_overlapping_spans()
    keep_chains_in_order(("transitions", "audit"))
    guard_orders()
    if op.get_bind().dialect.name == "postgresql":
        stop_notifying_a_full_queue()
