"""Guards of lots: corrections, second persons, owners and recalls."""

from ledger.migrations.guards import guard_lots

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the guards."""
    guard_lots(("producer", "growing_area", "shelf_life_days"))
