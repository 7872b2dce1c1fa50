"""Times of decisions on alerts, and reviews of the detector."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_HAS_DECISION = "decided_at IS NOT NULL"


def upgrade() -> None:
    """Make column, index and table; find when known alerts were decided.

    An alert that is investigated again has no decision until people decide anew.
    """
    op.add_column("alerts", sa.Column("decided_at", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE alerts SET decided_at = (SELECT max(alert_events.at) FROM alert_events"
        " WHERE alert_events.alert = alerts.id AND alert_events.what = 'decision'"
        " AND alert_events.state IN ('confirmed', 'dismissed'))"
        " WHERE state IN ('confirmed', 'dismissed', 'closed')"
    )
    op.create_index(
        "ix_alerts_decided",
        "alerts",
        ["decided_at", "id"],
        sqlite_where=sa.text(_HAS_DECISION),
        postgresql_where=sa.text(_HAS_DECISION),
    )
    op.create_table(
        "detection_reviews",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detection_reviews")),
    )
