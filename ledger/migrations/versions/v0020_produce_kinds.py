"""Kinds of produce: that of a product, and the guard of what only some kinds of lots tell."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.guards import guard_lots, unguard_lots

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; a change of a farming area or of details is material too."""
    op.add_column("products", sa.Column("kind", sa.Text(), nullable=True))
    unguard_lots()
    guard_lots(("producer", "growing_area", "farming_area", "details", "shelf_life_days"))
