"""Captures of EPCIS documents, named queries, and indexes of the questions of the standard."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

_CODE_POINTS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables and the indexes."""
    for columns in (
        ("organisation", "recorded_at", "id"),
        ("recorded_at", "id", "organisation"),
        ("organisation", "step", "at", "id"),
        ("step", "at", "id", "organisation"),
    ):
        op.create_index(op.f(f"ix_epcis_events_{'_'.join(columns)}"), "epcis_events", list(columns))
    op.create_table(
        "epcis_captures",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("behaviour", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("busy_until", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_epcis_captures_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epcis_captures")),
    )
    for names in (
        ("organisation", "created_at", "id"),
        ("state", "created_at"),
        ("state", "finished_at"),
    ):
        op.create_index(op.f(f"ix_epcis_captures_{'_'.join(names)}"), "epcis_captures", list(names))
    op.create_table(
        "epcis_queries",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", _CODE_POINTS, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "name", name=op.f("pk_epcis_queries")),
    )
