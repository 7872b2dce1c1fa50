"""Acts: transitions say when an activation was done, if it is recorded later."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; rows without it keep their hash (`chained_rows.list_hashed`)."""
    op.add_column("transitions", sa.Column("acted_at", sa.BigInteger(), nullable=True))
