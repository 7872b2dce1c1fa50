"""Links of GS1 keys, and the prefixes and hosts of organisations."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

_CODE_POINTS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "gs1_prefixes",
        sa.Column("prefix", _CODE_POINTS, nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_gs1_prefixes_organisation")
        ),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_gs1_prefixes")),
    )
    op.create_index(op.f("ix_gs1_prefixes_organisation"), "gs1_prefixes", ["organisation"])
    op.create_table(
        "link_hosts",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_link_hosts_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation", "host", name=op.f("pk_link_hosts")),
    )
    op.create_table(
        "link_sets",
        sa.Column("id", _CODE_POINTS, nullable=False),
        sa.Column("anchor", _CODE_POINTS, nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("links", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.id"], name=op.f("fk_link_sets_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_sets")),
    )
    op.create_index(op.f("ix_link_sets_anchor"), "link_sets", ["anchor"], unique=True)
    op.create_index(
        op.f("ix_link_sets_organisation_anchor"), "link_sets", ["organisation", "anchor"]
    )
