"""Print proofs: what photos of printed sheets showed."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "print_proofs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("is_good", sa.Boolean(), nullable=False),
        sa.Column("symbols", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batches.number"], name=op.f("fk_print_proofs_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_proofs")),
    )
    op.create_index(op.f("ix_print_proofs_batch_at"), "print_proofs", ["batch", "at"], unique=False)
