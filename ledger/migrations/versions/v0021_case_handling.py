"""Handling of cases: hand-overs with a due date, notes with photos, news, provinces."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.engine_features import make_append_only

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns, the table of photos and the indexes; find the province of known alerts."""
    op.add_column("alerts", sa.Column("due_at", sa.BigInteger(), nullable=True))
    op.add_column("alerts", sa.Column("province", sa.Text(), nullable=True))
    op.add_column(
        "alerts", sa.Column("is_news", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("alert_events", sa.Column("owner", sa.Text(), nullable=True))
    op.add_column("alert_events", sa.Column("due_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "alert_photos",
        sa.Column("alert", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name=op.f("fk_alert_photos_alert")),
        sa.PrimaryKeyConstraint("alert", "n", "place", name=op.f("pk_alert_photos")),
    )
    make_append_only({"alert_photos": ("alert", "n", "place")})
    op.execute(
        "UPDATE alerts SET province = (SELECT scans.province FROM scans WHERE"
        " scans.batch = alerts.batch AND scans.idx = alerts.idx AND scans.province IS NOT NULL"
        " ORDER BY scans.at LIMIT 1) WHERE kind = 'stamp'"
    )
    for sort in ("expected_loss", "opened_at"):
        op.create_index(op.f(f"ix_alerts_province_{sort}_id"), "alerts", ["province", sort, "id"])
    op.create_index(
        op.f("ix_alerts_batch_expected_loss_id"), "alerts", ["batch", "expected_loss", "id"]
    )
    for name, columns, condition in (
        ("ix_alerts_due", ["due_at", "id"], "due_at IS NOT NULL"),
        ("ix_alerts_news", ["expected_loss", "id"], "is_news"),
    ):
        op.create_index(
            name,
            "alerts",
            columns,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
