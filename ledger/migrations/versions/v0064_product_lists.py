"""Product lists of provinces and of the country."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

_TABLE = "product_list_entries"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        _TABLE,
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("id", "province", "kind", "product")
        ),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("basis_day", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("proposal", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "stars IS NULL OR stars BETWEEN 3 AND 5", name=op.f(f"ck_{_TABLE}_stars")
        ),
        sa.ForeignKeyConstraint(["product"], ["products.id"], name=op.f(f"fk_{_TABLE}_product")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f(f"fk_{_TABLE}_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_TABLE}")),
    )
    for columns in (
        ("added_at", "id"),
        ("province", "added_at", "id"),
        ("kind", "added_at", "id"),
        ("product", "added_at", "id"),
        ("organisation", "added_at", "id"),
    ):
        op.create_index(op.f(f"ix_{_TABLE}_{'_'.join(columns)}"), _TABLE, list(columns))
    op.create_index(op.f("ix_organisations_province_kind"), "organisations", ["province", "kind"])
