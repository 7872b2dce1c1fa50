"""Facts about the quality of data."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; the facts are folded from the chains afterwards."""
    op.create_table(
        "quality_facts",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "scope", "month", "figure", "detail", name=op.f("pk_quality_facts")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "quality_sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_quality_sources")),
    )
