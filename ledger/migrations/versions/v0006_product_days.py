"""How common scanning is: activations and first scans, counted by product and day."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_DAY_MS = 86_400_000
_VIETNAM_MS = 7 * 3_600_000

# What was activated and scanned before this step, once for the product and once for all ('').
_COUNTED = f"""
    INSERT INTO product_days (product, day, activated, scanned)
    SELECT product, day, sum(activated), sum(scanned) FROM (
        SELECT batch, (at + {_VIETNAM_MS}) / {_DAY_MS} AS day, hi - lo AS activated, 0 AS scanned
        FROM transitions WHERE transition = 'activate'
        UNION ALL
        SELECT batch, day, 0, scanned FROM batch_days WHERE scanned > 0
    ) AS counted JOIN (
        SELECT number, product FROM batches WHERE product IS NOT NULL
        UNION ALL
        SELECT number, '' FROM batches
    ) AS told ON told.number = counted.batch
    GROUP BY product, day
"""  # noqa: S608 - numbers of our own


def upgrade() -> None:
    """Add the counts, and count what there is."""
    op.create_table(
        "product_days",
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("activated", sa.BigInteger(), nullable=False),
        sa.Column("scanned", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("product", "day", name=op.f("pk_product_days")),
        sqlite_with_rowid=False,
    )
    op.execute(_COUNTED)
