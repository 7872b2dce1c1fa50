"""Order limits: quotas, days on which stamps are due, reasons, withdrawals, second approvals."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.order_guards import guard_order_steps

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_NO_DUE_DAY = "9999-12-31"


def upgrade() -> None:
    """Make table, columns and indexes, and replace the guards of orders."""
    op.create_table(
        "order_quotas",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stamps", sa.BigInteger(), nullable=True),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("stamps >= 0", name=op.f("ck_order_quotas_stamps")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_order_quotas_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation", "year", name=op.f("pk_order_quotas")),
    )
    for name in ("due_on", "excess_reason", "decision_reason"):
        op.add_column("orders", sa.Column(name, sa.Text(), nullable=True))
    op.add_column(
        "batch_parties",
        sa.Column("due_on", sa.Text(), server_default=_NO_DUE_DAY, nullable=False),
    )
    for columns in (
        *((name, "due_on", "number") for name in ("product", "packer", "print_house", "order_id")),
        ("due_on", "number"),
    ):
        op.create_index(
            op.f(f"ix_batch_parties_{'_'.join(columns)}"),
            "batch_parties",
            list(columns),
            unique=False,
        )
    guard_order_steps()
