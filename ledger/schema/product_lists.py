"""Product lists of provinces and of the country."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text

from ledger.schema.columns import metadata, optional_column, required_column

product_list_entries = Table(
    "product_list_entries",
    metadata,
    Column("id", Text, primary_key=True),
    required_column("province", Text),
    required_column("kind", Text),
    required_column("product", Text, ForeignKey("products.id")),
    optional_column("organisation", Text, ForeignKey("organisations.id")),
    optional_column("stars", Integer),
    required_column("since", Text),
    optional_column("until", Text),
    required_column("basis", Text),
    required_column("basis_day", Text),
    optional_column("note", Text),
    required_column("added_by", Text),
    required_column("added_at", BigInteger),
    optional_column("proposal", BigInteger),
    optional_column("ended_by", Text),
    optional_column("ended_at", BigInteger),
    optional_column("end_reason", Text),
    CheckConstraint("stars IS NULL OR stars BETWEEN 3 AND 5", name="stars"),
)
Index(None, product_list_entries.c.added_at, product_list_entries.c.id)
for _filter in ("province", "kind", "product", "organisation"):
    Index(
        None,
        product_list_entries.c[_filter],
        product_list_entries.c.added_at,
        product_list_entries.c.id,
    )
