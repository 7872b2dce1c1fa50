"""A lot remembers that it was recalled, so that no stamp is bound to it afterwards."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the time of the recall."""
    op.add_column("lots", sa.Column("recalled_at", sa.BigInteger(), nullable=True))
