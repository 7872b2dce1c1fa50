"""Figures of authorities: facts, stock, frozen reports, the public snapshot; provinces."""

# ruff: noqa: S608 - names in the SQL are the migration's own

from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

from ledger.migrations.engine_features import make_append_only

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_VIETNAM_MS = 7 * 3_600_000
_DAY_MS = 86_400_000


def upgrade() -> None:
    """Make the tables, and count the scans and reports that are stored.

    What the chains and the alerts tell is folded by the desk from position 0.
    """
    op.add_column("organisations", sa.Column("province", sa.Text(), nullable=True))
    op.create_table(
        "figure_facts",
        sa.Column("grain", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("packer", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "grain", "start", "product", "packer", "figure", "detail", name=op.f("pk_figure_facts")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_figure_facts_packer_grain_start"), "figure_facts", ["packer", "grain", "start"]
    )
    op.create_table(
        "figure_sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_figure_sources")),
    )
    op.create_table(
        "batch_stocks",
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("states", sa.Text(), nullable=False),
        sa.Column("flows", sa.Text(), nullable=False),
        sa.Column("flaw", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("batch", name=op.f("pk_batch_stocks")),
    )
    op.create_index(
        "ix_batch_stocks_flaw",
        "batch_stocks",
        ["batch"],
        sqlite_where=sa.text("flaw IS NOT NULL"),
        postgresql_where=sa.text("flaw IS NOT NULL"),
    )
    op.create_table(
        "figure_reports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("province", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_figure_reports_version")),
        sa.CheckConstraint(
            "version = 1 OR reason IS NOT NULL", name=op.f("ck_figure_reports_reason")
        ),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_figure_reports")),
    )
    op.create_index(
        op.f("ix_figure_reports_at_id_version"), "figure_reports", ["at", "id", "version"]
    )
    op.create_index(op.f("ix_figure_reports_province_at"), "figure_reports", ["province", "at"])
    op.create_table(
        "public_figures",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_public_figures")),
    )
    make_append_only({"figure_reports": ("id", "version")})
    _count_stored()


def _count_stored() -> None:
    connection = op.get_bind()
    day = f"(at + {_VIETNAM_MS}) / {_DAY_MS}"
    parties = "LEFT JOIN batch_parties AS p ON p.number = s.batch"
    names = "coalesce(p.product, ''), coalesce(p.packer, '')"
    for figure, detail, source in (
        ("scans", "s.verdict", f"scans AS s {parties}"),
        ("first_scans", "''", f"scans AS s {parties} WHERE s.first"),
        (
            "reports",
            "coalesce(s.kind, 'other')",
            f"reports AS s {parties} AND s.typed IS NULL"
            " WHERE s.id NOT IN (SELECT report FROM report_arrivals)",
        ),
    ):
        rows = connection.execute(
            sa.text(
                f"SELECT {day.replace('at', 's.at', 1)}, {names}, {detail}, count(*)"
                f" FROM {source} GROUP BY 1, 2, 3, 4"
            )
        ).all()
        for number, product, packer, told, total in rows:
            moment = date(1970, 1, 1) + timedelta(days=int(number))
            month = moment.year * 12 + moment.month - 1
            for grain, start in ((0, int(number)), (1, month), (2, 0)):
                connection.execute(
                    sa.text(
                        "INSERT INTO figure_facts"
                        " (grain, start, product, packer, figure, detail, total)"
                        " VALUES (:grain, :start, :product, :packer, :figure, :detail, :total)"
                        " ON CONFLICT (grain, start, product, packer, figure, detail)"
                        " DO UPDATE SET total = figure_facts.total + excluded.total"
                    ),
                    {
                        "grain": grain,
                        "start": start,
                        "product": product,
                        "packer": packer,
                        "figure": figure,
                        "detail": told,
                        "total": total,
                    },
                )
