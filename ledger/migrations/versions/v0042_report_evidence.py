"""What consumers' reports weigh: for each reported stamp, and in the score of its alert."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column.

    Earlier reports of a stamp weigh when its next one is filed.
    """
    op.create_table(
        "report_evidence",
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idx", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("nats", sa.Float(), nullable=False),
        sa.Column("told", sa.Float(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "idx", name=op.f("pk_report_evidence")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_report_evidence_untold",
        "report_evidence",
        ["batch", "idx"],
        sqlite_where=sa.text("nats > told"),
        postgresql_where=sa.text("nats > told"),
    )
    op.add_column(
        "alerts",
        sa.Column("report_score", sa.Float(), server_default=sa.text("0"), nullable=False),
    )
