"""Answers of organisations to events of others that name them."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.engine_features import make_append_only

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

_CODE_POINTS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "mention_answers",
        sa.Column("event", _CODE_POINTS, nullable=False),
        sa.Column("teller", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "answer IN ('confirmed', 'disputed')", name=op.f("ck_mention_answers_answer")
        ),
        sa.CheckConstraint(
            "answer = 'confirmed' OR note IS NOT NULL", name=op.f("ck_mention_answers_note")
        ),
        sa.ForeignKeyConstraint(
            ["organisation"],
            ["organisations.id"],
            name=op.f("fk_mention_answers_organisation"),
        ),
        sa.PrimaryKeyConstraint(
            "event", "teller", "organisation", "n", name=op.f("pk_mention_answers")
        ),
        sqlite_with_rowid=False,
    )
    make_append_only({"mention_answers": ("event", "teller", "organisation", "n")})
