"""Exports of all data of one organisation."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

_TABLE = "data_exports"
_UNDER_WAY = "state IN ('waiting', 'writing')"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        _TABLE,
        *(
            sa.Column(name, kind, nullable=False)
            for name, kind in (
                ("id", sa.Text()),
                ("organisation", sa.Text()),
                ("actor", sa.Text()),
                ("asked_at", sa.BigInteger()),
                ("state", sa.Text()),
                ("busy_until", sa.BigInteger()),
                ("parts_done", sa.BigInteger()),
                ("rows_done", sa.BigInteger()),
            )
        ),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("file_sha256", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'writing', 'ready', 'failed', 'gone')",
            name=op.f("ck_data_exports_state"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_data_exports_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_exports")),
    )
    op.create_index(
        "uq_data_exports_under_way",
        _TABLE,
        ["organisation"],
        unique=True,
        sqlite_where=sa.text(_UNDER_WAY),
        postgresql_where=sa.text(_UNDER_WAY),
    )
    for columns in (
        ("organisation", "asked_at", "id"),
        ("state", "busy_until"),
        ("state", "finished_at"),
    ):
        op.create_index(op.f(f"ix_{_TABLE}_{'_'.join(columns)}"), _TABLE, list(columns))
