"""Form drafts: forms that were sent and not carried out, for a short time."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "form_drafts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_drafts")),
    )
    op.create_index(
        op.f("ix_form_drafts_owner_kept_at"), "form_drafts", ["owner", "kept_at"], unique=False
    )
    op.create_index(op.f("ix_form_drafts_expires_at"), "form_drafts", ["expires_at"], unique=False)
