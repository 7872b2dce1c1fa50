"""Orders, their numbers and quotas."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from ledger.schema.columns import metadata, optional_column, required_column

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("count", BigInteger),
    required_column("grade", Text),
    required_column("has_pin", Boolean),
    optional_column("product", Text, ForeignKey("products.id")),
    optional_column("packer", Text, ForeignKey("organisations.id")),
    optional_column("print_house", Text, ForeignKey("organisations.id")),
    optional_column("note", Text),
    required_column("requested_by", Text),
    required_column("requested_at", BigInteger),
    required_column("state", Text),
    optional_column("decided_by", Text),
    optional_column("decided_at", BigInteger),
    optional_column("due_on", Text),
    optional_column("excess_reason", Text),
    optional_column("decision_reason", Text),
)

for _sort in (orders.c.requested_at, orders.c.count):
    Index(None, _sort, orders.c.id)
    for _filter in ("state", "product", "packer", "print_house", "requested_by"):
        Index(None, orders.c[_filter], _sort, orders.c.id)

for _filter in ("packer", "print_house", "requested_by"):
    Index(None, orders.c[_filter], orders.c.state, orders.c.requested_at, orders.c.id)

order_numbers = Table(
    "order_numbers",
    metadata,
    Column("order_id", Text, ForeignKey("orders.id"), primary_key=True),
    required_column("year", Integer),
    required_column("serial", Integer),
    UniqueConstraint("year", "serial"),
    CheckConstraint("serial > 0", name="serial"),
)
Index(None, order_numbers.c.serial)

order_quotas = Table(
    "order_quotas",
    metadata,
    Column("organisation", Text, ForeignKey("organisations.id"), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    optional_column("stamps", BigInteger),
    required_column("set_by", Text),
    required_column("set_at", BigInteger),
    CheckConstraint("stamps >= 0", name="stamps"),
)
