"""Snapshots for field checks without a network, and an index of the spans that they list."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the index."""
    op.create_table(
        "field_snapshots",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("codes", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("ranges", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_field_snapshots")),
    )
    listed = sa.text("state IN ('void', 'suspended', 'recalled')")
    op.create_index(
        "ix_spans_listed",
        "spans",
        ["batch", "lo"],
        sqlite_where=listed,
        postgresql_where=listed,
    )
