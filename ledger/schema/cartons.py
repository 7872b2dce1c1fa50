"""Cartons and pallets: what is in them now, and every act of packing and unpacking."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text

from ledger.schema.columns import CODE_POINTS, metadata, optional_column, required_column

cartons = Table(
    "cartons",
    metadata,
    Column("id", CODE_POINTS, primary_key=True),
    required_column("organisation", Text, ForeignKey("organisations.id")),
    required_column("label", CODE_POINTS),
    required_column("kind", Text),
    optional_column("pallet", CODE_POINTS, ForeignKey("cartons.id")),
    required_column("stamps", Integer),
    required_column("cartons", Integer),
    required_column("created_at", BigInteger),
    required_column("changed_at", BigInteger),
    required_column("changed_by", Text),
    CheckConstraint("stamps >= 0 AND cartons >= 0", name="counts"),
)
Index(None, cartons.c.label, cartons.c.changed_at, cartons.c.id)
Index(None, cartons.c.pallet, cartons.c.id)
Index(None, cartons.c.changed_at, cartons.c.id)
Index(None, cartons.c.organisation, cartons.c.changed_at, cartons.c.id)
Index(None, cartons.c.kind, cartons.c.changed_at, cartons.c.id)

carton_acts = Table(
    "carton_acts",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    required_column("carton", CODE_POINTS, ForeignKey("cartons.id")),
    required_column("action", Text),
    required_column("stamps", Integer),
    required_column("skipped", Integer),
    required_column("at", BigInteger),
    required_column("actor", Text),
    required_column("key", Text),
    required_column("request", Text),
    required_column("event", CODE_POINTS),
)
Index(None, carton_acts.c.key, unique=True)
Index(None, carton_acts.c.carton, carton_acts.c.seq)

carton_items = Table(
    "carton_items",
    metadata,
    Column("act", BigInteger, ForeignKey("carton_acts.seq"), primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    optional_column("batch", Integer, ForeignKey("batches.number")),
    optional_column("lo", Integer),
    optional_column("hi", Integer),
    optional_column("lot", Text),
    optional_column("child", CODE_POINTS, ForeignKey("cartons.id")),
    CheckConstraint("(child IS NULL) = (batch IS NOT NULL)", name="one"),
    sqlite_with_rowid=False,
)
Index(None, carton_items.c.child, carton_items.c.act)

carton_contents = Table(
    "carton_contents",
    metadata,
    Column("batch", Integer, ForeignKey("batches.number"), primary_key=True, autoincrement=False),
    Column("lo", Integer, primary_key=True, autoincrement=False),
    required_column("hi", Integer),
    required_column("carton", CODE_POINTS, ForeignKey("cartons.id")),
    required_column("lot", Text),
    CheckConstraint("0 <= lo AND lo < hi", name="range"),
    sqlite_with_rowid=False,
)
Index(None, carton_contents.c.carton, carton_contents.c.batch, carton_contents.c.lo)
Index(None, carton_contents.c.lot, carton_contents.c.carton)
