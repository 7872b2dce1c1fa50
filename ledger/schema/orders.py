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

from ledger.schema.columns import metadata, optional, required

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    required("count", BigInteger),
    required("grade", Text),
    required("has_pin", Boolean),
    optional("product", Text, ForeignKey("products.id")),
    optional("packer", Text, ForeignKey("organisations.id")),
    optional("print_house", Text, ForeignKey("organisations.id")),
    optional("note", Text),
    required("requested_by", Text),
    required("requested_at", BigInteger),
    required("state", Text),
    optional("decided_by", Text),
    optional("decided_at", BigInteger),
    optional("due_on", Text),
    optional("excess_reason", Text),
    optional("decision_reason", Text),
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
    required("year", Integer),
    required("serial", Integer),
    UniqueConstraint("year", "serial"),
    CheckConstraint("serial > 0", name="serial"),
)
Index(None, order_numbers.c.serial)

order_quotas = Table(
    "order_quotas",
    metadata,
    Column("organisation", Text, ForeignKey("organisations.id"), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    optional("stamps", BigInteger),
    required("set_by", Text),
    required("set_at", BigInteger),
    CheckConstraint("stamps >= 0", name="stamps"),
)
