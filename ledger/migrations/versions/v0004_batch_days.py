"""Scans say whether they were a stamp's first and made it anomalous; both are counted by batch."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two marks and the counts by batch and day."""
    for name in ("first", "anomalous"):
        op.add_column(
            "scans", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.create_table(
        "batch_days",
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scanned", sa.BigInteger(), nullable=False),
        sa.Column("anomalous", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "day", name=op.f("pk_batch_days")),
        sqlite_with_rowid=False,
    )
