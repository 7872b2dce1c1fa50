"""The format of a portal, of webhooks that send published records."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("webhooks", sa.Column("format", sa.Text(), nullable=True))
