"""Entries of the diary beside their events, and imports of entries that wait."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.engine_features import make_append_only

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_CODE_POINTS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "diary_entries",
        sa.Column("event", _CODE_POINTS, nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("free_from", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_diary_entries_organisation")
        ),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_diary_entries")),
    )
    for columns in (
        ("at", "event"),
        ("organisation", "at", "event"),
        ("organisation", "kind", "at", "event"),
        ("kind", "at", "event"),
        ("place", "at", "event"),
        ("place", "kind", "at", "event"),
        ("lot", "at", "event"),
    ):
        name = f"ix_diary_entries_{'_'.join(columns)}"
        op.create_index(op.f(name), "diary_entries", list(columns))
    make_append_only({"diary_entries": ("event",)})
    op.create_table(
        "diary_imports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("applied_by", sa.Text(), nullable=True),
        sa.Column("applied_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_imports")),
    )
    op.create_index(op.f("ix_diary_imports_actor_at"), "diary_imports", ["actor", "at"])
