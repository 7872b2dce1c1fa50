"""Reports of consumers: kinds, unknown codes, contacts, and the inbox that groups them by code."""

import sqlalchemy as sa
from alembic import op

from ledger.migrations.engine_features import make_append_only

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_FILTERS = ("state", "kind", "source", "province", "product", "packer", "owner")
_SORTS = ("last_at", "reports")


def upgrade() -> None:
    """Make columns and tables. The reports that there are arrive in the inbox as new ones."""
    for column in (
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("typed", sa.Text(), nullable=True),
        sa.Column("net", sa.BigInteger(), nullable=True),
        sa.Column("crowded", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
    ):
        op.add_column("reports", column)
    is_typed = sa.text("typed IS NOT NULL")
    op.create_index(
        "ix_reports_typed",
        "reports",
        ["typed"],
        sqlite_where=is_typed,
        postgresql_where=is_typed,
    )
    _make_arrivals()
    _make_groups()
    op.execute("INSERT INTO report_arrivals (report, at) SELECT id, at FROM reports")


def _make_arrivals() -> None:
    op.create_table(
        "report_arrivals",
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["reports.id"], name=op.f("fk_report_arrivals_report")),
        sa.PrimaryKeyConstraint("report", name=op.f("pk_report_arrivals")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_report_arrivals_at"), "report_arrivals", ["at"])
    op.create_table(
        "report_contacts",
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["report"], ["reports.id"], name=op.f("fk_report_contacts_report")),
        sa.PrimaryKeyConstraint("report", name=op.f("pk_report_contacts")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_report_contacts_at"), "report_contacts", ["at"])


def _make_groups() -> None:
    codepoints = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "report_groups",
        sa.Column("id", codepoints, nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("typed", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("province", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("packer", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("networks", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_groups")),
    )
    for columns in (
        *((one, sort, "id") for one in _FILTERS for sort in _SORTS),
        *((sort, "id") for sort in _SORTS),
        ("batch", "idx"),
    ):
        op.create_index(op.f(f"ix_report_groups_{'_'.join(columns)}"), "report_groups", columns)
    op.create_table(
        "report_events",
        sa.Column("report_group", codepoints, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_group"], ["report_groups.id"], name=op.f("fk_report_events_report_group")
        ),
        sa.PrimaryKeyConstraint("report_group", "n", name=op.f("pk_report_events")),
        sqlite_with_rowid=False,
    )
    make_append_only({"report_events": ("report_group", "n")})
