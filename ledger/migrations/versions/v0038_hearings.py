"""Hearings of the parties of a case: questions, answers with photos, decisions."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.engine_features import make_append_only

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and their indexes."""
    op.create_table(
        "hearings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("alert", sa.BigInteger(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("lo", sa.Integer(), nullable=True),
        sa.Column("hi", sa.Integer(), nullable=True),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("stamps", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name=op.f("fk_hearings_alert")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_hearings_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hearings")),
    )
    op.create_index(
        "uq_hearings_alert_organisation", "hearings", ["alert", "organisation"], unique=True
    )
    for columns in (
        ["told_at", "id"],
        ["organisation", "told_at", "id"],
        ["state", "told_at", "id"],
        ["organisation", "state", "told_at", "id"],
        ["lot", "organisation", "told_at"],
        ["batch", "organisation", "told_at"],
    ):
        op.create_index(op.f(f"ix_hearings_{'_'.join(columns)}"), "hearings", columns)
    op.create_table(
        "hearing_messages",
        sa.Column("hearing", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["hearing"], ["hearings.id"], name=op.f("fk_hearing_messages_hearing")
        ),
        sa.PrimaryKeyConstraint("hearing", "n", name=op.f("pk_hearing_messages")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hearing_photos",
        sa.Column("hearing", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hearing"], ["hearings.id"], name=op.f("fk_hearing_photos_hearing")
        ),
        sa.PrimaryKeyConstraint("hearing", "n", "place", name=op.f("pk_hearing_photos")),
    )
    make_append_only(
        {"hearing_messages": ("hearing", "n"), "hearing_photos": ("hearing", "n", "place")}
    )
