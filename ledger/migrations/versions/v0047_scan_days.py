"""Days with scans of each batch; the cases of a stamp in the order of their numbers."""

# ruff: noqa: S608 - names in the SQL are the migration's own

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_VIETNAM_MS = 7 * 3_600_000
_DAY_MS = 86_400_000


def upgrade() -> None:
    """Add the days that had neither a first scan nor an anomalous one: every scan is read once."""
    op.execute(
        "INSERT INTO batch_days (batch, day, scanned, anomalous)"
        f" SELECT batch, (at + {_VIETNAM_MS}) / {_DAY_MS}, 0, 0 FROM scans"
        " WHERE true GROUP BY 1, 2 ON CONFLICT (batch, day) DO NOTHING"
    )
    op.drop_index(op.f("ix_alerts_batch_idx"), "alerts")
    op.create_index(op.f("ix_alerts_batch_idx_id"), "alerts", ["batch", "idx", "id"])
