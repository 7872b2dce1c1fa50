"""Figures of authorities: facts, positions in their sources, stock of batches, reports."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text, text

from ledger.schema.columns import metadata, optional_column, required_column

figure_facts = Table(
    "figure_facts",
    metadata,
    Column("grain", Integer, primary_key=True, autoincrement=False),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("product", Text, primary_key=True),
    Column("packer", Text, primary_key=True),
    Column("figure", Text, primary_key=True),
    Column("detail", Text, primary_key=True),
    required_column("total", BigInteger),
    sqlite_with_rowid=False,
)
Index(None, figure_facts.c.packer, figure_facts.c.grain, figure_facts.c.start)

figure_sources = Table(
    "figure_sources",
    metadata,
    Column("name", Text, primary_key=True),
    required_column("position", BigInteger),
    required_column("at", BigInteger),
)

batch_stocks = Table(
    "batch_stocks",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    required_column("states", Text),
    required_column("flows", Text),
    optional_column("flaw", Text),
)
Index(
    "ix_batch_stocks_flaw",
    batch_stocks.c.batch,
    sqlite_where=text("flaw IS NOT NULL"),
    postgresql_where=text("flaw IS NOT NULL"),
)

figure_reports = Table(
    "figure_reports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    required_column("template", Text),
    required_column("year", Integer),
    required_column("province", Text),
    required_column("document", Text),
    required_column("actor", Text),
    required_column("at", BigInteger),
    optional_column("reason", Text),
    required_column("sha256", Text),
    CheckConstraint("version > 0", name="version"),
    CheckConstraint("version = 1 OR reason IS NOT NULL", name="reason"),
)
Index(None, figure_reports.c.at, figure_reports.c.id, figure_reports.c.version)
Index(None, figure_reports.c.province, figure_reports.c.at)

public_figures = Table(
    "public_figures",
    metadata,
    Column("name", Text, primary_key=True),
    required_column("document", Text),
    required_column("at", BigInteger),
)
