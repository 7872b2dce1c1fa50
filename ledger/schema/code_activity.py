"""Use of registered codes, and the codes that are to be judged."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from ledger.schema.columns import metadata, optional_column, required_column

code_activity = Table(
    "code_activity",
    metadata,
    Column("code", Text, primary_key=True),
    Column("lot", Text, ForeignKey("lots.code"), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    required_column("stamps", Integer),
    required_column("late_stamps", Integer),
    optional_column("growing_area", Text),
    optional_column("packing_house", Text),
    optional_column("organisation", Text),
    optional_column("product", Text),
    required_column("last_at", BigInteger),
    sqlite_with_rowid=False,
)
Index(None, code_activity.c.code, code_activity.c.day)
Index(None, code_activity.c.lot)

watched_codes = Table(
    "watched_codes",
    metadata,
    Column("code", Text, primary_key=True),
    required_column("judged_at", BigInteger),
    sqlite_with_rowid=False,
)
Index(None, watched_codes.c.judged_at, watched_codes.c.code)

watch_positions = Table(
    "watch_positions",
    metadata,
    Column("chain", Text, primary_key=True),
    required_column("position", BigInteger),
    sqlite_with_rowid=False,
)
