"""Print keys: the age keys of print houses, several of each, with those it had before."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table. The key of a registration stays in its row until a key is added."""
    op.create_table(
        "print_keys",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.Column("retired_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_print_keys_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation", "public_key", name=op.f("pk_print_keys")),
    )
