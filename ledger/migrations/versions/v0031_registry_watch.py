"""Watching the registry: alerts about registered codes, and what is done under each code."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rename what an alert is about, and make the tables; the watch fills them from the chains."""
    for table in ("alerts", "decisions"):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN campaign TO subject")
    op.create_index(
        "ix_alerts_subject",
        "alerts",
        ["subject", "id"],
        sqlite_where=sa.text("subject <> ''"),
        postgresql_where=sa.text("subject <> ''"),
    )
    op.create_table(
        "code_activity",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stamps", sa.Integer(), nullable=False),
        sa.Column("late_stamps", sa.Integer(), nullable=False),
        sa.Column("growing_area", sa.Text(), nullable=True),
        sa.Column("packing_house", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["lot"], ["lots.code"], name=op.f("fk_code_activity_lot")),
        sa.PrimaryKeyConstraint("code", "lot", "day", name=op.f("pk_code_activity")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_code_activity_code_day"), "code_activity", ["code", "day"])
    op.create_index(op.f("ix_code_activity_lot"), "code_activity", ["lot"])
    op.create_table(
        "watched_codes",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("judged_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_watched_codes")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_watched_codes_judged_at_code"), "watched_codes", ["judged_at", "code"])
    op.create_table(
        "watch_positions",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_watch_positions")),
        sqlite_with_rowid=False,
    )
