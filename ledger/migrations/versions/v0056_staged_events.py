"""Events of a capture that is recorded as a whole, while they wait for its last one."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

_CODE_POINTS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "epcis_staged_events",
        sa.Column("capture", sa.Text(), nullable=False),
        sa.Column("id", _CODE_POINTS, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("capture", "id", name=op.f("pk_epcis_staged_events")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "epcis_staged_keys",
        sa.Column("capture", sa.Text(), nullable=False),
        sa.Column("event", _CODE_POINTS, nullable=False),
        sa.Column("key", _CODE_POINTS, nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "capture", "event", "key", "part", name=op.f("pk_epcis_staged_keys")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "epcis_staged_errors",
        sa.Column("capture", sa.Text(), nullable=False),
        sa.Column("event", _CODE_POINTS, nullable=False),
        sa.Column("id", _CODE_POINTS, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("capture", "event", "id", name=op.f("pk_epcis_staged_errors")),
        sqlite_with_rowid=False,
    )
