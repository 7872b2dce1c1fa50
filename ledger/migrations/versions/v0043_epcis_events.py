"""EPCIS events of organisations: append-only, found by what they name."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.engine_features import make_append_only

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_CODE_POINTS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "epcis_events",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("id", _CODE_POINTS, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_epcis_events_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation", "id", name=op.f("pk_epcis_events")),
    )
    op.create_index(op.f("ix_epcis_events_id"), "epcis_events", ["id"])
    op.create_index(
        op.f("ix_epcis_events_organisation_at_id"), "epcis_events", ["organisation", "at", "id"]
    )
    op.create_index(
        op.f("ix_epcis_events_at_id_organisation"), "epcis_events", ["at", "id", "organisation"]
    )
    op.create_table(
        "epcis_errors",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("event", _CODE_POINTS, nullable=False),
        sa.Column("id", _CODE_POINTS, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "event", "id", name=op.f("pk_epcis_errors")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "epcis_keys",
        sa.Column("key", _CODE_POINTS, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event", _CODE_POINTS, nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "key", "at", "event", "organisation", "part", name=op.f("pk_epcis_keys")
        ),
        sqlite_with_rowid=False,
    )
    make_append_only(
        {
            "epcis_events": ("organisation", "id"),
            "epcis_errors": ("organisation", "event", "id"),
            "epcis_keys": ("key", "at", "event", "organisation", "part"),
        }
    )
