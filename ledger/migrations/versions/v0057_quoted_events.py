"""Events that submitted records quote, and the audit entry of each entry of the diary."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.engine_features import make_append_only

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

_CODE_POINTS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table, and add the column; entries that were told before have no number in it."""
    op.create_table(
        "quoted_events",
        sa.Column("submission", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event", _CODE_POINTS, nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission"], ["lot_submissions.id"], name=op.f("fk_quoted_events_submission")
        ),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_quoted_events_organisation")
        ),
        sa.PrimaryKeyConstraint("submission", "event", name=op.f("pk_quoted_events")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_quoted_events_event"), "quoted_events", ["event"])
    make_append_only({"quoted_events": ("submission", "event")})
    op.add_column("diary_entries", sa.Column("audit", sa.BigInteger(), nullable=True))
