"""Recovery codes: what stands in for a one-time code, each once."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "recovery_codes",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff"], ["staff.id"], name=op.f("fk_recovery_codes_staff_staff")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_staff"), "recovery_codes", ["staff"], unique=False)
