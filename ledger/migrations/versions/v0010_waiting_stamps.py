"""Waiting stamps: an index of the spans that are to be printed or activated."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    waiting = sa.text("state IN ('issued', 'printed')")
    op.create_index(
        "ix_spans_waiting",
        "spans",
        ["state", "batch"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
