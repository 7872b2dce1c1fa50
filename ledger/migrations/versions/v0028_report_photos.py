"""Photos of consumers' reports, which are erased after their time."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and the column that says what became of a photo that was sent."""
    op.add_column("reports", sa.Column("photo", sa.Text(), nullable=True))
    op.create_table(
        "report_photos",
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["reports.id"], name=op.f("fk_report_photos_report")),
        sa.PrimaryKeyConstraint("report", name=op.f("pk_report_photos")),
    )
    op.create_index(op.f("ix_report_photos_at"), "report_photos", ["at"])
